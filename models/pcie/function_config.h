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

struct AriConfig {
  /// Next higher function number of the device; 0: this is the last.
  std::uint8_t next_function = 0;
  /// Function 0 only: egress control vectors can mean function groups.
  bool acs_function_groups = false;
};

struct SriovConfig {
  std::uint16_t total_vfs = 0;
  std::uint16_t first_vf_offset = 0;
  std::uint16_t vf_stride = 0;
  std::uint16_t vf_device_id = 0;
  /// VF BARs; `size` is that of one virtual function, at least 4 KiB.
  std::vector<BarConfig> vf_bars;
  /// Function Dependency Link: the function's own number when it depends on no other.
  std::uint8_t dependency_link = 0;
  /// The lowest-numbered physical function of its device has ARI Capable Hierarchy.
  bool lowest = true;
};

struct PasidConfig {
  /// Bits, at most 20.
  unsigned width = 20;
  bool execute = false;
  bool privileged = false;
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
  /// Root ports and downstream ports: Downstream Port Containment capability, with Poisoned TLP Egress Blocking.
  bool poisoned_egress_blocking = false;
  bool power_management = false;
  /// Address Translation Services, Page Request Interface, PASID.
  bool ats = false;
  bool page_request = false;
  std::optional<PasidConfig> pasid;
  std::optional<MsiConfig> msi;
  std::optional<MsixConfig> msix;
  std::optional<AriConfig> ari;
  std::optional<SriovConfig> sriov;
  /// A virtual function: vendor and device ID read all-ones, there are no BARs, and of Command only Bus Master Enable
  /// can be written (PCIe base specification, 9.3.4). `bars` must be empty.
  bool virtual_function = false;
};

}  // namespace iommusim::pcie
