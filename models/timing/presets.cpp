// SPDX-License-Identifier: Apache-2.0
#include "timing/presets.h"

#include <algorithm>

namespace iommusim::timing {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
constexpr Duration cache_hit = Duration::nanoseconds(80);
/// What of the base latency is neither root complex nor cache: the device, 108 bytes of Gen3 x8, two propagations; less
/// 5 ns that centre the curve over all sizes.
constexpr Duration device_share{216'400};
/// Time of a walk divided by its walkers, the same on all measured hosts.
constexpr Duration walk_interval = Duration::nanoseconds(48);

unsigned rounded(Duration length, Duration unit) {
  return static_cast<unsigned>((length + unit / 2).picoseconds() / unit.picoseconds());
}

HostParameters host_2012(const MeasuredHost& measured) {
  HostParameters host = derive_host(measured);
  host.iommu.recovery_write = Duration::nanoseconds(15);
  return host;
}

HostParameters sandy_bridge() {
  HostParameters host = host_2012({Duration::nanoseconds(560), Duration::nanoseconds(244), 15 * mebibyte});
  host.iommu.one_walk_per_region = true;
  return host;
}

HostParameters cascade_lake() {
  HostParameters host = derive_host({Duration::nanoseconds(557), Duration::nanoseconds(262), 25 * mebibyte});
  host.root_complex.write_latency = Duration::nanoseconds(300);
  host.iommu.walkers = 1;
  host.iommu.walk = Duration::nanoseconds(65);
  host.iommu.walk_read = Duration::nanoseconds(197);
  host.iommu.recovery_read = Duration{};
  return host;
}

}  // namespace

HostParameters derive_host(const MeasuredHost& measured) {
  HostParameters host;
  host.root_complex.latency = (measured.base - device_share - cache_hit) / 2;
  host.root_complex.posted_lines = 128;
  host.root_complex.write_buffer = 92;
  host.root_complex.write_latency = Duration::nanoseconds(105);
  host.root_complex.read_buffer = 164;
  host.memory.latency = cache_hit;
  host.memory.dram = Duration::nanoseconds(53);
  host.memory.cache = measured.cache;
  host.iommu.lookup = Duration{};
  host.iommu.walk = measured.penalty - cache_hit;
  host.iommu.walk_read = cache_hit;
  host.iommu.walkers = std::max(1U, rounded(measured.penalty, walk_interval));
  host.iommu.recovery_read = Duration::nanoseconds(42);
  host.iommu.structure_cache = 64;
  return host;
}

HostParameters host(HostPreset preset) {
  const auto ns = [](std::uint64_t value) { return Duration::nanoseconds(value); };
  switch (preset) {
    case HostPreset::sandy_bridge: return sandy_bridge();
    case HostPreset::ivy_bridge: return host_2012({ns(560), ns(300), 15 * mebibyte});
    case HostPreset::haswell: return derive_host({Duration{552'500}, ns(230), 15 * mebibyte});
    case HostPreset::haswell_2637: return derive_host({ns(600), ns(274), 15 * mebibyte});
    case HostPreset::broadwell: return derive_host({ns(557), ns(288), 25 * mebibyte});
    case HostPreset::cascade_lake: return cascade_lake();
  }
  return {};
}

EngineParameters engine(EnginePreset preset) {
  EngineParameters engine;
  if (preset == EnginePreset::ideal) return engine;
  engine.issue = Duration::nanoseconds(21);
  engine.command = Duration::nanoseconds(71);
  engine.tags = 24;
  engine.tags_large = 13;
  engine.buffers = 3;
  if (preset == EnginePreset::nfp_6000_command) return engine;
  engine.descriptor = Duration::nanoseconds(110);
  engine.job = Duration{7'500};
  engine.line = Duration{8'350};
  engine.port_job = Duration{6'300};
  engine.port_line = Duration{4'900};
  return engine;
}

}  // namespace iommusim::timing
