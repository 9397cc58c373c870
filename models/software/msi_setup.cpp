// SPDX-License-Identifier: Apache-2.0
#include "software/msi_setup.h"

#include "base/quantity.h"
#include "pcie/msi_capability.h"
#include "pcie/msix_capability.h"
#include "software/driver_error.h"

#include <string>

namespace iommusim::software {
namespace {

namespace msi = pcie::msi;
namespace msix = pcie::msix;
using pcie::MsiControl;
using pcie::MsixControl;
using pcie::MsixEntry;
using pcie::MsixLocation;

std::uint32_t low(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}
std::uint32_t high(std::uint64_t value) {
  return static_cast<std::uint32_t>(value >> 32);
}

unsigned log2_of(unsigned power_of_two) {
  unsigned exponent = 0;
  while ((1U << exponent) < power_of_two)
    ++exponent;
  return exponent;
}

unsigned vectors_of(const MsiControl& control) {
  return 1U << control.get<MsiControl::MultipleMessageCapable>();
}

void require_msi(const PciFunction& function, const interrupts::MsiMessage& first, unsigned vectors) {
  const std::string who = "MSI of " + function.name();
  if (!is_power_of_two(vectors)) throw DriverError(who + " takes a power of two of vectors");
  if (vectors > msi_vectors(function))
    throw DriverError(who + " has " + std::to_string(msi_vectors(function)) + " vectors");
  if (first.data % vectors != 0)
    throw DriverError(who + " needs its " + std::to_string(vectors) + " vectors aligned, which " +
                      format_hex(first.data) + " is not");
}

/// One entry of the table through the processor's window to the BAR.
void write_entry(CpuBus& bus, PhysAddr entry, const interrupts::MsiMessage& message, bool masked) {
  MsixEntry value;
  value.set<MsixEntry::MessageAddress>(message.address.value());
  value.set<MsixEntry::MessageData>(message.data);
  value.set<MsixEntry::Masked>(masked ? 1 : 0);
  bus.store32(entry, low(value.word(0)));
  bus.store32(entry + 4, high(value.word(0)));
  bus.store32(entry + 8, low(value.word(1)));
  bus.store32(entry + 12, high(value.word(1)));
  if (bus.load32(entry) != low(value.word(0)) || bus.load32(entry + 8) != low(value.word(1)))
    throw DriverError("no MSI-X table answers at " + format_hex(entry.value()));
}

}  // namespace

unsigned msi_vectors(const PciFunction& function) {
  const auto capability = function.find(pcie::CapabilityId::msi);
  return capability ? vectors_of(function.get<MsiControl>(*capability + msi::control)) : 0;
}

void program_msi(const PciFunction& function, const interrupts::MsiMessage& first, unsigned vectors) {
  require_msi(function, first, vectors);
  const unsigned capability = *function.find(pcie::CapabilityId::msi);
  auto control = function.get<MsiControl>(capability + msi::control);
  const bool is_64bit = control.get<MsiControl::Is64Bit>() != 0;
  if (!is_64bit && high(first.address.value()) != 0)
    throw DriverError("MSI of " + function.name() + " has a 32-bit address");

  function.write(capability + msi::address, 4, low(first.address.value()));
  if (is_64bit) function.write(capability + msi::upper_address, 4, high(first.address.value()));
  function.write(capability + msi::data(control), 2, first.data);
  control.set<MsiControl::MultipleMessageEnable>(log2_of(vectors));
  control.set<MsiControl::Enable>(1);
  function.set(capability + msi::control, control);
}

std::optional<MsixTable> msix_table(const PciFunction& function) {
  const auto capability = function.find(pcie::CapabilityId::msix);
  if (!capability) return std::nullopt;
  const auto control = function.get<MsixControl>(*capability + msix::control);
  const auto location = function.get<MsixLocation>(*capability + msix::table);
  return MsixTable{static_cast<std::uint8_t>(location.get<MsixLocation::BarIndicator>()),
                   static_cast<std::uint32_t>(location.get<MsixLocation::Offset>() * 8),
                   static_cast<unsigned>(control.get<MsixControl::TableSize>() + 1)};
}

void program_msix(const PciFunction& function, PhysAddr bar_address, const std::vector<MsixVector>& vectors) {
  const auto table = msix_table(function);
  if (!table) throw DriverError(function.name() + " has no MSI-X capability");
  for (const MsixVector& vector : vectors)
    if (vector.index >= table->vectors)
      throw DriverError("MSI-X of " + function.name() + " has " + std::to_string(table->vectors) + " vectors");

  // Disabled meanwhile: no vector can be signalled from a half-written entry.
  const unsigned offset = *function.find(pcie::CapabilityId::msix) + msix::control;
  auto control = function.get<MsixControl>(offset);
  control.set<MsixControl::Enable>(0);
  function.set(offset, control);

  const PhysAddr base = bar_address + table->offset;
  for (unsigned index = 0; index < table->vectors; ++index)
    write_entry(function.bus(), base + index * MsixEntry::bytes, {}, true);
  for (const MsixVector& vector : vectors)
    write_entry(function.bus(), base + vector.index * MsixEntry::bytes, vector.message, false);

  control.set<MsixControl::FunctionMask>(0);
  control.set<MsixControl::Enable>(1);
  function.set(offset, control);
}

}  // namespace iommusim::software
