// SPDX-License-Identifier: Apache-2.0
// SR-IOV and ARI of an endpoint (PCIe base specification, 9.3.3 and 7.8.8).
#include "platforms/readers.h"

namespace iommusim::platforms {
namespace {

constexpr std::uint64_t smallest_vf_bar = page_4k;

std::vector<BarDescription> read_vf_bars(const Map& map) {
  std::vector<BarDescription> bars = read_bar_list(map, "vf_bars", 6);
  const std::vector<Value> items = map.items("vf_bars");
  for (std::size_t i = 0; i < bars.size(); ++i)
    if (bars[i].size < smallest_vf_bar)
      Map{items[i], {"bar", "base", "size", "type", "prefetchable"}}
          .required("size", "")
          .reject("at least 4 KiB, the smallest system page");
  return bars;
}

}  // namespace

std::optional<AriDescription> read_ari(const Map& function) {
  const auto value = function.optional("ari");
  if (!value) return std::nullopt;
  if (!value->is_map()) return value->boolean() ? std::optional{AriDescription{}} : std::nullopt;
  const Map map{*value, {"function_group", "acs_function_groups"}};
  return AriDescription{map.number("function_group", 0, {0, 7}), map.boolean("acs_function_groups", false)};
}

std::optional<SriovDescription> read_sriov(const Map& function) {
  const auto value = function.optional("sriov");
  if (!value) return std::nullopt;
  const Map map{*value,
                {"total_vfs", "num_vfs", "first_vf_offset", "vf_stride", "vf_device_id", "vf_bars", "msix", "acs",
                 "bus_master", "ats"}};
  SriovDescription sriov;
  sriov.total_vfs = map.required("total_vfs", "the number of virtual functions").number_as<std::uint16_t>({1, 0xFFFF});
  sriov.num_vfs = static_cast<std::uint16_t>(map.number("num_vfs", 0, {0, sriov.total_vfs}));
  sriov.first_vf_offset = static_cast<std::uint16_t>(map.number("first_vf_offset", 1, {1, 0xFFFF}));
  sriov.vf_stride = static_cast<std::uint16_t>(map.number("vf_stride", 1, {1, 0xFFFF}));
  sriov.vf_device_id = static_cast<std::uint16_t>(map.number("vf_device_id", 0, {0, 0xFFFE}));
  sriov.vf_bars = read_vf_bars(map);
  sriov.msix = read_msix(map, sriov.vf_bars);
  if (const auto acs = map.optional("acs"); acs && acs->found() != "'none'")
    sriov.acs = read_acs(*acs, FunctionKind::endpoint);
  sriov.ats = map.boolean("ats", false);
  if (sriov.ats && !function.boolean("ats", false))
    map.optional("ats")->reject("false without ats of the physical function");
  sriov.bus_master = map.boolean("bus_master", sriov.bus_master);
  return sriov;
}

}  // namespace iommusim::platforms
