// SPDX-License-Identifier: Apache-2.0
// How fast the SMMUv3 decides on one request and makes it real: decision, cache and event effects, no kernel.
#include "support/smmuv3_decision_bench.h"

#include <benchmark/benchmark.h>

namespace {

using namespace iommusim;
using smmuv3::testing::DecisionBench;

constexpr std::uint64_t first_page = 0x4000'0000;
constexpr std::uint64_t first_target = 0x1000'0000;
constexpr unsigned pages = 256;

void map_pages(DecisionBench& bench, std::uint64_t shown_at) {
  for (unsigned page = 0; page < pages; ++page)
    bench.map_1(first_page + page * page_4k, first_target + page * page_4k + shown_at);
}

/// One request after another, each to the next page.
void translate_pages(benchmark::State& state, DecisionBench& bench) {
  // Memory itself: what tests put before it would be measured too.
  const smmuv3::DecisionInputs unit{bench.config, bench.control, bench.caches, bench.memory};
  auto request = smmuv3::testing::write_at(0);
  unsigned page = 0;
  for (auto step : state) {
    static_cast<void>(step);
    request.address = Iova{first_page + page * page_4k};
    auto result = smmuv3::decide(unit, request, bench.fetches, bench.effects);
    smmuv3::commit(bench.caches, bench.memory, request, bench.fetches, bench.effects, result);
    if (result.outcome != iommu::Outcome::translated) state.SkipWithError("the request was refused");
    page = page + 1 == pages ? 0 : page + 1;
  }
  state.SetItemsProcessed(state.iterations());
}

smmuv3::UnitConfig without_caches(smmuv3::UnitConfig config) {
  config.config_cache_entries = config.micro_tlb_entries = config.tlb_entries = 0;
  config.walk_cache_entries = config.ipa_cache_entries = 0;
  return config;
}

void translate_hit_smmuv3(benchmark::State& state) {
  DecisionBench bench{smmuv3::UnitConfig{}};
  bench.stage_1();
  map_pages(bench, 0);
  translate_pages(state, bench);
}
BENCHMARK(translate_hit_smmuv3)->Name("translate-hit-smmuv3");

/// Nothing is cached: stream table entry, context descriptor and four descriptors are fetched each time.
void translate_walk4_smmuv3(benchmark::State& state) {
  DecisionBench bench{without_caches({})};
  bench.stage_1();
  map_pages(bench, 0);
  translate_pages(state, bench);
}
BENCHMARK(translate_walk4_smmuv3)->Name("translate-walk4-smmuv3");

/// Four levels of each stage, with pages of 4 KiB for everything.
void nest_pages(DecisionBench& bench) {
  bench.nested();
  map_pages(bench, DecisionBench::guest);
  bench.store(bench.root_2 + 8 * (DecisionBench::guest >> 39), 0);
  for (std::uint64_t host = 0; host < 8 * page_2m; host += page_4k)
    bench.map_2(DecisionBench::guest + host, host);
  for (std::uint64_t host = first_target; host < first_target + pages * page_4k; host += page_4k)
    bench.map_2(DecisionBench::guest + host, host);
}

/// Nothing is cached: beside stream table entry and context descriptor 28 descriptors are fetched each time, as the
/// context descriptor is at an intermediate address too.
void translate_nested_smmuv3(benchmark::State& state) {
  DecisionBench bench{without_caches(smmuv3::testing::everything())};
  nest_pages(bench);
  translate_pages(state, bench);
}
BENCHMARK(translate_nested_smmuv3)->Name("translate-nested-smmuv3");

/// All in the caches.
void translate_nested_hit_smmuv3(benchmark::State& state) {
  DecisionBench bench{smmuv3::testing::everything_cached()};
  nest_pages(bench);
  translate_pages(state, bench);
}
BENCHMARK(translate_nested_hit_smmuv3)->Name("translate-nested-hit-smmuv3");

}  // namespace
