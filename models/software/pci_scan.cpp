// SPDX-License-Identifier: Apache-2.0
#include "software/pci_scan.h"

#include "base/quantity.h"
#include "pcie/ari_capability.h"
#include "pcie/header.h"
#include "pcie/pci_express_capability.h"
#include "software/enumeration_error.h"
#include "software/sriov_setup.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace iommusim::software {
namespace {

namespace header = pcie::header;

constexpr unsigned devices_per_bus = 32;
constexpr unsigned functions_per_device = 8;

/// A root port or downstream port: one device is at the other end of its link.
bool faces_link(const PciFunction& bridge) {
  const auto capability = bridge.find(pcie::CapabilityId::pci_express);
  if (!capability) return false;
  const auto type = bridge.get<pcie::PciExpressCapabilities>(*capability + pcie::pci_express::capabilities)
                        .get<pcie::PciExpressCapabilities::DevicePortType>();
  return type == pcie::PortType::root_port || type == pcie::PortType::downstream_port;
}

bool forwards_ari(const PciFunction& bridge) {
  const auto capability = bridge.find(pcie::CapabilityId::pci_express);
  return capability && bridge.get<pcie::DeviceControl2>(*capability + pcie::pci_express::device_control_2)
                               .get<pcie::DeviceControl2::AriForwardingEnable>() != 0;
}

/// The function that comes after this one in its ARI device; 0 ends the list.
unsigned next_function(const PciFunction& function) {
  const auto capability = function.find(pcie::ExtendedCapabilityId::alternative_routing_id);
  if (!capability) return 0;
  return static_cast<unsigned>(function.get<pcie::AriCapability>(*capability + pcie::ari::capability)
                                   .get<pcie::AriCapability::NextFunctionNumber>());
}

pcie::HeaderType header_type(const PciFunction& function) {
  return pcie::HeaderType{function.read(header::header_type, 1)};
}

/// Function numbers beside 0 that a device may have. Its ARI list ascends, so it ends; not every device has all of its
/// functions in it.
std::set<unsigned> other_functions(const PciFunction& function_0, bool ari) {
  std::set<unsigned> numbers;
  if (header_type(function_0).get<pcie::HeaderType::MultiFunction>() != 0)
    for (unsigned function = 1; function < functions_per_device; ++function)
      numbers.insert(function);
  if (!ari) return numbers;
  unsigned current = 0;
  for (unsigned next = next_function(function_0); next > current;) {
    numbers.insert(next);
    current = next;
    const RequesterId id{static_cast<std::uint16_t>(function_0.id().raw() + current)};
    next = next_function(function_0.at(id));
  }
  return numbers;
}

std::string bus_text(unsigned bus) {
  return format_hex(bus, 2);
}

class Scan {
 public:
  Scan(CpuBus& bus, std::uint16_t segment, unsigned last_bus) : bus_{bus}, segment_{segment}, last_bus_{last_bus} {}

  /// The result is the last bus in use on `number` and below.
  unsigned scan_bus(unsigned number, std::optional<std::size_t> bridge) {
    const std::size_t first = found_.size();
    find_devices(number, bridge);
    const std::size_t end = found_.size();
    unsigned used = number;
    for (std::size_t i = first; i < end; ++i)
      used = std::max(used, last_virtual_bus(found_[i].function));
    for (std::size_t i = first; i < end; ++i)
      if (found_[i].is_bridge) used = scan_below(i, number, used);
    return used;
  }

  FoundFunctions take() { return std::move(found_); }

 private:
  void find_devices(unsigned number, std::optional<std::size_t> bridge) {
    const bool one_device = bridge && faces_link(found_[*bridge].function);
    const bool ari = bridge && forwards_ari(found_[*bridge].function);
    for (unsigned device = 0; device < (one_device ? 1 : devices_per_bus); ++device) {
      const PciFunction function_0 = at(number, device * functions_per_device);
      if (!function_0.present()) continue;
      add(function_0, bridge);
      for (const unsigned function : other_functions(function_0, ari))
        if (const PciFunction other = at(number, device * functions_per_device + function); other.present())
          add(other, bridge);
    }
  }

  /// Old bus numbers would let a bridge answer for its siblings, old BARs meet new ones.
  void add(const PciFunction& function, std::optional<std::size_t> bridge) {
    FoundFunction found{function, bridge};
    found.is_bridge = header_type(function).get<pcie::HeaderType::Layout>() == 1;
    set_memory_space(function, false);
    if (found.is_bridge) {
      program_bus_numbers(function, {});
      found.has_wide_window =
          function.get<pcie::WindowRegister>(header::prefetchable_base).get<pcie::WindowRegister::Is64Bit>() == 1;
    }
    found_.push_back(std::move(found));
  }

  /// The bus that the last of all possible virtual functions is on.
  unsigned last_virtual_bus(const PciFunction& function) const {
    const auto facts = vf_facts(function);
    if (!facts || facts->total_vfs == 0) return function.id().bus();
    const unsigned last =
        (function.id().raw() + facts->placement.first_offset + (facts->total_vfs - 1U) * facts->placement.stride) >> 8;
    if (last > last_bus_)
      throw EnumerationError{function.id(), "no bus number left for its virtual functions, up to bus " + bus_text(last),
                             "buses that end above " + bus_text(last_bus_)};
    return last;
  }

  unsigned scan_below(std::size_t bridge, unsigned primary, unsigned used) {
    const PciFunction function = found_[bridge].function;
    if (used >= last_bus_)
      throw EnumerationError{function.id(), "no bus number left for what is below it",
                             "buses that end above " + bus_text(last_bus_)};
    BusNumbers buses{static_cast<std::uint8_t>(primary), static_cast<std::uint8_t>(used + 1),
                     static_cast<std::uint8_t>(last_bus_)};
    // Everything that is not given out yet may be below.
    program_bus_numbers(function, buses);
    buses.subordinate = static_cast<std::uint8_t>(scan_bus(buses.secondary, bridge));
    program_bus_numbers(function, buses);
    found_[bridge].buses = buses;
    return buses.subordinate;
  }

  PciFunction at(unsigned bus, unsigned devfn) const {
    return {bus_, segment_, RequesterId{static_cast<std::uint16_t>(bus << 8 | devfn)}};
  }

  CpuBus& bus_;
  std::uint16_t segment_;
  unsigned last_bus_;
  FoundFunctions found_;
};

}  // namespace

FoundFunctions scan_buses(CpuBus& bus, std::uint16_t segment, const BusRange& buses) {
  Scan scan{bus, segment, buses.last};
  scan.scan_bus(buses.first, std::nullopt);
  return scan.take();
}

}  // namespace iommusim::software
