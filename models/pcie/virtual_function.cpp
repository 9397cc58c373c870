// SPDX-License-Identifier: Apache-2.0
#include "pcie/virtual_function.h"

#include "pcie/capability_list.h"
#include "pcie/sriov_capability.h"

#include <algorithm>

namespace iommusim::pcie {

namespace {

/// The lowest bit that is set decides; 4 KiB without one.
std::uint64_t system_page_size(const ConfigSpace& config, unsigned capability) {
  const std::uint64_t sizes = config.read(capability + sriov::system_page_size, 4);
  return sizes == 0 ? page_4k : (sizes & (~sizes + 1)) * page_4k;
}

}  // namespace

VfControls decode_vf_controls(const ConfigSpace& physical) {
  VfControls controls;
  const auto capability =
      find_extended_capability(reader_of(physical), ExtendedCapabilityId::single_root_io_virtualization);
  if (!capability) return controls;
  const auto control = physical.get<SriovControl>(*capability + sriov::control);
  if (control.get<SriovControl::VfEnable>() == 0) return controls;
  // More than TotalVFs is undefined; no device has more.
  controls.count =
      std::min(physical.read(*capability + sriov::num_vfs, 2), physical.read(*capability + sriov::total_vfs, 2));
  controls.memory_space_enable = control.get<SriovControl::VfMemorySpaceEnable>() != 0;
  controls.bars = decode_bars(physical, *capability + sriov::vf_bar0, 6);
  const std::uint64_t page = system_page_size(physical, *capability);
  for (std::size_t i = 0; i < controls.bars.size(); ++i)
    if (controls.bars[i]) controls.slice[i] = std::max(controls.bars[i]->size(), page);
  const Decoded decoded = decode(physical);
  controls.max_payload = decoded.max_payload;
  controls.max_read_request = decoded.max_read_request;
  return controls;
}

std::optional<Range<BusAddr>> virtual_function_bar(const VfControls& controls, unsigned number, std::size_t index) {
  const auto& first = controls.bars[index];
  if (!first || number > controls.count) return std::nullopt;
  return Range<BusAddr>::from_size(first->first + (number - 1) * controls.slice[index], first->size());
}

Decoded decode_virtual_function(const ConfigSpace& own, const VfControls& controls, unsigned number) {
  Decoded decoded = decode(own);
  decoded.present = number <= controls.count;
  if (!decoded.present) {
    decoded.bus_master_enable = false;
    return decoded;
  }
  decoded.memory_space_enable = controls.memory_space_enable;
  decoded.max_payload = controls.max_payload;
  decoded.max_read_request = controls.max_read_request;
  if (!controls.memory_space_enable) return decoded;
  BarRanges bars = decoded.bars;
  for (std::size_t i = 0; i < controls.bars.size(); ++i)
    if (controls.bars[i]) bars[i] = virtual_function_bar(controls, number, i);
  decoded.set_bars(bars);
  return decoded;
}

}  // namespace iommusim::pcie
