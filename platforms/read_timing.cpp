// SPDX-License-Identifier: Apache-2.0
#include "platforms/readers.h"
#include "timing/presets.h"
#include "timing/tlp.h"

#include <string>

namespace iommusim::platforms {
namespace {

constexpr unsigned most_lines = 1U << 16;
constexpr unsigned most_operations = 1U << 20;
/// Of the ranges of Device Control 2 (PCIe base specification, 7.5.3.16).
constexpr Duration longest_completion_timeout = Duration::milliseconds(64'000);

timing::PortParameters read_switch(const Value& value, timing::PortParameters port) {
  const Map map{value, {"latency", "store_and_forward"}};
  port.latency = map.duration("latency", port.latency);
  port.store_and_forward = map.boolean("store_and_forward", port.store_and_forward);
  return port;
}

void read_root_complex(const Value& value, timing::RootComplexParameters& root_complex) {
  const Map map{
      value,
      {"latency", "posted_lines", "write_buffer", "write_latency", "read_buffer", "read_requests", "reflection"}};
  root_complex.latency = map.duration("latency", root_complex.latency);
  root_complex.posted_lines = map.number("posted_lines", root_complex.posted_lines, {1, most_lines});
  root_complex.write_buffer = map.number("write_buffer", root_complex.write_buffer, {1, most_lines});
  root_complex.write_latency = map.duration("write_latency", root_complex.write_latency);
  root_complex.read_buffer = map.number("read_buffer", root_complex.read_buffer, {1, most_lines});
  root_complex.read_requests = map.number("read_requests", root_complex.read_requests, {1, most_lines});
  if (const auto rate = map.optional("reflection")) root_complex.reflection = rate->bytes_per_second();
}

void read_memory_timing(const Value& value, timing::MemoryParameters& memory) {
  const Map map{value, {"latency", "dram", "remote", "cache", "state", "footprint", "bandwidth"}};
  memory.latency = map.duration("latency", memory.latency);
  memory.dram = map.duration("dram", memory.dram);
  memory.remote = map.duration("remote", memory.remote);
  if (const auto cache = map.optional("cache")) memory.cache = cache->size();
  if (const auto state = map.optional("state"))
    memory.state =
        state->choice<timing::CacheState>({{"warm", timing::CacheState::warm}, {"cold", timing::CacheState::cold}});
  if (const auto footprint = map.optional("footprint")) memory.footprint = footprint->size();
  if (const auto rate = map.optional("bandwidth")) memory.bandwidth = rate->bytes_per_second();
}

void read_iommu_timing(const Value& value, timing::IommuParameters& iommu) {
  const Map map{value,
                {"lookup", "lookup_interval", "walk", "walk_read", "walkers", "recovery_read", "recovery_write",
                 "one_walk_per_region", "structure_cache", "invalidation", "descriptor"}};
  iommu.lookup = map.duration("lookup", iommu.lookup);
  iommu.lookup_interval = map.duration("lookup_interval", iommu.lookup_interval);
  iommu.walk = map.duration("walk", iommu.walk);
  iommu.walk_read = map.duration("walk_read", iommu.walk_read);
  iommu.walkers = map.number("walkers", iommu.walkers, {1, 1024});
  iommu.recovery_read = map.duration("recovery_read", iommu.recovery_read);
  iommu.recovery_write = map.duration("recovery_write", iommu.recovery_write);
  iommu.one_walk_per_region = map.boolean("one_walk_per_region", iommu.one_walk_per_region);
  iommu.invalidation = map.duration("invalidation", iommu.invalidation);
  iommu.descriptor = map.duration("descriptor", iommu.descriptor);
  iommu.structure_cache = map.number("structure_cache", iommu.structure_cache, {0, 4096});
}

timing::HostParameters read_host(const Value& value) {
  std::vector<Choice<timing::HostPreset>> choices;
  choices.reserve(timing::host_presets.size());
  for (const auto& [name, preset] : timing::host_presets)
    choices.push_back({name, preset});
  return timing::host(value.choice(choices));
}

}  // namespace

timing::EngineParameters read_engine(const Value& value) {
  if (!value.is_map())
    return timing::engine(
        value.choice<timing::EnginePreset>({{"ideal", timing::EnginePreset::ideal},
                                            {"nfp-6000", timing::EnginePreset::nfp_6000},
                                            {"nfp-6000-command", timing::EnginePreset::nfp_6000_command}}));
  const Map map{
      value,
      {"issue", "job", "line", "port_job", "port_line", "chunk", "tags", "tags_large", "large", "buffers", "command",
       "descriptor", "relaxed_ordering", "id_ordering", "traffic_class", "completion_timeout", "translations"}};
  timing::EngineParameters engine;
  engine.issue = map.duration("issue", engine.issue);
  engine.job = map.duration("job", engine.job);
  engine.line = map.duration("line", engine.line);
  engine.port_job = map.duration("port_job", engine.port_job);
  engine.port_line = map.duration("port_line", engine.port_line);
  engine.chunk = map.number("chunk", engine.chunk, {timing::line_bytes, 4096});
  engine.tags = map.number("tags", engine.tags, {1, 1024});
  engine.tags_large = map.number("tags_large", engine.tags, {1, 1024});
  engine.large = map.number("large", engine.large, {0, 4096});
  engine.buffers = map.number("buffers", engine.buffers, {1, 1024});
  engine.translations = map.number("translations", engine.translations, {1, 1024});
  engine.command = map.duration("command", engine.command);
  engine.descriptor = map.duration("descriptor", engine.descriptor);
  engine.relaxed_ordering = map.boolean("relaxed_ordering", engine.relaxed_ordering);
  engine.id_based_ordering = map.boolean("id_ordering", engine.id_based_ordering);
  engine.traffic_class = static_cast<std::uint8_t>(map.number("traffic_class", engine.traffic_class, {0, 7}));
  if (const auto timeout = map.optional("completion_timeout"))
    engine.completion_timeout = timeout->duration(longest_completion_timeout);
  return engine;
}

TimingDescription read_timing(const Value& value) {
  const Map map{value,
                {"host", "switch", "root_complex", "iommu", "memory", "device", "doorbell", "cpu_mmio", "cpu_memory",
                 "quantum", "window", "page_request", "seed"}};
  TimingDescription timing;
  if (const auto host = map.optional("host")) timing.host = read_host(*host);
  if (const auto port = map.optional("switch")) timing.switch_port = read_switch(*port, timing.switch_port);
  if (const auto root_complex = map.optional("root_complex"))
    read_root_complex(*root_complex, timing.host.root_complex);
  if (const auto iommu = map.optional("iommu")) read_iommu_timing(*iommu, timing.host.iommu);
  if (const auto memory = map.optional("memory")) read_memory_timing(*memory, timing.host.memory);
  timing.host.device = map.duration("device", timing.host.device);
  timing.host.doorbell = map.duration("doorbell", timing.host.doorbell);
  timing.cpu_mmio = map.duration("cpu_mmio", timing.cpu_mmio);
  timing.cpu_memory = map.duration("cpu_memory", timing.cpu_memory);
  timing.page_request = map.duration("page_request", timing.page_request);
  timing.quantum = map.duration("quantum", timing.quantum);
  if (const auto seed = map.optional("seed")) timing.seed = seed->number({});
  timing.window = map.number("window", timing.window, {0, most_operations});
  return timing;
}

StatisticsDescription read_statistics(const Value& value) {
  const Map map{value, {"warm_up", "interval"}};
  StatisticsDescription statistics;
  if (const auto warm_up = map.optional("warm_up")) statistics.warm_up = warm_up->number({});
  if (const auto interval = map.optional("interval")) {
    statistics.interval = interval->duration();
    if (statistics.interval == Duration{}) interval->reject("a duration above 0");
  }
  return statistics;
}

}  // namespace iommusim::platforms
