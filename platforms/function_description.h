// SPDX-License-Identifier: Apache-2.0
// PCI functions of a platform as its file describes them.
#pragma once

#include "base/input_error.h"
#include "base/quantity.h"
#include "base/range.h"
#include "base/requester_id.h"
#include "iommu/device_tlb.h"
#include "pcie/acs.h"
#include "pcie/function_config.h"
#include "timing/parameters.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace iommusim::platforms {

/// A memory BAR of a function. `base` is what firmware programs; without it the BAR stays 0 and decodes nothing.
struct BarDescription {
  unsigned index = 0;
  /// Bytes: a power of two, at least 128.
  std::uint64_t size = 0;
  std::optional<BusAddr> base;
  bool is_64bit = false;
  bool prefetchable = false;
};

/// A port, a function of the same device, or a number in an egress control vector, as the file names it.
struct EgressTarget {
  /// Empty: `number` was given.
  std::string name;
  unsigned number = 0;
};

/// ACS capability of a port or function; nullopt in its owner: no capability.
struct AcsDescription {
  pcie::AcsCapability capability;
  pcie::AcsControl control;
  /// What the file lists, and what firmware writes for it.
  std::vector<EgressTarget> egress_targets;
  pcie::EgressControlVector egress_blocked;
};

/// Downstream Port Containment capability of a port, with Poisoned TLP Egress Blocking.
struct DpcDescription {
  /// Firmware sets Poisoned TLP Egress Blocking Enable.
  bool poisoned_egress_blocking = false;
};

/// MSI capability: 1 to 32 vectors, power of two. MSI-X: a table of 1 to 2048 vectors in a BAR.
struct MsiDescription {
  unsigned vectors = 1;
  /// Per-vector masking and pending bits.
  bool maskable = false;
};
struct MsixDescription {
  unsigned vectors = 1;
  unsigned table_bar = 0;
  std::uint32_t table_offset = 0;
  unsigned pba_bar = 0;
  std::uint32_t pba_offset = 0;
};

/// ARI capability of a function.
struct AriDescription {
  unsigned function_group = 0;
  /// Function 0 only: egress control vectors of the device mean function groups.
  bool acs_function_groups = false;
};

/// SR-IOV capability of a physical function, and what the operating system enables of it.
struct SriovDescription {
  std::uint16_t total_vfs = 0;
  std::uint16_t num_vfs = 0;
  std::uint16_t first_vf_offset = 1;
  std::uint16_t vf_stride = 1;
  std::uint16_t vf_device_id = 0;
  /// `size` is that of one virtual function, `base` that of the first; the others follow without gap.
  std::vector<BarDescription> vf_bars;
  /// Each virtual function has its own.
  std::optional<MsixDescription> msix;
  std::optional<AcsDescription> acs;
  bool bus_master = true;
  /// Each virtual function has ATS, and shares the device TLB of the physical function.
  bool ats = false;
};

/// Rate and length of the link above a port or endpoint.
struct LinkDescription {
  unsigned generation = 3;
  unsigned width = 8;
  Duration propagation = Duration::nanoseconds(5);
  /// Share of the rate that data link layer packets and skip ordered sets take.
  double overhead = 0.0;
  /// At egress ports: TLPs from this link before it is the next one's turn.
  unsigned weight = 1;
  timing::VirtualChannelParameters virtual_channels;
  /// Of a bit to arrive wrong.
  double bit_error_rate = 0.0;
  /// From the end of a TLP with a bad LCRC to its receiver's Nak.
  Duration nak_latency = Duration::nanoseconds(50);
};

enum class FunctionKind : std::uint8_t {
  root_port,
  upstream_port,
  downstream_port,
  endpoint,
  root_complex_endpoint,
  pcie_pci_bridge,
  /// A conventional PCI function behind a PCIe-to-PCI bridge.
  pci_device,
  /// An I/O APIC: sends interrupt messages under this ID and has no configuration space.
  io_apic,
  /// Not in the file: made from the `sriov` of its physical function.
  virtual_function,
};

/// Ports have a bus below them; all others send requests of their own.
constexpr bool is_port(FunctionKind kind) {
  return kind == FunctionKind::root_port || kind == FunctionKind::upstream_port ||
         kind == FunctionKind::downstream_port || kind == FunctionKind::pcie_pci_bridge;
}

/// Configuration cycles reach it, and an operating system finds it.
constexpr bool is_pci(FunctionKind kind) {
  return kind != FunctionKind::io_apic;
}

/// One PCI function. Ports hold their children; a switch is an upstream port with downstream ports below it.
struct FunctionDescription {
  std::string name;
  FunctionKind kind = FunctionKind::endpoint;
  /// Bus, device and function. Buses are given in the file or numbered depth first, as firmware does.
  RequesterId id;
  std::uint16_t vendor_id = 0;
  std::uint16_t device_id = 0;
  std::uint32_t class_code = 0;
  bool bus_master = true;
  bool memory_space = true;
  std::vector<BarDescription> bars;
  std::optional<AcsDescription> acs;
  /// Advanced Error Reporting capability. Default: ports have it.
  bool aer = false;
  /// Root ports and downstream ports with `aer`; nullopt: no capability.
  std::optional<DpcDescription> dpc;
  /// Endpoints only: ATS, PRI and PASID capabilities.
  bool ats = false;
  /// With ATS: the translations that it keeps.
  iommu::DeviceTlbConfig device_tlb;
  bool pri = false;
  std::optional<pcie::PasidConfig> pasid;
  /// Firmware sets PASID Enable.
  bool pasid_enabled = true;
  std::optional<MsiDescription> msi;
  std::optional<MsixDescription> msix;
  /// Other requester IDs on its bus that the function is known to send with: software attaches them, too. Endpoints
  /// only.
  std::vector<RequesterId> dma_alias;
  LinkDescription link;
  /// Ports only.
  std::uint8_t port_number = 0;
  std::uint8_t secondary_bus = 0;
  std::uint8_t subordinate_bus = 0;
  /// Given in the file, or the smallest 1 MiB-granular window over everything below. nullopt: closed.
  std::optional<Range<BusAddr>> window;
  std::optional<Range<BusAddr>> prefetchable_window;
  /// PCIe-to-PCI bridges only: takes what nobody on its primary bus claims.
  bool subtractive = false;
  std::vector<FunctionDescription> children;
  /// Ports that face a link: firmware sets ARI Forwarding Enable.
  bool ari_forwarding = false;
  /// Endpoints only. A physical function always has ARI.
  std::optional<AriDescription> ari;
  std::optional<SriovDescription> sriov;
  /// Physical functions: the num_vfs that are enabled, complete like any other function.
  std::vector<FunctionDescription> virtual_functions;
  /// Largest payload and read request of a TLP in bytes: 128 to 4096, power of two.
  unsigned max_payload = 256;
  unsigned max_read_request = 512;
  /// Address bits that the device can put into a request: 1 to 64. Endpoints only.
  unsigned dma_bits = 64;
  /// What its DMA engine can do. Endpoints only.
  timing::EngineParameters dma;
};

}  // namespace iommusim::platforms
