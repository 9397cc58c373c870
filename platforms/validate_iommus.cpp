// SPDX-License-Identifier: Apache-2.0
#include "platforms/functions.h"
#include "platforms/spelling.h"
#include "platforms/validate.h"

#include <algorithm>

namespace iommusim::platforms {

void validate_iommus(const Description& description, const Source& source) {
  std::vector<std::string_view> names;
  for (const IommuDescription& iommu : description.iommus) {
    names.emplace_back(iommu.name);
    const std::vector<std::string> problems = vtd::validate(iommu.vtd);
    if (!problems.empty())
      source.fail(item_path("iommus", iommu.name), "an impossible unit", "one that can exist: " + problems.front());
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
