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

}  // namespace

BENCHMARK_MAIN();
