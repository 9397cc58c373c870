// SPDX-License-Identifier: Apache-2.0
// How fast the VT-d unit decides on one request and makes it real: decision, cache and log effects, no
// kernel.
#include "unit/vtd/machine.h"

#include <benchmark/benchmark.h>

namespace {

using namespace iommusim;
using iommusim::vtd::testing::Machine;

constexpr RequesterId device{1, 2, 3};
constexpr std::uint64_t first_page = 0x4000'0000;

/// `pages` neighbouring 4-KiB pages in four-level tables.
void map_pages(Machine& machine, unsigned pages) {
  const PhysAddr table = machine.new_table();
  machine.set_context(device, Machine::second_stage(table, 4, 5));
  for (unsigned page = 0; page < pages; ++page)
    machine.map(table, 4, Iova{first_page + page * page_4k}, PhysAddr{0x1000'0000 + page * page_4k});
  machine.enable();
}

/// One request after another, each to the next page.
void translate_pages(benchmark::State& state, Machine& machine, unsigned pages) {
  auto request = Machine::make_request(device, Operation::write, 0);
  unsigned page = 0;
  for (auto step : state) {
    static_cast<void>(step);
    request.address = Iova{first_page + page * page_4k};
    const auto result = machine.unit.translate(request, machine.fetches);
    if (result.outcome != iommu::Outcome::translated) state.SkipWithError("the request was refused");
    page = page + 1 == pages ? 0 : page + 1;
  }
  state.SetItemsProcessed(state.iterations());
}

void translate_hit_vtd(benchmark::State& state) {
  constexpr unsigned pages = 256;
  Machine machine;
  map_pages(machine, pages);
  translate_pages(state, machine, pages);
}
BENCHMARK(translate_hit_vtd)->Name("translate-hit-vtd");

/// Nothing is cached: root, context and four paging entries are fetched each time.
void translate_walk4_vtd(benchmark::State& state) {
  constexpr unsigned pages = 256;
  vtd::UnitConfig config;
  config.context_cache_entries = 0;
  config.iotlb_entries = 0;
  Machine machine{config};
  map_pages(machine, pages);
  translate_pages(state, machine, pages);
}
BENCHMARK(translate_walk4_vtd)->Name("translate-walk4-vtd");

/// The caches have their usual size, but the pages are four times as many: each request evicts a translation.
void translate_evicting_walk4_vtd(benchmark::State& state) {
  const vtd::UnitConfig config;
  Machine machine{config};
  map_pages(machine, 4 * config.iotlb_entries);
  translate_pages(state, machine, 4 * config.iotlb_entries);
}
BENCHMARK(translate_evicting_walk4_vtd)->Name("translate-evicting-walk4-vtd");

constexpr std::uint64_t guest_memory = 0x10'0000'0000;

/// `pages` neighbouring pages through four first-stage and four second-stage levels. Guest-physical memory is the
/// host's first gigabyte, page by page, from `guest_memory` on.
void nest_pages(Machine& machine, unsigned pages) {
  const PhysAddr second = machine.new_table(), first = machine.new_table();
  const PhysAddr contexts = machine.new_table(), directory = machine.new_table(), pasids = machine.new_table();
  constexpr std::uint64_t used = 0x7 | 1 << 5 | 1 << 6;
  for (unsigned page = 0; page < pages; ++page) {
    const std::uint64_t address = first_page + page * page_4k;
    PhysAddr table = first;
    for (unsigned level = 4; level > 1; --level) {
      const PhysAddr at = table + 8 * vtd::table_index(address, level);
      if (machine.load(at) == 0) machine.store(at, (machine.new_table().value() + guest_memory) | used);
      table = PhysAddr{(machine.load(at) & vtd::SecondStageEntry::ADDR::mask) - guest_memory};
    }
    machine.store(table + 8 * vtd::table_index(address, 1), (guest_memory + 0x1000'0000 + page * page_4k) | used);
    machine.map(second, 4, Iova{guest_memory + 0x1000'0000 + page * page_4k}, PhysAddr{0x1000'0000 + page * page_4k});
  }
  for (std::uint64_t host = 0; host < 8 * page_2m; host += page_4k)
    machine.map(second, 4, Iova{guest_memory + host}, PhysAddr{host});
  machine.store(machine.root() + 16u * device.bus(), contexts.value() | 1);
  machine.store(contexts + 32u * device.devfn(), directory.value() | 1);
  machine.store(directory, pasids.value() | 1);
  // Nested, four levels; domain 5, walks snooped; the first-stage table.
  machine.store(pasids, second.value() | 3 << 6 | 2 << 2 | 1);
  machine.store(pasids + 8, 1 << 23 | 5);
  machine.store(pasids + 16, first.value() + guest_memory);
  machine.enable(vtd::TableMode::scalable);
}

void translate_nested(benchmark::State& state, const vtd::UnitConfig& config) {
  constexpr unsigned pages = 256;
  Machine machine{config};
  nest_pages(machine, pages);
  translate_pages(state, machine, pages);
}

/// Nothing is cached: root, context, PASID directory and table, and 24 paging entries are fetched each time.
void translate_nested_vtd(benchmark::State& state) {
  vtd::UnitConfig config = vtd::scalable_mode_config();
  config.context_cache_entries = config.pasid_cache_entries = config.iotlb_entries = 0;
  translate_nested(state, config);
}
BENCHMARK(translate_nested_vtd)->Name("translate-nested-vtd");

/// All in the caches.
void translate_nested_hit_vtd(benchmark::State& state) {
  translate_nested(state, vtd::scalable_mode_config());
}
BENCHMARK(translate_nested_hit_vtd)->Name("translate-nested-hit-vtd");

/// No IOTLB, but paging-structure caches.
void translate_nested_structures_vtd(benchmark::State& state) {
  vtd::UnitConfig config = vtd::scalable_mode_config();
  config.iotlb_entries = 0;
  config.first_stage_cache_entries = config.second_stage_cache_entries = 64;
  translate_nested(state, config);
}
BENCHMARK(translate_nested_structures_vtd)->Name("translate-nested-structures-vtd");

}  // namespace

BENCHMARK_MAIN();
