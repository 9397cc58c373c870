// SPDX-License-Identifier: Apache-2.0
#include "platforms/virtual_functions.h"

#include "pcie/virtual_function.h"

namespace iommusim::platforms {
namespace {

/// `index` counts from 0, as in /sys/bus/pci/devices/*/virtfn0.
FunctionDescription virtual_function(const FunctionDescription& physical, unsigned index) {
  const SriovDescription& sriov = *physical.sriov;
  FunctionDescription function;
  function.name = physical.name + "-vf" + std::to_string(index);
  function.kind = FunctionKind::virtual_function;
  function.id = pcie::virtual_function_id(physical.id, {sriov.first_vf_offset, sriov.vf_stride}, index + 1);
  function.vendor_id = physical.vendor_id;
  function.device_id = sriov.vf_device_id;
  function.class_code = physical.class_code;
  function.bus_master = sriov.bus_master;
  function.bars = sriov.vf_bars;
  for (BarDescription& bar : function.bars)
    if (bar.base) bar.base = *bar.base + index * bar.size;
  function.acs = sriov.acs;
  function.msix = sriov.msix;
  function.link = physical.link;
  function.ats = sriov.ats;
  function.ari = AriDescription{};
  function.dma_bits = physical.dma_bits;
  function.max_payload = physical.max_payload;
  function.max_read_request = physical.max_read_request;
  return function;
}

void expand(std::vector<FunctionDescription>& functions) {
  for (FunctionDescription& function : functions) {
    expand(function.children);
    if (!function.sriov) continue;
    for (unsigned index = 0; index < function.sriov->num_vfs; ++index)
      function.virtual_functions.push_back(virtual_function(function, index));
  }
}

}  // namespace

std::optional<Range<BusAddr>> vf_bar_range(const SriovDescription& sriov, const BarDescription& bar) {
  return bar.base ? Range<BusAddr>::from_size(*bar.base, bar.size * sriov.total_vfs) : std::nullopt;
}

unsigned last_bus_of(const FunctionDescription& function) {
  if (!function.sriov) return function.id.bus();
  const SriovDescription& sriov = *function.sriov;
  return pcie::virtual_function_id(function.id, {sriov.first_vf_offset, sriov.vf_stride}, sriov.total_vfs).bus();
}

void expand_virtual_functions(HostBridgeDescription& bridge) {
  expand(bridge.functions);
}

}  // namespace iommusim::platforms
