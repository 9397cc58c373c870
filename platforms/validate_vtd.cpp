// SPDX-License-Identifier: Apache-2.0
#include "platforms/functions.h"
#include "platforms/validate.h"

namespace iommusim::platforms {
namespace {

/// What the file calls a member of vtd::UnitConfig.
std::string key_of(const std::string& field) {
  if (field == "register_base") return "registers";
  if (field == "scalable_mode") return "mode";
  // Geometries: "context_cache_entries" is context_cache.entries.
  constexpr std::string_view entries = "_entries";
  const bool is_cache = field.size() > entries.size() && field.substr(field.size() - entries.size()) == entries;
  return is_cache ? field.substr(0, field.size() - entries.size()) : field;
}

/// The registers of faults and of the IOTLB meet: the file may have moved either.
std::string path_of(const std::string& field, const std::string& unit, const Source& source) {
  std::string path = unit + "." + key_of(field);
  if (field != "iotlb_offset" || source.has(path)) return path;
  for (const char* other : {".fault_record_offset", ".fault_records"})
    if (source.has(unit + other)) return unit + other;
  return path;
}

}  // namespace

void validate_vtd(const IommuDescription& iommu, const Source& source) {
  const std::vector<ConfigFinding> findings = vtd::find_impossible(iommu.vtd);
  if (findings.empty()) return;
  const ConfigFinding& first = findings.front();
  const std::string unit = item_path("iommus", iommu.name);
  const std::string path = path_of(first.field, unit, source);
  if (path == unit + "." + key_of(first.field)) source.fail(path, first.value, first.allowed);
  source.fail(path, source.text(path), "fault records that do not reach the IOTLB registers at " + first.value);
}

}  // namespace iommusim::platforms
