// SPDX-License-Identifier: Apache-2.0
// A platform as its YAML file describes it: resolved, validated, with every default filled in.
// platforms/loader.h reads it; platforms/machine.h builds hardware from it. docs/platform-format.md is the reference.
#pragma once

#include "base/input_error.h"
#include "base/quantity.h"
#include "base/range.h"
#include "pcie/root_complex.h"
#include "platforms/function_description.h"
#include "platforms/gic_description.h"
#include "platforms/iommu_description.h"
#include "platforms/software_description.h"
#include "software/reserved_regions.h"
#include "timing/parameters.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace iommusim::platforms {

struct MemoryDescription {
  std::string name;
  Range<PhysAddr> range;
};

/// Names of root ports, bridges or integrated endpoints of one segment.
struct PeerPairDescription {
  std::string from;
  std::string to;
  pcie::PeerToPeer policy = pcie::PeerToPeer::through_iommu;
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
