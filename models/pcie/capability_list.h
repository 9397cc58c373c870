// SPDX-License-Identifier: Apache-2.0
// Walks the capability lists of a function. Hardware models and operating system models, which have nothing
// but configuration cycles, walk by the same code.
#pragma once

#include "base/word.h"
#include "pcie/config_space.h"

#include <cstdint>
#include <functional>
#include <optional>

namespace iommusim::pcie {

/// Capabilities at 0x40 to 0xFF (PCIe base specification, 7.5.1.1.11).
enum class CapabilityId : std::uint8_t { power_management = 0x01, msi = 0x05, pci_express = 0x10, msix = 0x11 };

/// Capabilities at 0x100 to 0xFFF (7.6).
enum class ExtendedCapabilityId : std::uint16_t {
  advanced_error_reporting = 0x0001,
  access_control_services = 0x000D,
  alternative_routing_id = 0x000E,
  address_translation_services = 0x000F,
  single_root_io_virtualization = 0x0010,
  page_request_interface = 0x0013,
  resizable_bar = 0x0015,
  process_address_space_id = 0x001B,
  downstream_port_containment = 0x001D,
};

struct CapabilityHeader : Word<16> {
  using Word::Word;
  struct Id : Field<7, 0, CapabilityId> {};
  struct Next : Field<15, 8> {};
};

struct ExtendedCapabilityHeader : Word<32> {
  using Word::Word;
  struct Id : Field<15, 0, ExtendedCapabilityId> {};
  struct Version : Field<19, 16> {};
  struct Next : Field<31, 20> {};
};

constexpr unsigned first_capability = 0x40;
constexpr unsigned first_extended_capability = 0x100;

/// A configuration read of one function: offset, width in bytes.
using ConfigReader = std::function<std::uint32_t(unsigned offset, unsigned width)>;

/// Reads a configuration space directly. Valid as long as `config`.
ConfigReader reader_of(const ConfigSpace& config);

/// Offset of the first capability with this ID. nullopt: absent, or the list is broken before it. Ends on any
/// list.
std::optional<unsigned> find_capability(const ConfigReader& read, CapabilityId id);
std::optional<unsigned> find_extended_capability(const ConfigReader& read, ExtendedCapabilityId id);

}  // namespace iommusim::pcie
