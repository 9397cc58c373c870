// SPDX-License-Identifier: Apache-2.0
#include "platforms/functions.h"
#include "platforms/iommu_kinds.h"
#include "platforms/require_device.h"
#include "platforms/spelling.h"
#include "platforms/validate.h"

#include <algorithm>
#include <map>

namespace iommusim::platforms {
namespace {

/// An RMRR is for devices whose requests this IOMMU sees.
void validate_rmrrs(const Description& description, const IommuDescription& iommu, const Source& source) {
  const std::vector<FunctionPlace> functions = all_functions(description);
  for (std::size_t i = 0; i < iommu.rmrrs.size(); ++i) {
    const std::string regions = join_path(item_path("iommus", iommu.name), reserved_memory_key(iommu));
    const std::string list = regions + "." + std::to_string(i) + ".devices.";
    for (std::size_t device = 0; device < iommu.rmrrs[i].devices.size(); ++device) {
      const std::string& name = iommu.rmrrs[i].devices[device];
      const std::string path = list + std::to_string(device);
      if (iommu_of(description, require_device(functions, name, path, source)) != &iommu)
        source.fail(path, "'" + name + "'", "a device behind '" + iommu.name + "'");
    }
  }
}

/// Units share the functions of root buses among them. Whoever names none has those that are left.
void validate_scopes(const Description& description, const Source& source) {
  const std::vector<FunctionPlace> functions = all_functions(description);
  std::map<std::string, const IommuDescription*> owners;
  for (const IommuDescription& iommu : description.iommus) {
    for (std::size_t i = 0; i < iommu.scope.size(); ++i) {
      const std::string path = item_path("iommus", iommu.name) + ".scope." + std::to_string(i);
      const FunctionPlace* place = find_function(functions, iommu.scope[i]);
      if (place == nullptr || place->parent != nullptr)
        source.fail(path, "'" + iommu.scope[i] + "'", "a function on the root bus of a host bridge");
      if (place->bridge->iommu.empty())
        source.fail(path, "'" + iommu.scope[i] + "', whose host bridge has no IOMMU",
                    "a function of a host bridge that names an IOMMU for the others");
      const auto [owner, added] = owners.emplace(iommu.scope[i], &iommu);
      if (!added)
        source.fail(path, "'" + iommu.scope[i] + "', which is in the scope of '" + owner->second->name + "'",
                    "every function in one scope");
    }
    for (const HostBridgeDescription& bridge : description.host_bridges)
      if (!iommu.scope.empty() && bridge.iommu == iommu.name)
        source.fail(item_path("iommus", iommu.name) + ".scope", "a scope",
                    "none for the IOMMU that host bridge '" + bridge.name + "' names: it has what others leave");
  }
}

void check_unit(const Description& description, const IommuDescription& iommu, const Source& source) {
  switch (iommu.kind) {
    case IommuKind::vtd: return validate_vtd(iommu, source);
    case IommuKind::smmuv3: return validate_smmuv3(description, iommu, source);
  }
}

}  // namespace

void validate_iommus(const Description& description, const Source& source) {
  std::vector<std::string_view> names;
  for (const IommuDescription& iommu : description.iommus) {
    names.emplace_back(iommu.name);
    check_unit(description, iommu, source);
    validate_rmrrs(description, iommu, source);
  }
  validate_scopes(description, source);
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
