// SPDX-License-Identifier: Apache-2.0
// The physical quantities that a platform's time is made of. Defaults are plausible for current servers;
// docs/calibration.md gives the source of the presets.
#pragma once

#include "base/quantity.h"
#include "pcie/flow_control.h"
#include "pcie/link_timing.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::timing {

/// What a device's DMA engine can do. The defaults limit nothing: TLPs follow each other as the link takes them.
struct EngineParameters {
  /// Least time from the start of one posted TLP to the next.
  Duration issue;
  /// Each of the two engines (reads, writes) is busy for `job` + lines * `line` with every chunk of a DMA.
  Duration job;
  Duration line;
  /// The device's memory port, which both engines share: `port_job` for a DMA, `port_line` for each line.
  Duration port_job;
  Duration port_line;
  /// Bytes that an engine moves at once.
  std::uint32_t chunk = 512;
  /// Outstanding read requests: of DMAs up to `large` bytes, and of larger ones.
  unsigned tags = 256;
  unsigned tags_large = 256;
  std::uint32_t large = 128;
  /// DMAs whose data wait for the link.
  unsigned buffers = 16;
  /// With ATS: DMAs that wait for translations at once. Each asks for one page after the other.
  unsigned translations = 1;
  /// What its DMA says: attributes and traffic class of every request. Interrupts have the traffic class only.
  bool relaxed_ordering = false;
  bool id_based_ordering = false;
  std::uint8_t traffic_class = 0;
  /// A non-posted request without completion is given up so long after it was sent (PCIe base specification, 2.8).
  Duration completion_timeout = Duration::milliseconds(50);
  /// Pure latency: software and notice of completion, and the descriptor of a DMA.
  Duration command;
  Duration descriptor;

  unsigned tags_of(std::uint64_t size) const { return size > large ? tags_large : tags; }
  bool has_engine() const {
    return job != Duration{} || line != Duration{} || port_job != Duration{} || port_line != Duration{};
  }
  /// An engine is busy with a chunk of so many lines.
  Duration engine_time(std::size_t lines) const { return job + line * lines; }
  /// And the port, with the `first` chunk of a DMA or another.
  Duration port_time(std::size_t lines, bool first) const {
    return (first ? port_job : Duration{}) + port_line * lines;
  }
};

/// Flow control between a receiver and its sender.
struct CreditParameters {
  pcie::AdvertisedCredits advertised{{128, 2048}, {64, 64}, {256, 4096}};
  /// From the moment that a receiver's buffer is free to the sender's use of the credit, beside propagation.
  Duration return_latency = Duration::nanoseconds(20);
};

/// Virtual channels of a link (PCIe base specification, 6.3). Each has credits and queues of its own.
struct VirtualChannelParameters {
  static constexpr std::size_t traffic_classes = 8;

  /// The TC/VC map.
  std::array<std::uint8_t, traffic_classes> of_class{};
  /// Of each virtual channel: TLPs that it may send before it is the next one's turn.
  std::vector<unsigned> weights{1};
};

/// A port of a switch.
struct PortParameters {
  /// From the first byte in to the first byte out.
  Duration latency = Duration::nanoseconds(110);
  /// A TLP is sent on only when all of it is here.
  bool store_and_forward = false;
};

struct RootComplexParameters {
  /// Each way, without memory.
  Duration latency = Duration::nanoseconds(50);
  /// Lines of 64 bytes of posted writes that wait for translation and a write buffer (per root port).
  unsigned posted_lines = 128;
  /// Lines whose write is under way, and how long each is.
  unsigned write_buffer = 256;
  Duration write_latency = Duration::nanoseconds(80);
  /// Lines of reads under way, and requests that may wait for them (per root port).
  unsigned read_buffer = 256;
  unsigned read_requests = 256;
  /// Peer-to-peer through the root complex: bytes per second. nullopt: no limit.
  std::optional<double> reflection;
};

enum class CacheState : std::uint8_t {
  /// What a device reads is not in the last-level cache.
  cold,
  /// As much of it as fits is.
  warm,
};

struct MemoryParameters {
  /// Read of a line in the last-level cache.
  Duration latency = Duration::nanoseconds(80);
  /// More when the line is in DRAM only.
  Duration dram;
  /// More when the memory belongs to another socket.
  Duration remote;
  /// Last-level cache, bytes.
  std::uint64_t cache = std::uint64_t{32} << 20;
  CacheState state = CacheState::warm;
  /// Bytes that devices use at random; the cache holds a share of them.
  std::uint64_t footprint = 0;
  /// Bytes per second. nullopt: no limit.
  std::optional<double> bandwidth;
};

struct IommuParameters {
  /// Each request, hit or miss.
  Duration lookup = Duration::nanoseconds(5);
  /// From one lookup to the next, at least.
  Duration lookup_interval;
  /// A walk: fixed part, and each table entry fetched.
  Duration walk;
  Duration walk_read = Duration::nanoseconds(60);
  unsigned walkers = 8;
  /// After a walk for a read or a write its walker is busy for so long more.
  Duration recovery_read;
  Duration recovery_write;
  /// At most one walk under way in a region of 2 MiB.
  bool one_walk_per_region = false;
  /// From the write of the queue's tail to the end of its last descriptor.
  Duration invalidation = Duration::nanoseconds(500);
  /// Each of them: more.
  Duration descriptor;
  /// Pages of leaf entries whose upper levels the unit remembers. 0: every walk fetches all levels.
  unsigned structure_cache = 0;
};

struct HostParameters {
  RootComplexParameters root_complex;
  MemoryParameters memory;
  IommuParameters iommu;
  /// A BAR answers; an interrupt is taken.
  Duration device = Duration::nanoseconds(20);
  Duration doorbell = Duration::nanoseconds(20);
};

}  // namespace iommusim::timing
