// SPDX-License-Identifier: Apache-2.0
#include "platforms/functions.h"
#include "platforms/require_device.h"
#include "platforms/spelling.h"
#include "platforms/validate.h"

#include <algorithm>

namespace iommusim::platforms {
namespace {

/// An RMRR is for devices whose requests this IOMMU sees.
void validate_rmrrs(const Description& description, const IommuDescription& iommu, const Source& source) {
  const std::vector<FunctionPlace> functions = all_functions(description);
  for (std::size_t i = 0; i < iommu.rmrrs.size(); ++i) {
    const std::string list = item_path("iommus", iommu.name) + ".rmrrs." + std::to_string(i) + ".devices.";
    for (std::size_t device = 0; device < iommu.rmrrs[i].devices.size(); ++device) {
      const std::string& name = iommu.rmrrs[i].devices[device];
      const std::string path = list + std::to_string(device);
      if (require_device(functions, name, path, source).bridge->iommu != iommu.name)
        source.fail(path, "'" + name + "'", "a device behind '" + iommu.name + "'");
    }
  }
}

}  // namespace

void validate_iommus(const Description& description, const Source& source) {
  std::vector<std::string_view> names;
  for (const IommuDescription& iommu : description.iommus) {
    names.emplace_back(iommu.name);
    const std::vector<std::string> problems = vtd::validate(iommu.vtd);
    if (!problems.empty())
      source.fail(item_path("iommus", iommu.name), "an impossible unit", "one that can exist: " + problems.front());
    validate_rmrrs(description, iommu, source);
  }
  for (const HostBridgeDescription& bridge : description.host_bridges) {
    if (bridge.iommu.empty()) continue;
    const bool known = std::find(names.begin(), names.end(), bridge.iommu) != names.end();
    if (!known)
      source.fail(
          item_path("host_bridges", bridge.name) + ".iommu", "'" + bridge.iommu + "'",
          names.empty() ? "none (the platform has no IOMMU)" : "an IOMMU: " + suggest_word(bridge.iommu, names));
  }
}

}  // namespace iommusim::platforms
