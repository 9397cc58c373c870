// SPDX-License-Identifier: Apache-2.0
#include "pcie/capability_layouts.h"

#include "base/address.h"
#include "pcie/ari_capability.h"
#include "pcie/containment_capability.h"
#include "pcie/error_reporting_capability.h"
#include "pcie/header.h"
#include "pcie/msi_capability.h"
#include "pcie/msix_capability.h"
#include "pcie/sriov_capability.h"

#include <algorithm>
#include <stdexcept>

namespace iommusim::pcie {

namespace {

void require(bool condition, const char* message) {
  if (!condition) throw std::invalid_argument(message);
}

std::uint32_t low(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}

std::uint64_t log2_of(unsigned power_of_two) {
  std::uint64_t exponent = 0;
  while ((1U << exponent) < power_of_two)
    ++exponent;
  return exponent;
}

/// Only a port above a link can disable it (7.5.3.7).
bool faces_link(PortType type) {
  return type == PortType::root_port || type == PortType::downstream_port;
}

void build_link(const FunctionConfig& function, unsigned at, ConfigSpace& space) {
  LinkCapabilities capabilities;
  capabilities.set<LinkCapabilities::MaxLinkSpeed>(function.link_generation);
  capabilities.set<LinkCapabilities::MaximumLinkWidth>(function.link_width);
  capabilities.set<LinkCapabilities::PortNumber>(function.port_number);
  LinkStatus status;
  status.set<LinkStatus::CurrentLinkSpeed>(function.link_generation);
  status.set<LinkStatus::NegotiatedLinkWidth>(function.link_width);
  // A root port's read completion boundary is a fact of the root complex (64 bytes), elsewhere software sets
  // it.
  LinkControl writable{0x00C3};
  writable.set<LinkControl::ReadCompletionBoundary>(is_port(function.type) ? 0 : 1);
  writable.set<LinkControl::LinkDisable>(faces_link(function.type) ? 1 : 0);
  space.define({at + pci_express::link_capabilities, 4, low(capabilities.raw())});
  space.define({at + pci_express::link_control, 2, 0, low(writable.raw())});
  space.define({at + pci_express::link_status, 2, low(status.raw())});
}

/// 7.5.3.15: ports that face down a link pass function numbers above 7 when told to.
void build_ari_forwarding(unsigned at, ConfigSpace& space) {
  DeviceCapabilities2 capabilities;
  capabilities.set<DeviceCapabilities2::AriForwardingSupported>(1);
  DeviceControl2 writable;
  writable.set<DeviceControl2::AriForwardingEnable>(1);
  space.define({at + pci_express::device_capabilities_2, 4, low(capabilities.raw())});
  space.define({at + pci_express::device_control_2, 2, 0, low(writable.raw())});
}

MsiControl control_of(const MsiConfig& config) {
  require(is_power_of_two(config.vectors) && config.vectors <= 32, "MSI has 1, 2, 4 ... 32 vectors");
  MsiControl control;
  control.set<MsiControl::MultipleMessageCapable>(log2_of(config.vectors));
  control.set<MsiControl::Is64Bit>(config.is_64bit ? 1 : 0);
  control.set<MsiControl::PerVectorMasking>(config.per_vector_masking ? 1 : 0);
  return control;
}

std::uint32_t location(unsigned bar, std::uint32_t offset) {
  require(bar < header::type0_bars && offset % 8 == 0, "impossible place for an MSI-X structure");
  return offset | bar;
}

void check_bar(const BarConfig& bar, unsigned count) {
  require(bar.index + (bar.is_64bit ? 1 : 0) < count, "BAR index out of range");
  require(is_power_of_two(bar.size) && bar.size >= 128, "BAR size must be a power of two of at least 128 bytes");
  require(bar.is_64bit || bar.size <= 0x8000'0000, "a 32-bit BAR is at most 2 GiB large");
}

}  // namespace

void build_bars(const std::vector<BarConfig>& bars, unsigned first, unsigned count, ConfigSpace& space) {
  unsigned taken = 0;
  for (const BarConfig& bar : bars) {
    check_bar(bar, count);
    const unsigned slots = (bar.is_64bit ? 3U : 1U) << bar.index;
    require((taken & slots) == 0, "two BARs share an index");
    taken |= slots;

    BaseAddressRegister type;
    type.set<BaseAddressRegister::Type>(bar.is_64bit ? BarType::bits_64 : BarType::bits_32);
    type.set<BaseAddressRegister::Prefetchable>(bar.prefetchable ? 1 : 0);
    const std::uint64_t mask = ~(bar.size - 1);
    const unsigned offset = first + 4 * bar.index;
    space.define({offset, 4, low(type.raw()), low(mask)});
    if (bar.is_64bit) space.define({offset + 4, 4, 0, low(mask >> 32)});
  }
}

void build_pci_express(const FunctionConfig& function, unsigned at, ConfigSpace& space) {
  const unsigned payload = function.max_payload_supported;
  require(is_power_of_two(payload) && payload >= 128 && payload <= 4096, "impossible max payload size");
  PciExpressCapabilities capabilities;
  capabilities.set<PciExpressCapabilities::Version>(2);
  capabilities.set<PciExpressCapabilities::DevicePortType>(function.type);
  DeviceCapabilities device;
  device.set<DeviceCapabilities::MaxPayloadSizeSupported>(code_of_size(payload));
  device.set<DeviceCapabilities::RoleBasedErrorReporting>(1);
  // Reset values of 7.5.3.4: relaxed ordering and no-snoop permitted, payload 128, read request 512 bytes.
  DeviceControl control;
  control.set<DeviceControl::EnableRelaxedOrdering>(1);
  control.set<DeviceControl::EnableNoSnoop>(1);
  control.set<DeviceControl::MaxReadRequestSize>(code_of_size(512));
  space.define({at + pci_express::capabilities, 2, low(capabilities.raw())});
  space.define({at + pci_express::device_capabilities, 4, low(device.raw())});
  // Virtual functions obey the Device Control of their physical function.
  space.define({at + pci_express::device_control, 2, function.virtual_function ? 0 : low(control.raw()),
                function.virtual_function ? 0U : 0x78FFU});
  space.define({at + pci_express::device_status, 2, 0, 0, 0x000F});
  if (function.type == PortType::root_port || function.type == PortType::downstream_port)
    build_ari_forwarding(at, space);
  // A function inside the root complex has no link.
  if (function.type != PortType::root_complex_endpoint) build_link(function, at, space);
}

unsigned msi_bytes(const MsiConfig& config) {
  return msi::bytes(control_of(config));
}

void build_msi(const MsiConfig& config, unsigned at, ConfigSpace& space) {
  const MsiControl control = control_of(config);
  space.define({at + msi::control, 2, low(control.raw()), 0x0071});
  space.define({at + msi::address, 4, 0, 0xFFFF'FFFC});
  if (config.is_64bit) space.define({at + msi::upper_address, 4, 0, 0xFFFF'FFFF});
  space.define({at + msi::data(control), 2, 0, 0xFFFF});
  if (config.per_vector_masking)
    space.define({at + msi::mask(control), 4, 0, low((std::uint64_t{1} << config.vectors) - 1)});
}

void build_msix(const MsixConfig& config, unsigned at, ConfigSpace& space) {
  require(config.vectors >= 1 && config.vectors <= 2048, "MSI-X has 1 to 2048 vectors");
  MsixControl control;
  control.set<MsixControl::TableSize>(config.vectors - 1);
  space.define({at + msix::control, 2, low(control.raw()), 0xC000});
  space.define({at + msix::table, 4, location(config.table_bar, config.table_offset)});
  space.define({at + msix::pending_bits, 4, location(config.pba_bar, config.pba_offset)});
}

unsigned acs_bytes(AcsCapability capability) {
  return acs::egress_control_vector + (egress_control_bits(capability) + 31) / 32 * 4;
}

void build_acs(AcsCapability capability, unsigned at, ConfigSpace& space) {
  space.define({at + acs::capability, 2, low(capability.raw())});
  space.define({at + acs::control, 2, 0, low(supported_controls(capability).raw())});
  for (unsigned bits = egress_control_bits(capability), word = 0; bits > 0; ++word) {
    const unsigned here = std::min(bits, 32U);
    const std::uint32_t writable = low((std::uint64_t{1} << here) - 1);
    space.define({at + acs::egress_control_vector + 4 * word, 4, 0, writable});
    bits -= here;
  }
}

/// Reset values of 7.8.4.3, 7.8.4.4 and 7.8.4.6: Poisoned TLP Egress Blocked, which only its blockers have, is masked.
/// ECRC is neither generated nor checked, so control bits are read-only.
void build_error_reporting(const FunctionConfig& function, unsigned at, ConfigSpace& space) {
  UncorrectableErrors blocked;
  blocked.set<UncorrectableErrors::PoisonedTlpEgressBlocked>(function.poisoned_egress_blocking ? 1 : 0);
  const std::uint32_t uncorrectable = 0x003F'F030 | low(blocked.raw());
  constexpr std::uint32_t fatal = 0x0006'2030;
  constexpr std::uint32_t correctable = 0x0000'31C1;
  CorrectableErrors mask;
  mask.set<CorrectableErrors::AdvisoryNonFatalError>(1);
  space.define({at + error_reporting::uncorrectable_status, 4, 0, 0, uncorrectable});
  space.define({at + error_reporting::uncorrectable_mask, 4, low(blocked.raw()), uncorrectable});
  space.define({at + error_reporting::uncorrectable_severity, 4, fatal, uncorrectable});
  space.define({at + error_reporting::correctable_status, 4, 0, 0, correctable});
  space.define({at + error_reporting::correctable_mask, 4, low(mask.raw()), correctable});
  if (function.type != PortType::root_port) return;
  space.define({at + error_reporting::root_error_command, 4, 0, 0x7});
  space.define({at + error_reporting::root_error_status, 4, 0, 0, 0x7F});
}

/// Nothing triggers containment, so DPC Trigger Enable is read-only zero and no status is ever latched.
void build_containment(unsigned at, ConfigSpace& space) {
  DpcCapability capability;
  capability.set<DpcCapability::PoisonedTlpEgressBlocking>(1);
  DpcControl writable;
  writable.set<DpcControl::CompletionControl>(1);
  writable.set<DpcControl::InterruptEnable>(1);
  writable.set<DpcControl::CorrectableErrorEnable>(1);
  writable.set<DpcControl::PoisonedTlpEgressBlockingEnable>(1);
  space.define({at + dpc::capability, 2, low(capability.raw())});
  space.define({at + dpc::control, 2, 0, low(writable.raw())});
  space.define({at + dpc::status, 2});
  space.define({at + dpc::error_source, 2});
}

void build_ari(const AriConfig& config, unsigned at, ConfigSpace& space) {
  AriCapability capability;
  capability.set<AriCapability::AcsFunctionGroups>(config.acs_function_groups ? 1 : 0);
  capability.set<AriCapability::NextFunctionNumber>(config.next_function);
  AriControl writable;
  writable.set<AriControl::AcsFunctionGroupsEnable>(config.acs_function_groups ? 1 : 0);
  writable.set<AriControl::FunctionGroup>(7);
  space.define({at + ari::capability, 2, low(capability.raw())});
  space.define({at + ari::control, 2, 0, low(writable.raw())});
}

void build_sriov(const SriovConfig& config, unsigned at, ConfigSpace& space) {
  require(config.total_vfs >= 1, "SR-IOV has at least one virtual function");
  for (const BarConfig& bar : config.vf_bars)
    require(bar.size >= page_4k, "a VF BAR is at least 4 KiB large");
  SriovControl writable;
  writable.set<SriovControl::VfEnable>(1);
  writable.set<SriovControl::VfMemorySpaceEnable>(1);
  writable.set<SriovControl::AriCapableHierarchy>(config.lowest ? 1 : 0);
  space.define({at + sriov::capabilities, 4, 0});
  space.define({at + sriov::control, 2, 0, low(writable.raw())});
  // Without migration all virtual functions are there from the start.
  space.define({at + sriov::initial_vfs, 2, config.total_vfs});
  space.define({at + sriov::total_vfs, 2, config.total_vfs});
  space.define({at + sriov::num_vfs, 2, 0, 0xFFFF});
  space.define({at + sriov::function_dependency_link, 1, config.dependency_link});
  space.define({at + sriov::first_vf_offset, 2, config.first_vf_offset});
  space.define({at + sriov::vf_stride, 2, config.vf_stride});
  space.define({at + sriov::vf_device_id, 2, config.vf_device_id});
  space.define({at + sriov::supported_page_sizes, 4, sriov::required_page_sizes});
  space.define({at + sriov::system_page_size, 4, 1, sriov::required_page_sizes});
  build_bars(config.vf_bars, at + sriov::vf_bar0, header::type0_bars, space);
}

}  // namespace iommusim::pcie
