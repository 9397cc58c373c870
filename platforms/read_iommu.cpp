// SPDX-License-Identifier: Apache-2.0
// What IOMMUs of every architecture have in a platform file; the rest is in the file of the architecture.
#include "platforms/readers.h"

namespace iommusim::platforms {
namespace {

RmrrDescription read_rmrr(const Value& value, RegionFlags flags) {
  const bool has_flag = flags == RegionFlags::remappable;
  const Map map =
      has_flag ? Map{value, {"base", "size", "devices", "remappable"}} : Map{value, {"base", "size", "devices"}};
  RmrrDescription rmrr{read_range<PhysAddr>(map), {}};
  rmrr.remappable = has_flag && map.boolean("remappable", false);
  if (rmrr.range.first.offset_in(page_4k) != 0) map.required("base", "an address").reject("a multiple of 4 KiB");
  if (rmrr.range.size() % page_4k != 0) map.required("size", "a size").reject("a multiple of 4 KiB");
  const Value devices = map.required("devices", "a list of devices");
  for (const Value& device : devices.items())
    rmrr.devices.push_back(device.name());
  if (rmrr.devices.empty()) devices.fail("an empty list", "a list of devices");
  return rmrr;
}

}  // namespace

IommuKind read_iommu_kind(const Map& map) {
  return map.required("type", "vt-d or smmuv3")
      .choice<IommuKind>({{"vt-d", IommuKind::vtd}, {"smmuv3", IommuKind::smmuv3}});
}

void read_scope(const Map& map, IommuDescription& iommu) {
  for (const Value& function : map.items("scope"))
    iommu.scope.push_back(function.name());
}

void read_rmrrs(const Map& map, std::string_view key, RegionFlags flags, IommuDescription& iommu) {
  for (const Value& rmrr : map.items(key))
    iommu.rmrrs.push_back(read_rmrr(rmrr, flags));
}

void read_cache(const Map& map, std::string_view key, unsigned& entries, unsigned& ways) {
  const auto value = map.optional(key);
  if (!value) return;
  const Map cache{*value, {"entries", "ways"}};
  entries = cache.number("entries", entries, {0, 1U << 20});
  ways = cache.number("ways", ways, {1, 1U << 20});
}

IommuDescription read_iommu(const Value& value) {
  // Which keys there may be depends on the value of one.
  const YamlNode* const type = value.is_map() ? value.node().find("type") : nullptr;
  return type != nullptr && type->text == "smmuv3" ? read_smmuv3(value) : read_vtd(value);
}

}  // namespace iommusim::platforms
