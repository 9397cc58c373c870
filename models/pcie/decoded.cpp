// SPDX-License-Identifier: Apache-2.0
#include "pcie/decoded.h"

#include "pcie/ari_capability.h"
#include "pcie/capability_list.h"
#include "pcie/containment_capability.h"
#include "pcie/header.h"
#include "pcie/pci_express_capability.h"
#include "pcie/translation_capabilities.h"

#include <algorithm>

namespace iommusim::pcie {

namespace {

constexpr std::uint64_t upper_half = 0xFFFF'FFFF'0000'0000;
constexpr Range<BusAddr> vga_window{BusAddr{0xA'0000}, BusAddr{0xB'FFFF}};

/// 7.5.1.3.8 and 7.5.1.3.9: 1 MiB granular, the limit inclusive; base above limit closes the window.
std::optional<Range<BusAddr>> window(std::uint64_t base_mib, std::uint64_t limit_mib) {
  if (base_mib > limit_mib) return std::nullopt;
  return Range<BusAddr>{BusAddr{base_mib << 20}, BusAddr{(limit_mib << 20) | 0xF'FFFF}};
}

std::uint64_t mebibytes(const ConfigSpace& config, unsigned offset) {
  return config.get<WindowRegister>(offset).get<WindowRegister::AddressBits>();
}

/// An upper register, in MiB; it counts only in a window that is 64 bits wide.
std::uint64_t upper_mebibytes(const ConfigSpace& config, unsigned low_offset, unsigned upper_offset) {
  if (config.get<WindowRegister>(low_offset).get<WindowRegister::Is64Bit>() == 0) return 0;
  return std::uint64_t{config.read(upper_offset, 4)} << 12;
}

void decode_bridge(const ConfigSpace& config, Decoded& decoded) {
  decoded.secondary_bus = static_cast<std::uint8_t>(config.read(header::secondary_bus, 1));
  decoded.subordinate_bus = static_cast<std::uint8_t>(config.read(header::subordinate_bus, 1));
  decoded.windows[0] = window(mebibytes(config, header::memory_base), mebibytes(config, header::memory_limit));
  using header::prefetchable_base, header::prefetchable_base_upper;
  using header::prefetchable_limit, header::prefetchable_limit_upper;
  decoded.windows[1] = window(
      upper_mebibytes(config, prefetchable_base, prefetchable_base_upper) | mebibytes(config, prefetchable_base),
      upper_mebibytes(config, prefetchable_limit, prefetchable_limit_upper) | mebibytes(config, prefetchable_limit));
  if (config.get<BridgeControl>(header::bridge_control).get<BridgeControl::VgaEnable>() != 0)
    decoded.windows[2] = vga_window;
}

/// Class code 06_04_01 (PCI Code and ID Assignment specification).
bool is_subtractive(const ConfigSpace& config) {
  constexpr std::uint32_t subtractive_decode_bridge = 0x06'0401;
  return config.read(header::revision_and_class, 4) >> 8 == subtractive_decode_bridge;
}

void decode_acs(const ConfigSpace& config, Decoded& decoded) {
  const auto offset = find_extended_capability(reader_of(config), ExtendedCapabilityId::access_control_services);
  if (!offset) return;
  decoded.has_acs = true;
  decoded.acs_capability = config.get<AcsCapability>(*offset + acs::capability);
  decoded.acs = AcsControl{config.get<AcsControl>(*offset + acs::control).raw() &
                           supported_controls(decoded.acs_capability).raw()};
  const unsigned bits = egress_control_bits(decoded.acs_capability);
  for (unsigned bit = 0; bit < bits; ++bit) {
    const std::uint32_t word = config.read(*offset + acs::egress_control_vector + bit / 32 * 4, 4);
    decoded.egress_control[bit] = (word >> (bit % 32) & 1) != 0;
  }
}

void decode_device_control(const ConfigSpace& config, Decoded& decoded) {
  const auto offset = find_capability(reader_of(config), CapabilityId::pci_express);
  if (!offset) return;
  const auto control = config.get<DeviceControl>(*offset + pci_express::device_control);
  decoded.max_payload = size_of_code(control.get<DeviceControl::MaxPayloadSize>());
  decoded.max_read_request = size_of_code(control.get<DeviceControl::MaxReadRequestSize>());
  const auto control_2 = config.get<DeviceControl2>(*offset + pci_express::device_control_2);
  const auto link_control = config.get<LinkControl>(*offset + pci_express::link_control);
  decoded.link_disabled = link_control.get<LinkControl::LinkDisable>() != 0;
  decoded.ari_forwarding = control_2.get<DeviceControl2::AriForwardingEnable>() != 0;
}

void decode_ari(const ConfigSpace& config, Decoded& decoded) {
  const auto offset = find_extended_capability(reader_of(config), ExtendedCapabilityId::alternative_routing_id);
  if (!offset) return;
  const auto control = config.get<AriControl>(*offset + ari::control);
  decoded.acs_function_groups = control.get<AriControl::AcsFunctionGroupsEnable>() != 0;
  decoded.function_group = static_cast<std::uint8_t>(control.get<AriControl::FunctionGroup>());
}

void decode_containment(const ConfigSpace& config, Decoded& decoded) {
  const auto offset = find_extended_capability(reader_of(config), ExtendedCapabilityId::downstream_port_containment);
  if (!offset) return;
  const auto capability = config.get<DpcCapability>(*offset + dpc::capability);
  const auto control = config.get<DpcControl>(*offset + dpc::control);
  decoded.blocks_poisoned_egress = capability.get<DpcCapability::PoisonedTlpEgressBlocking>() != 0 &&
                                   control.get<DpcControl::PoisonedTlpEgressBlockingEnable>() != 0;
}

void decode_translation_services(const ConfigSpace& config, Decoded& decoded) {
  const auto reader = reader_of(config);
  if (const auto offset = find_extended_capability(reader, ExtendedCapabilityId::address_translation_services))
    decoded.ats_enabled = config.get<AtsControl>(*offset + ats::control).get<AtsControl::Enable>() != 0;
  if (const auto offset = find_extended_capability(reader, ExtendedCapabilityId::page_request_interface))
    decoded.page_requests_enabled =
        config.get<PageRequestControl>(*offset + page_request::control).get<PageRequestControl::Enable>() != 0;
}

}  // namespace

void Decoded::set_bars(const BarRanges& ranges) {
  bars = ranges;
  bar_span.reset();
  for (const auto& bar : bars) {
    if (!bar) continue;
    bar_span =
        bar_span ? Range<BusAddr>{std::min(bar_span->first, bar->first), std::max(bar_span->last, bar->last)} : *bar;
  }
}

/// PCIe base specification, 7.5.1.2.1. The bits that software can write tell the size.
BarRanges decode_bars(const ConfigSpace& config, unsigned first, unsigned count) {
  BarRanges bars;
  for (unsigned i = 0; i < count; ++i) {
    const unsigned index = i;
    const unsigned offset = first + 4 * index;
    const auto low = config.get<BaseAddressRegister>(offset);
    if (low.get<BaseAddressRegister::IoSpace>() != 0) continue;

    std::uint64_t value = low.raw();
    std::uint64_t mask = config.writable(offset, 4);
    if (low.get<BaseAddressRegister::Type>() == BarType::bits_64 && index + 1 < count) {
      value |= std::uint64_t{config.read(offset + 4, 4)} << 32;
      mask |= std::uint64_t{config.writable(offset + 4, 4)} << 32;
      ++i;
    } else if (mask != 0) {
      mask |= upper_half;
    }
    const std::uint64_t base = value & mask;
    if (base != 0) bars[index] = Range<BusAddr>::from_size(BusAddr{base}, ~mask + 1);
  }
  return bars;
}

Decoded decode(const ConfigSpace& config) {
  Decoded decoded;
  const auto command = config.get<Command>(header::command);
  decoded.memory_space_enable = command.get<Command::MemorySpaceEnable>() != 0;
  decoded.bus_master_enable = command.get<Command::BusMasterEnable>() != 0;
  const bool is_bridge = config.get<HeaderType>(header::header_type).get<HeaderType::Layout>() == 1;
  if (decoded.memory_space_enable)
    decoded.set_bars(decode_bars(config, header::bar0, is_bridge ? header::type1_bars : header::type0_bars));
  if (is_bridge) decode_bridge(config, decoded);
  decoded.subtractive = is_bridge && is_subtractive(config);
  decode_acs(config, decoded);
  decode_device_control(config, decoded);
  decode_ari(config, decoded);
  decode_containment(config, decoded);
  decode_translation_services(config, decoded);
  return decoded;
}

}  // namespace iommusim::pcie
