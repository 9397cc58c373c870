// SPDX-License-Identifier: Apache-2.0
#include "software/pci_setup.h"

#include "base/quantity.h"
#include "pcie/containment_capability.h"
#include "pcie/header.h"
#include "pcie/pci_express_capability.h"
#include "pcie/translation_capabilities.h"
#include "software/driver_error.h"

#include <string>

namespace iommusim::software {
namespace {

namespace header = pcie::header;
using pcie::BarType;
using pcie::BaseAddressRegister;
using pcie::Command;
using pcie::WindowRegister;

constexpr std::uint64_t bar_address_bits = ~std::uint64_t{0xF};
constexpr std::uint64_t window_granule = std::uint64_t{1} << 20;
constexpr std::uint64_t four_gib = std::uint64_t{1} << 32;

std::uint32_t low(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}
std::uint32_t high(std::uint64_t value) {
  return static_cast<std::uint32_t>(value >> 32);
}

/// Both registers of a 64-bit BAR, or the one of a 32-bit BAR.
struct BarAccess {
  const PciFunction& function;
  unsigned offset;
  bool is_64bit;

  std::uint64_t read() const {
    const std::uint64_t upper = is_64bit ? function.read(offset + 4, 4) : 0;
    return upper << 32 | function.read(offset, 4);
  }
  void write(std::uint64_t value) const {
    function.write(offset, 4, low(value));
    if (is_64bit) function.write(offset + 4, 4, high(value));
  }
};

BarAccess bar_access(const PciFunction& function, unsigned index) {
  const auto bar = function.get<BaseAddressRegister>(header::bar(index));
  return {function, header::bar(index), bar.get<BaseAddressRegister::Type>() == BarType::bits_64};
}

template <class Field>
void set_command(const PciFunction& function, bool enable) {
  auto command = function.get<Command>(header::command);
  command.set<Field>(enable);
  function.set(header::command, command);
}

std::string describe(const Range<BusAddr>& window) {
  return format_hex(window.first.value()) + " to " + format_hex(window.last.value());
}

void require_whole_mebibytes(const PciFunction& port, const Range<BusAddr>& window) {
  if (window.first.offset_in(window_granule) == 0 && (window.last + 1).offset_in(window_granule) == 0) return;
  throw DriverError("the window " + describe(window) + " of " + port.name() + " is not made of whole MiB");
}

WindowRegister window_register(BusAddr address) {
  WindowRegister value;
  value.set<WindowRegister::AddressBits>(low(address.value()) >> 20);
  return value;
}

/// Base above limit: the window claims nothing.
constexpr Range<BusAddr> closed_window{BusAddr{0xFFF0'0000}, BusAddr{0}};

}  // namespace

std::optional<BarFacts> probe_bar(const PciFunction& function, unsigned index) {
  const auto bar = function.get<BaseAddressRegister>(header::bar(index));
  if (!function.present() || bar.get<BaseAddressRegister::IoSpace>() != 0) return std::nullopt;
  const BarAccess access = bar_access(function, index);

  const auto command = function.get<Command>(header::command);
  set_command<Command::MemorySpaceEnable>(function, false);
  const std::uint64_t address = access.read();
  access.write(~std::uint64_t{0});
  const std::uint64_t mask = access.read() & bar_address_bits;
  access.write(address);
  function.set(header::command, command);

  if (mask == 0) return std::nullopt;
  // The lowest address bit that can be written is the size.
  return BarFacts{mask & (~mask + 1), access.is_64bit, bar.get<BaseAddressRegister::Prefetchable>() != 0};
}

static std::string reason_against(const std::optional<BarFacts>& bar, BusAddr base) {
  if (!bar) return "the function has no such BAR";
  if (base.offset_in(bar->size) != 0) return "it is not a multiple of the BAR's " + format_size(bar->size);
  return "the BAR has 32 address bits";
}

void program_bar(const PciFunction& function, unsigned index, BusAddr base) {
  const BarAccess access = bar_access(function, index);
  access.write(base.value());
  if ((access.read() & bar_address_bits) == base.value()) return;
  throw DriverError("BAR " + std::to_string(index) + " of " + function.name() + " does not take the address " +
                    format_hex(base.value()) + ": " + reason_against(probe_bar(function, index), base));
}

void program_bus_numbers(const PciFunction& port, const BusNumbers& buses) {
  port.write(header::primary_bus, 1, buses.primary);
  port.write(header::secondary_bus, 1, buses.secondary);
  port.write(header::subordinate_bus, 1, buses.subordinate);
}

void program_memory_window(const PciFunction& port, const std::optional<Range<BusAddr>>& window) {
  if (window) require_whole_mebibytes(port, *window);
  if (window && window->last.value() >= four_gib)
    throw DriverError("the memory window " + describe(*window) + " of " + port.name() + " ends above 4 GiB");
  const Range<BusAddr> range = window.value_or(closed_window);
  port.set(header::memory_base, window_register(range.first));
  port.set(header::memory_limit, window_register(range.last));
}

void program_prefetchable_window(const PciFunction& port, const std::optional<Range<BusAddr>>& window) {
  if (window) require_whole_mebibytes(port, *window);
  const Range<BusAddr> range = window.value_or(closed_window);
  const bool is_64bit = port.get<WindowRegister>(header::prefetchable_base).get<WindowRegister::Is64Bit>() == 1;
  if (!is_64bit && range.last.value() >= four_gib)
    throw DriverError("the prefetchable window of " + port.name() + " is 32 bits wide");
  port.set(header::prefetchable_base, window_register(range.first));
  port.set(header::prefetchable_limit, window_register(range.last));
  port.write(header::prefetchable_base_upper, 4, high(range.first.value()));
  port.write(header::prefetchable_limit_upper, 4, high(range.last.value()));
}

void set_memory_space(const PciFunction& function, bool enable) {
  set_command<Command::MemorySpaceEnable>(function, enable);
}

void set_bus_master(const PciFunction& function, bool enable) {
  set_command<Command::BusMasterEnable>(function, enable);
}

void set_transfer_sizes(const PciFunction& function, unsigned max_payload, unsigned max_read_request) {
  const auto capability = function.find(pcie::CapabilityId::pci_express);
  if (!capability) throw DriverError(function.name() + " has no PCI Express capability");
  const auto supported = function.get<pcie::DeviceCapabilities>(*capability + pcie::pci_express::device_capabilities);
  const std::uint64_t payload = pcie::code_of_size(max_payload);
  if (payload > supported.get<pcie::DeviceCapabilities::MaxPayloadSizeSupported>())
    throw DriverError(function.name() + " does not support payloads of " + std::to_string(max_payload) + " bytes");
  auto control = function.get<pcie::DeviceControl>(*capability + pcie::pci_express::device_control);
  control.set<pcie::DeviceControl::MaxPayloadSize>(payload);
  control.set<pcie::DeviceControl::MaxReadRequestSize>(pcie::code_of_size(max_read_request));
  function.set(*capability + pcie::pci_express::device_control, control);
}

std::optional<pcie::AcsControl> acs_control(const PciFunction& function) {
  const auto capability = function.find(pcie::ExtendedCapabilityId::access_control_services);
  if (!capability) return std::nullopt;
  return function.get<pcie::AcsControl>(*capability + pcie::acs::control);
}

pcie::AcsControl set_acs_control(const PciFunction& function, pcie::AcsControl control) {
  const auto capability = function.find(pcie::ExtendedCapabilityId::access_control_services);
  if (!capability) throw DriverError(function.name() + " has no ACS capability");
  function.set(*capability + pcie::acs::control, control);
  return function.get<pcie::AcsControl>(*capability + pcie::acs::control);
}

void enable_pasid(const PciFunction& function) {
  const auto capability = function.find(pcie::ExtendedCapabilityId::process_address_space_id);
  if (!capability) throw DriverError(function.name() + " has no PASID capability");
  auto control = function.get<pcie::PasidControl>(*capability + pcie::pasid::control);
  control.set<pcie::PasidControl::Enable>(1);
  function.set(*capability + pcie::pasid::control, control);
}

void set_poisoned_egress_blocking(const PciFunction& function, bool enable) {
  const auto capability = function.find(pcie::ExtendedCapabilityId::downstream_port_containment);
  if (!capability || function.get<pcie::DpcCapability>(*capability + pcie::dpc::capability)
                             .get<pcie::DpcCapability::PoisonedTlpEgressBlocking>() == 0)
    throw DriverError(function.name() + " has no Poisoned TLP Egress Blocking");
  auto control = function.get<pcie::DpcControl>(*capability + pcie::dpc::control);
  control.set<pcie::DpcControl::PoisonedTlpEgressBlockingEnable>(enable ? 1 : 0);
  function.set(*capability + pcie::dpc::control, control);
}

void set_link_disable(const PciFunction& function, bool disable) {
  const auto capability = function.find(pcie::CapabilityId::pci_express);
  if (!capability) throw DriverError(function.name() + " has no PCI Express capability");
  auto control = function.get<pcie::LinkControl>(*capability + pcie::pci_express::link_control);
  control.set<pcie::LinkControl::LinkDisable>(disable ? 1 : 0);
  function.set(*capability + pcie::pci_express::link_control, control);
  const auto taken = function.get<pcie::LinkControl>(*capability + pcie::pci_express::link_control);
  if (taken.raw() != control.raw()) throw DriverError(function.name() + " stands above no link that it could disable");
}

}  // namespace iommusim::software
