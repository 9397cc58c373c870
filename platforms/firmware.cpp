// SPDX-License-Identifier: Apache-2.0
#include "platforms/firmware.h"

#include "software/driver_error.h"
#include "software/pci_setup.h"

#include <fmt/format.h>

namespace iommusim::platforms {
namespace {

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
  if (function.acs) software::set_acs_control(pci, function.acs->control);
  software::set_memory_space(pci, function.memory_space);
  software::set_bus_master(pci, function.bus_master);
}

/// Parents first: a bridge must pass configuration cycles before its children can be reached.
void program_tree(const std::vector<FunctionDescription>& functions, std::uint16_t segment, software::CpuBus& bus) {
  for (const FunctionDescription& function : functions) {
    try {
      program_function(function, software::PciFunction{bus, segment, function.id});
    } catch (const software::DriverError& error) {
      throw software::DriverError{fmt::format("{}: {}", function.name, error.what())};
    }
    program_tree(function.children, segment, bus);
  }
}

}  // namespace

void run_firmware(const Description& description, software::CpuBus& bus) {
  try {
    for (const HostBridgeDescription& bridge : description.host_bridges)
      program_tree(bridge.functions, bridge.segment, bus);
  } catch (const software::DriverError& error) {
    throw InputError{{description.file, 0, 0}, error.what()};
  }
}

}  // namespace iommusim::platforms
