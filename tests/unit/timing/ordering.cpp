// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 2.4.1, and sums of the parameters by hand.
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

Network slow_writes() {
  Network network = small_network(2);
  network.host.root_complex.write_latency = ns(10'000);
  return network;
}

Tlp with(Tlp tlp, bool relaxed, bool id_based, std::uint8_t traffic_class = 0) {
  tlp.relaxed_ordering = relaxed;
  tlp.id_based_ordering = id_based;
  tlp.traffic_class = traffic_class;
  return tlp;
}

/// How long a read of `device` takes right behind a write of device 0.
Duration read_behind_write(Clock& clock, std::size_t device, const Tlp& read) {
  const std::vector<Tlp> write{to_memory(Operation::write, 0, true)};
  clock.submit({0, 0, Operation::write, false, ns(0), 64, write});
  clock.submit({device, device, Operation::read, false, ns(200), 64, std::vector<Tlp>{read}});
  clock.finish();
  return clock.function(device).reads.max();
}

}  // namespace

TEST_CASE("ACS-046 A read with relaxed ordering does not wait for the write before it", "[timing]") {
  const Network network = slow_writes();
  for (const bool relaxed : {false, true}) {
    EventClock events{network};
    LooseClock loose{network};
    for (Clock* clock : {static_cast<Clock*>(&events), static_cast<Clock*>(&loose)}) {
      const Duration took = read_behind_write(*clock, 0, with(to_memory(Operation::read, 0, true), relaxed, false));
      CHECK((took < ns(1000)) == relaxed);
    }
  }
}

TEST_CASE("ACS-046 A read with ID-based ordering waits for writes of its own device only", "[timing]") {
  const Network network = slow_writes();
  for (const std::size_t device : {0, 1})
    for (const bool id_based : {false, true}) {
      EventClock clock{network};
      const Tlp read = with(to_memory(Operation::read, device, true), false, id_based);
      INFO("device " << device << ", ID-based " << id_based);
      CHECK((read_behind_write(clock, device, read) < ns(1000)) == (id_based && device == 1));
    }
}

TEST_CASE("TLPs of different traffic classes have no order", "[timing]") {
  const Network network = slow_writes();
  for (const std::uint8_t traffic_class : {std::uint8_t{0}, std::uint8_t{3}}) {
    EventClock events{network};
    LooseClock loose{network};
    for (Clock* clock : {static_cast<Clock*>(&events), static_cast<Clock*>(&loose)}) {
      const Tlp read = with(to_memory(Operation::read, 0, true), false, false, traffic_class);
      CHECK((read_behind_write(*clock, 0, read) < ns(1000)) == (traffic_class != 0));
    }
  }
}

TEST_CASE("ACS-046 Relaxed ordering lets an atomic pass a write, ID-based ordering does not", "[timing]") {
  const Network network = slow_writes();
  for (const bool relaxed : {false, true}) {
    EventClock events{network};
    LooseClock loose{network};
    for (Clock* clock : {static_cast<Clock*>(&events), static_cast<Clock*>(&loose)}) {
      const Duration took =
          read_behind_write(*clock, 0, with(to_memory(Operation::atomic, 0, true), relaxed, !relaxed));
      CHECK((took < ns(1000)) == relaxed);
    }
  }
}

TEST_CASE("A heavier link gets more of the link above the switch", "[timing]") {
  Network network = small_network(2);
  network.channels[up_of(1)].weight = 3;
  // Else the switch's buffers hide which link it takes from.
  for (const std::size_t device : {0, 1})
    network.channels[up_of(device)].credits.advertised.posted = {8, 64};
  EventClock clock{network};
  const std::vector<Tlp> first(400, to_memory(Operation::write, 0, true));
  const std::vector<Tlp> second(400, to_memory(Operation::write, 1, true));
  clock.submit({0, 0, Operation::write, false, ns(0), 400 * 64, first});
  clock.submit({1, 1, Operation::write, false, ns(0), 400 * 64, second});
  clock.finish();
  // Three of four TLPs are the second's until it has none left: after 4/3 of the time that it needs alone.
  const double alone = 400 * 88 * 1.015625;
  CHECK(clock.function(1).writes.max().as_nanoseconds() == Approx(alone * 4 / 3).epsilon(0.1));
  CHECK(clock.function(0).writes.max().as_nanoseconds() > 1.8 * alone);
}
