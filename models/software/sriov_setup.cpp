// SPDX-License-Identifier: Apache-2.0
#include "software/sriov_setup.h"

#include "base/quantity.h"
#include "pcie/ari_capability.h"
#include "pcie/header.h"
#include "pcie/pci_express_capability.h"
#include "pcie/sriov_capability.h"
#include "software/driver_error.h"

#include <string>

namespace iommusim::software {
namespace {

namespace sriov = pcie::sriov;
using pcie::BaseAddressRegister;
using pcie::SriovControl;

constexpr std::uint64_t bar_address_bits = ~std::uint64_t{0xF};

unsigned require(const PciFunction& function, pcie::ExtendedCapabilityId id, const char* name) {
  const auto capability = function.find(id);
  if (!capability) throw DriverError(function.name() + " has no " + name + " capability");
  return *capability;
}

unsigned require_sriov(const PciFunction& physical) {
  return require(physical, pcie::ExtendedCapabilityId::single_root_io_virtualization, "SR-IOV");
}

/// Both registers of a 64-bit VF BAR, or the one of a 32-bit VF BAR.
class VfBar {
 public:
  VfBar(const PciFunction& physical, unsigned capability, unsigned index)
      : physical_{physical}, offset_{capability + sriov::vf_bar0 + 4 * index} {
    const auto bar = physical.get<BaseAddressRegister>(offset_);
    is_64bit_ = bar.get<BaseAddressRegister::Type>() == pcie::BarType::bits_64;
    is_prefetchable_ = bar.get<BaseAddressRegister::Prefetchable>() != 0;
  }

  bool is_64bit() const { return is_64bit_; }
  bool is_prefetchable() const { return is_prefetchable_; }

  std::uint64_t read() const {
    const std::uint64_t upper = is_64bit_ ? physical_.read(offset_ + 4, 4) : 0;
    return upper << 32 | physical_.read(offset_, 4);
  }
  void write(std::uint64_t value) const {
    physical_.write(offset_, 4, static_cast<std::uint32_t>(value));
    if (is_64bit_) physical_.write(offset_ + 4, 4, static_cast<std::uint32_t>(value >> 32));
  }

 private:
  const PciFunction& physical_;
  unsigned offset_;
  bool is_64bit_ = false;
  bool is_prefetchable_ = false;
};

}  // namespace

std::optional<VfFacts> vf_facts(const PciFunction& physical) {
  const auto capability = physical.find(pcie::ExtendedCapabilityId::single_root_io_virtualization);
  if (!capability) return std::nullopt;
  const auto word = [&](unsigned offset) { return static_cast<std::uint16_t>(physical.read(*capability + offset, 2)); };
  return VfFacts{word(sriov::total_vfs), {word(sriov::first_vf_offset), word(sriov::vf_stride)}};
}

std::optional<BarFacts> probe_vf_bar(const PciFunction& physical, unsigned index) {
  const unsigned capability = require_sriov(physical);
  const auto control = physical.get<SriovControl>(capability + sriov::control);
  SriovControl off = control;
  off.set<SriovControl::VfMemorySpaceEnable>(0);
  physical.set(capability + sriov::control, off);
  const VfBar bar{physical, capability, index};
  const std::uint64_t address = bar.read();
  bar.write(~std::uint64_t{0});
  const std::uint64_t mask = bar.read() & bar_address_bits;
  bar.write(address);
  physical.set(capability + sriov::control, control);
  if (mask == 0) return std::nullopt;
  // The lowest address bit that can be written is the size.
  return BarFacts{mask & (~mask + 1), bar.is_64bit(), bar.is_prefetchable()};
}

void program_vf_bar(const PciFunction& physical, unsigned index, BusAddr base) {
  const VfBar bar{physical, require_sriov(physical), index};
  bar.write(base.value());
  if ((bar.read() & bar_address_bits) == base.value()) return;
  throw DriverError("VF BAR " + std::to_string(index) + " of " + physical.name() + " does not take the address " +
                    format_hex(base.value()) + ": it is absent, larger than the address is aligned, or 32 bits wide");
}

void enable_virtual_functions(const PciFunction& physical, std::uint16_t count, bool ari_hierarchy) {
  const unsigned capability = require_sriov(physical);
  const auto facts = vf_facts(physical);
  if (count > facts->total_vfs)
    throw DriverError(physical.name() + " has " + std::to_string(facts->total_vfs) + " virtual functions");
  auto control = physical.get<SriovControl>(capability + sriov::control);
  control.set<SriovControl::AriCapableHierarchy>(ari_hierarchy ? 1 : 0);
  // Read-only zero in all but the lowest-numbered physical function.
  physical.set(capability + sriov::control, control);
  // NumVFs may change only while VF Enable is clear (9.3.3.7).
  physical.write(capability + sriov::num_vfs, 2, count);
  control.set<SriovControl::VfMemorySpaceEnable>(1);
  control.set<SriovControl::VfEnable>(1);
  physical.set(capability + sriov::control, control);
}

bool answers(const PciFunction& function) {
  return function.read(pcie::header::status, 2) != 0xFFFF;
}

void set_ari_forwarding(const PciFunction& port, bool enable) {
  const auto capability = port.find(pcie::CapabilityId::pci_express);
  if (!capability) throw DriverError(port.name() + " has no PCI Express capability");
  const unsigned offset = *capability + pcie::pci_express::device_control_2;
  auto control = port.get<pcie::DeviceControl2>(offset);
  control.set<pcie::DeviceControl2::AriForwardingEnable>(enable ? 1 : 0);
  port.set(offset, control);
  if (port.get<pcie::DeviceControl2>(offset) != control) throw DriverError(port.name() + " does not forward ARI");
}

void set_function_group(const PciFunction& function, unsigned group, bool enable_groups) {
  const unsigned capability = require(function, pcie::ExtendedCapabilityId::alternative_routing_id, "ARI");
  pcie::AriControl control;
  control.set<pcie::AriControl::FunctionGroup>(group);
  control.set<pcie::AriControl::AcsFunctionGroupsEnable>(enable_groups ? 1 : 0);
  function.set(capability + pcie::ari::control, control);
  if (function.get<pcie::AriControl>(capability + pcie::ari::control) != control)
    throw DriverError(function.name() + " has no ACS function groups");
}

void set_egress_control(const PciFunction& function, const pcie::EgressControlVector& blocked) {
  const unsigned capability = require(function, pcie::ExtendedCapabilityId::access_control_services, "ACS");
  const auto services = function.get<pcie::AcsCapability>(capability + pcie::acs::capability);
  const unsigned bits = pcie::egress_control_bits(services);
  for (unsigned word = 0; word < blocked.size() / 32; ++word) {
    std::uint32_t value = 0;
    for (unsigned bit = 0; bit < 32; ++bit)
      if (blocked[32 * word + bit]) value |= 1U << bit;
    const unsigned offset = capability + pcie::acs::egress_control_vector + 4 * word;
    const bool exists = 32 * word < bits;
    if (exists) function.write(offset, 4, value);
    if (value != (exists ? function.read(offset, 4) : 0))
      throw DriverError("the Egress Control Vector of " + function.name() + " has " + std::to_string(bits) + " bits");
  }
}

}  // namespace iommusim::software
