// SPDX-License-Identifier: Apache-2.0
// How fast SystemC itself is on this machine: what our figures are held against.
#include "bench/bare_chain.h"
#include "bench/bare_four_phase.h"
#include "bench/bare_method.h"

#include <benchmark/benchmark.h>
#include <systemc>

#include <cstdint>
#include <cstdlib>

namespace {

using namespace iommusim::bench;

constexpr std::uint64_t writes_at_once = 1000;
constexpr std::uint64_t events_at_once = 10'000;

/// SystemC elaborates once: all modules are there, and those that nothing wakes cost nothing.
struct Modules {
  BareChain chain{"chain"};
  BareFourPhase four_phase{"four_phase"};
  BareMethod method{"method"};
};

void bare_b_transport(benchmark::State& state, BareChain& chain) {
  sc_core::sc_time spent;
  std::uint64_t address = 0;
  for (auto step : state) {
    static_cast<void>(step);
    for (std::uint64_t i = 0; i < writes_at_once; ++i, address += BareChain::transfer_bytes)
      spent += chain.write(address);
  }
  const auto writes = static_cast<std::uint64_t>(state.iterations()) * writes_at_once;
  if (spent.value() != writes * sc_core::sc_time(95, sc_core::SC_NS).value())
    state.SkipWithError("a hop added no delay");
  state.SetItemsProcessed(static_cast<std::int64_t>(writes));
}

/// Lets `module` do its work again and again, in simulated time.
template <class Module>
void simulate(benchmark::State& state, Module& module) {
  for (auto step : state) {
    static_cast<void>(step);
    module.begin(events_at_once);
    sc_core::sc_start();
    if (module.remaining() != 0) state.SkipWithError("the simulation ended too early");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(events_at_once));
}

}  // namespace

int sc_main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return EXIT_FAILURE;
  Modules modules;
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  const auto add = [](const char* name, const auto& run) { benchmark::RegisterBenchmark(name, run); };
  add("bare-b-transport-4-hops", [&](benchmark::State& state) { bare_b_transport(state, modules.chain); });
  add("bare-4-phase", [&](benchmark::State& state) { simulate(state, modules.four_phase); });
  add("bare-method-events", [&](benchmark::State& state) { simulate(state, modules.method); });
  benchmark::RunSpecifiedBenchmarks();
  return EXIT_SUCCESS;
}

int main(int argc, char** argv) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
  return sc_core::sc_elab_and_sim(argc, argv);
}
