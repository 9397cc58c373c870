// SPDX-License-Identifier: Apache-2.0
#include "platforms/functions.h"
#include "platforms/require_device.h"
#include "platforms/validate.h"

namespace iommusim::platforms {
namespace {

/// What the file calls a member of smmuv3::UnitConfig.
std::string key_of(const std::string& field) {
  if (field == "register_base") return "registers";
  // Geometries: "tlb_entries" is tlb.entries.
  constexpr std::string_view entries = "_entries";
  const bool is_cache = field.size() > entries.size() && field.substr(field.size() - entries.size()) == entries;
  return is_cache ? field.substr(0, field.size() - entries.size()) : field;
}

/// They stall behind this unit, and it can.
void check_stalling(const Description& description, const IommuDescription& iommu, const Source& source) {
  const std::string list = item_path("iommus", iommu.name) + ".stalling";
  if (!iommu.stalling.empty() && iommu.smmuv3.stall_model == smmuv3::StallModel::terminate_only)
    source.fail(list, "devices that stall", "none with stall_model: terminate-only");
  const std::vector<FunctionPlace> functions = all_functions(description);
  for (std::size_t i = 0; i < iommu.stalling.size(); ++i) {
    const std::string path = list + "." + std::to_string(i);
    if (iommu_of(description, require_device(functions, iommu.stalling[i], path, source)) != &iommu)
      source.fail(path, "'" + iommu.stalling[i] + "'", "a device behind '" + iommu.name + "'");
  }
}

}  // namespace

void validate_smmuv3(const Description& description, const IommuDescription& iommu, const Source& source) {
  const std::vector<ConfigFinding> findings = smmuv3::find_impossible(iommu.smmuv3);
  if (!findings.empty())
    source.fail(join_path(item_path("iommus", iommu.name), key_of(findings.front().field)), findings.front().value,
                findings.front().allowed);
  check_stalling(description, iommu, source);
}

}  // namespace iommusim::platforms
