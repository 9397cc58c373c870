// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 2.8, and sums of the parameters by hand.
#include "support/small_network.h"
#include "timing/event_clock.h"
#include "timing/loose_clock.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
using namespace iommusim::timing;

namespace {

constexpr Duration ns(std::uint64_t value) {
  return Duration::nanoseconds(value);
}

Network network_with_timeout() {
  Network network = small_network(1);
  network.engines[0].completion_timeout = ns(10'000);
  return network;
}

Tlp lost(Tlp tlp) {
  tlp.times_out = true;
  return tlp;
}

}  // namespace

TEST_CASE("A read without completion ends at the completion time-out", "[timing]") {
  const Network network = network_with_timeout();
  EventClock events{network};
  LooseClock loose{network};
  for (Clock* clock : {static_cast<Clock*>(&events), static_cast<Clock*>(&loose)}) {
    const std::vector<Tlp> tlps{lost(to_memory(Operation::read, 0))};
    clock->submit({0, 0, Operation::read, false, ns(100), 64, tlps});
    clock->finish();
    // From the end of its 24 bytes on the link.
    CHECK(clock->function(0).reads.max() == Duration{24 * 1'015'625 / 1000} + ns(10'000));
    CHECK(clock->channel(up_of(0) + 1).completions == 0);
  }
  CHECK(events.credits_are_complete());
}

TEST_CASE("A read that was lost before the link times out as well", "[timing]") {
  const Network network = network_with_timeout();
  EventClock events{network};
  LooseClock loose{network};
  Tlp tlp = lost(to_memory(Operation::read, 0));
  tlp.journey.begin();
  tlp.journey.end();
  for (Clock* clock : {static_cast<Clock*>(&events), static_cast<Clock*>(&loose)}) {
    clock->submit({0, 0, Operation::read, false, ns(100), 64, std::vector<Tlp>{tlp}});
    clock->finish();
    CHECK(clock->function(0).reads.max() == ns(10'000));
  }
}

TEST_CASE("A request that waits for its time-out keeps its tag", "[timing]") {
  Network network = network_with_timeout();
  network.engines[0].tags = 1;
  EventClock events{network};
  LooseClock loose{network};
  for (Clock* clock : {static_cast<Clock*>(&events), static_cast<Clock*>(&loose)}) {
    clock->submit({0, 0, Operation::read, false, ns(0), 64, std::vector<Tlp>{lost(to_memory(Operation::read, 0))}});
    clock->submit({0, 0, Operation::read, false, ns(0), 64, std::vector<Tlp>{to_memory(Operation::read, 0)}});
    clock->finish();
    CHECK(clock->function(0).reads.count() == 2);
    CHECK(clock->function(0).reads.min() > ns(10'000));
  }
}
