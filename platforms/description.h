// SPDX-License-Identifier: Apache-2.0
// A platform as its YAML file describes it: resolved, validated, with every default filled in.
// platforms/loader.h reads it; platforms/machine.h builds hardware from it. docs/platform-format.md is the reference.
#pragma once

#include "base/input_error.h"
#include "base/quantity.h"
#include "base/range.h"
#include "base/requester_id.h"
#include "interrupts/gic/config.h"
#include "iommu/device_tlb.h"
#include "iommu/smmuv3/config.h"
#include "iommu/vtd/config.h"
#include "pcie/acs.h"
#include "pcie/function_config.h"
#include "pcie/root_complex.h"
#include "software/domain.h"
#include "software/permissions.h"
#include "software/reserved_regions.h"
#include "timing/parameters.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iommusim::platforms {

struct MemoryDescription {
  std::string name;
  Range<PhysAddr> range;
};

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

/// Names of root ports, bridges or integrated endpoints of one segment.
struct PeerPairDescription {
  std::string from;
  std::string to;
  pcie::PeerToPeer policy = pcie::PeerToPeer::through_iommu;
};

/// Who takes interrupt messages.
enum class DoorbellKind : std::uint8_t { local_apic, redistributors, its, gicv2m, mbi };

/// "local-apic", "redistributors", "its", "gicv2m", "mbi": also the name of the component.
std::string_view to_string(DoorbellKind kind);

/// The parts of a GIC that take messages or deliver them.
struct GicDescription {
  std::optional<gic::RedistributorConfig> redistributors;
  /// With redistributors only.
  std::optional<gic::ItsConfig> its;
  std::optional<gic::Gicv2mConfig> gicv2m;
  std::optional<gic::MbiConfig> mbi;
};

struct HostBridgeDescription {
  std::string name;
  std::uint16_t segment = 0;
  std::uint8_t first_bus = 0;
  std::uint8_t last_bus = 255;
  std::vector<pcie::OutboundWindow> outbound;
  std::vector<pcie::InboundWindow> inbound;
  pcie::PeerToPeer peer_to_peer = pcie::PeerToPeer::through_iommu;
  std::vector<PeerPairDescription> peer_pairs;
  pcie::RefusedReads refused_reads = pcie::RefusedReads::unsupported_request;
  /// The file gives no bus numbers, windows and BAR bases: firmware's enumeration chose those that stand here.
  bool firmware_assigns = false;
  /// Root ports drop what comes from below for their own window, instead of unsupported request.
  bool drops_u_turns = false;
  /// Who takes the messages of its devices; nullopt: nobody.
  std::optional<DoorbellKind> doorbell;
  /// Name of the IOMMU that requests of this bridge pass, but for functions in the scope of another; empty: none.
  std::string iommu;
  std::vector<FunctionDescription> functions;
};

/// A Reserved Memory Region of the DMAR or IORT table: memory that firmware uses with these devices.
struct RmrrDescription {
  Range<PhysAddr> range;
  std::vector<std::string> devices;
  /// Firmware permits that software maps it elsewhere (IORT 3.1.1.5, revision E.d, flags bit 0). Never of an RMRR.
  bool remappable = false;
};

/// A device that ACPI names and no PCI bus holds (ANDD of the DMAR table).
struct NamespaceDeviceDescription {
  /// "\\_SB.I2C0".
  std::string object;
  std::uint8_t number = 0;
  /// What its requests carry.
  RequesterId id;
};

/// Architectures. Whoever has to tell them apart does it in a switch over these.
enum class IommuKind : std::uint8_t { vtd, smmuv3 };

struct IommuDescription {
  std::string name;
  /// What the unit is built as; of several members the one that `kind` says counts.
  vtd::UnitConfig vtd = {};
  smmuv3::UnitConfig smmuv3 = {};
  std::vector<RmrrDescription> rmrrs = {};
  /// Functions on root buses whose requests, with those of all below them, pass this unit. Empty: those of the host
  /// bridges that name the unit.
  std::vector<std::string> scope = {};
  /// Of the DMAR table's RHSA structure: the proximity domain that the unit belongs to.
  std::optional<std::uint32_t> proximity_domain = {};
  /// ACPI namespace devices that send requests through the unit.
  std::vector<NamespaceDeviceDescription> namespace_devices = {};
  /// SMMUv3: devices whose transactions may wait while software makes a page.
  std::vector<std::string> stalling = {};
  /// SMMUv3: where its own interrupts go as messages; nullopt: they stay on their wires.
  std::optional<DoorbellKind> doorbell = {};
  /// DeviceID of these messages, where an ITS takes them.
  std::optional<std::uint32_t> device_id = {};
  IommuKind kind = IommuKind::vtd;
};

/// What the platform's time is made of (docs/timing.md).
struct TimingDescription {
  timing::HostParameters host;
  /// Of every port of every switch.
  timing::PortParameters switch_port;
  Duration cpu_mmio = Duration::nanoseconds(100);
  /// What a processor takes for its own memory accesses: drivers' tables lie in its caches.
  Duration cpu_memory = Duration::nanoseconds(1);
  /// From the interrupt of a page request to the response that software gives.
  Duration page_request = Duration::nanoseconds(20'000);
  /// Temporal decoupling: how far the replay may run ahead of the kernel.
  Duration quantum = Duration::nanoseconds(1000);
  /// Closed loop: operations under way at most, whatever the trace's times. 0: open loop, at the trace's times.
  unsigned window = 0;
  /// Of what happens by chance.
  std::uint64_t seed = 0;
};

/// What is counted.
struct StatisticsDescription {
  /// Accesses at the beginning that do not count.
  std::uint64_t warm_up = 0;
  /// Of time series; zero: none are kept.
  Duration interval;
};

/// A piece of memory that software gives to devices.
struct BufferDescription {
  std::string name;
  Range<PhysAddr> range;
};

enum class DomainType : std::uint8_t { identity, dma, unmanaged, blocked };

/// What becomes of the memory that firmware uses with the devices of a user's domain.
enum class ReservedMemory : std::uint8_t {
  /// The domain holds what its user mapped and nothing else.
  ignored,
  /// It stays mapped one to one, whatever the user has at its addresses.
  kept,
};

using software::Permissions;

/// A BAR that the file names instead of an address: "gpu0.2".
struct BarReference {
  std::string device;
  unsigned index = 0;
  std::uint64_t offset = 0;
};

/// Software maps `iova` to `physical` (both page-aligned, `size` bytes, a multiple of 4 KiB).
struct MappingDescription {
  Iova iova;
  PhysAddr physical;
  std::uint64_t size = 0;
  Permissions permissions;
  /// Index into Description::buffers, or nullopt when `physical` was given as a number.
  std::optional<std::size_t> buffer;
  SourcePosition position;
  /// Not mapped from the beginning: software maps a page when a device asks for it.
  bool on_demand = false;
  /// `physical` was given by this; the loader looks up where the BAR is.
  std::optional<BarReference> bar = {};
};

struct DomainDescription {
  std::string name;
  DomainType type = DomainType::dma;
  /// Page-table depth (3, 4 or 5); 0: the deepest that the IOMMU supports.
  unsigned levels = 0;
  /// Of its tables. The file may leave it to the IOMMU's kind.
  software::Stage stage = software::Stage::second;
  bool stage_is_given = false;
  /// Nested: the first-stage tables are a guest's, in this memory.
  std::optional<Range<PhysAddr>> guest_memory;
  ReservedMemory reserved_memory = ReservedMemory::ignored;
  /// Of type dma: where software maps the page with a GIC's doorbell; nullopt: the highest page that is free.
  std::optional<Iova> doorbell_iova = std::nullopt;
  std::vector<std::string> devices;
  std::vector<MappingDescription> mappings;
};

/// A virtual processor with a posted interrupt descriptor.
struct VirtualProcessorDescription {
  std::string name;
  /// 64 bytes of memory.
  PhysAddr descriptor;
  /// Vector and processor of the notification.
  std::uint8_t notification = 0;
  std::uint32_t apic_id = 0;
  /// It does not run: SN is set.
  bool suppressed = false;
  /// From a notification until its processor has taken over what the descriptor holds, and cleared ON. nullopt: the
  /// trace does that.
  std::optional<Duration> handler = std::nullopt;
};

/// Software programs vector `index` of `device` to interrupt `apic_id`, or a virtual processor, with `vector`. Of a GIC
/// it is the driver that chooses the INTID.
struct InterruptDescription {
  std::string device;
  unsigned index = 0;
  /// 0: not given.
  std::uint8_t vector = 0;
  /// Of an LPI.
  std::uint32_t processor = 0;
  std::uint32_t apic_id = 0;
  /// By name; empty: `apic_id` is meant.
  std::string virtual_processor = {};
  bool urgent = false;
};

/// Which requester ID software asks the firmware's tables for when it wants the DeviceID of a function.
enum class MessageId : std::uint8_t {
  /// The last that its requests may arrive with: that of the bridge above a conventional PCI function.
  alias,
  /// The function's own.
  own,
};

/// Physical address of a segment's configuration space.
struct EcamDescription {
  std::uint16_t segment = 0;
  PhysAddr base;
};
constexpr PhysAddr default_ecam_base{0xB000'0000};

struct Description {
  std::string name;
  /// The file it came from; trace and expectation paths are relative to its folder.
  std::string file;
  /// What --set changed, "path=value" each.
  std::vector<std::string> settings;
  std::string text;
  std::string trace;
  std::string expectation;
  /// In the order of the file; those that it leaves out come after them (platforms/ecam.h).
  std::vector<EcamDescription> ecam{{0, default_ecam_base}};
  /// x86 hosts take 0xFEEx_xxxx for interrupts.
  bool local_apic = true;
  std::optional<GicDescription> gic;
  std::vector<MemoryDescription> memories;
  std::vector<HostBridgeDescription> host_bridges;
  std::vector<IommuDescription> iommus;
  TimingDescription timing;
  StatisticsDescription statistics;
  /// Memory that the operating system keeps for its tables. nullopt: os_memory_of chooses (platforms/os_memory.h).
  std::optional<Range<PhysAddr>> os_memory;
  SourcePosition os_memory_position;
  std::vector<BufferDescription> buffers;
  std::vector<DomainDescription> domains;
  std::vector<VirtualProcessorDescription> virtual_processors;
  std::vector<InterruptDescription> interrupts;
  Range<Iova> msi_window = software::arm_software_msi_window;
  MessageId message_id = MessageId::alias;
};

}  // namespace iommusim::platforms
