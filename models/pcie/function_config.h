// SPDX-License-Identifier: Apache-2.0
// A PCI Express function as its maker describes it: everything that its configuration space is built from.
#pragma once

#include "pcie/acs.h"
#include "pcie/pci_express_capability.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::pcie {

/// A memory BAR.
struct BarConfig {
  /// 0 to 5 (ports: 0 to 1); a 64-bit BAR takes `index` and the next.
  unsigned index = 0;
  /// Bytes: a power of two, at least 128; at most 2 GiB unless 64 bits wide.
  std::uint64_t size = 0;
  bool is_64bit = false;
  bool prefetchable = false;
};

struct MsiConfig {
  /// 1 to 32, a power of two.
  unsigned vectors = 1;
  bool is_64bit = true;
  bool per_vector_masking = false;
};

struct MsixConfig {
  /// 1 to 2048.
  unsigned vectors = 1;
  unsigned table_bar = 0;
  /// Bytes, a multiple of 8; so is pba_offset.
  std::uint32_t table_offset = 0;
  unsigned pba_bar = 0;
  std::uint32_t pba_offset = 0;
};

struct FunctionConfig {
  /// Ports get a type 1 header, all others type 0.
  PortType type = PortType::endpoint;
  std::uint16_t vendor_id = 0;
  std::uint16_t device_id = 0;
  std::uint16_t subsystem_vendor_id = 0;
  std::uint16_t subsystem_id = 0;
  /// 24 bits: base class, subclass, programming interface.
  std::uint32_t class_code = 0;
  std::uint8_t revision = 0;
  bool multi_function = false;
  std::vector<BarConfig> bars;

  /// Link Capabilities: indexes egress control vectors.
  std::uint8_t port_number = 0;
  /// Link: 1 (2.5 GT/s) to 6, and 1 to 32 lanes.
  unsigned link_generation = 3;
  unsigned link_width = 8;
  /// Largest TLP payload that the function can take, in bytes: 128 to 4096, a power of two.
  unsigned max_payload_supported = 512;

  /// ACS capability; control bits of services that are not in it are read-only zero. nullopt: no capability.
  std::optional<AcsCapability> acs;
  /// Advanced Error Reporting capability.
  bool error_reporting = false;
  std::optional<MsiConfig> msi;
  std::optional<MsixConfig> msix;
};

}  // namespace iommusim::pcie
