// SPDX-License-Identifier: Apache-2.0
#include "platforms/firmware.h"

#include "software/driver_error.h"
#include "software/pci_setup.h"
#include "software/sriov_setup.h"

#include <fmt/format.h>

namespace iommusim::platforms {
namespace {

/// How configuration cycles are made.
struct Bus {
  software::CpuBus& cpu;
  std::uint16_t segment;
};

void program_acs(const AcsDescription& acs, const software::PciFunction& pci) {
  if (acs.egress_blocked.any()) software::set_egress_control(pci, acs.egress_blocked);
  software::set_acs_control(pci, acs.control);
}

void program_function(const FunctionDescription& function, const software::PciFunction& pci) {
  for (const BarDescription& bar : function.bars)
    if (bar.base) software::program_bar(pci, bar.index, *bar.base);
  if (is_port(function.kind)) {
    software::program_bus_numbers(pci, {function.id.bus(), function.secondary_bus, function.subordinate_bus});
    software::program_memory_window(pci, function.window);
    software::program_prefetchable_window(pci, function.prefetchable_window);
  }
  // Conventional PCI knows no payload size.
  if (function.kind != FunctionKind::pci_device)
    software::set_transfer_sizes(pci, function.max_payload, function.max_read_request);
  if (function.ari_forwarding) software::set_ari_forwarding(pci, true);
  if (function.ari && (function.ari->function_group != 0 || function.ari->acs_function_groups))
    software::set_function_group(pci, function.ari->function_group, function.ari->acs_function_groups);
  if (function.acs) program_acs(*function.acs, pci);
  if (function.pasid && function.pasid_enabled) software::enable_pasid(pci);
  if (function.dpc && function.dpc->poisoned_egress_blocking) software::set_poisoned_egress_blocking(pci, true);
  software::set_memory_space(pci, function.memory_space);
  software::set_bus_master(pci, function.bus_master);
}

/// A virtual function that nothing reaches (ACS-035, ACS-036) keeps its reset values.
void program_virtual_function(const FunctionDescription& function, const software::PciFunction& pci) {
  if (!software::answers(pci)) return;
  if (function.acs) program_acs(*function.acs, pci);
  software::set_bus_master(pci, function.bus_master);
}

void program_virtual_functions(const FunctionDescription& physical, bool ari_hierarchy, const Bus& bus) {
  const SriovDescription& sriov = *physical.sriov;
  const software::PciFunction pci{bus.cpu, bus.segment, physical.id};
  for (const BarDescription& bar : sriov.vf_bars)
    if (bar.base) software::program_vf_bar(pci, bar.index, *bar.base);
  if (sriov.num_vfs == 0) return;
  software::enable_virtual_functions(pci, sriov.num_vfs, ari_hierarchy);
  for (const FunctionDescription& function : physical.virtual_functions)
    program_virtual_function(function, {bus.cpu, bus.segment, function.id});
}

/// Only an ARI function with a number above 7 can be out of reach, where the port above does not forward ARI.
bool is_unreachable(const FunctionDescription& function, const software::PciFunction& pci) {
  return function.ari && !software::answers(pci);
}

void program(const FunctionDescription& function, bool ari_hierarchy, const Bus& bus) {
  if (!is_pci(function.kind)) return;
  const software::PciFunction pci{bus.cpu, bus.segment, function.id};
  if (is_unreachable(function, pci)) return;
  try {
    program_function(function, pci);
    if (function.sriov) program_virtual_functions(function, ari_hierarchy, bus);
  } catch (const software::DriverError& error) {
    throw software::DriverError{fmt::format("{}: {}", function.name, error.what())};
  }
}

/// Parents first: a bridge must pass configuration cycles before its children can be reached.
void program_tree(const std::vector<FunctionDescription>& functions, bool ari_hierarchy, const Bus& bus) {
  for (const FunctionDescription& function : functions) {
    program(function, ari_hierarchy, bus);
    program_tree(function.children, function.ari_forwarding, bus);
  }
}

}  // namespace

void run_firmware(const Description& description, software::CpuBus& bus) {
  try {
    for (const HostBridgeDescription& bridge : description.host_bridges)
      program_tree(bridge.functions, false, {bus, bridge.segment});
  } catch (const software::DriverError& error) {
    throw InputError{{description.file, 0, 0}, error.what()};
  }
}

}  // namespace iommusim::platforms
