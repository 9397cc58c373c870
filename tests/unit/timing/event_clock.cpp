// SPDX-License-Identifier: Apache-2.0
// Oracle: sums of the parameters by hand, and the rules of the PCIe base specification, 2.4 and 2.6.
#include "timing/event_clock.h"

#include "support/small_network.h"
#include "timing/loose_clock.h"

#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>

using namespace iommusim;
using namespace iommusim::tests;
using namespace iommusim::timing;

namespace {

constexpr Duration ns(std::uint64_t value) {
  return Duration::nanoseconds(value);
}

}  // namespace

TEST_CASE("A write is over when it is on the link, and performed after link, root complex, IOMMU and buffer",
          "[timing]") {
  const Network network = small_network(1);
  EventClock events{network};
  LooseClock loose{network};
  for (Clock* clock : {static_cast<Clock*>(&events), static_cast<Clock*>(&loose)}) {
    const std::vector<Tlp> tlps{to_memory(Operation::write, 0)};
    clock->submit({0, 0, Operation::write, false, ns(100), 64, tlps});
    // 88 bytes at 1 byte in 1.015625 ns, then 5 ns, 50 ns, a lookup of 5 ns, and 80 ns.
    const Duration sent{88 * 1'015'625 / 1000};
    CHECK(clock->finish() == ns(100) + sent + ns(5 + 50 + 5 + 80));
    CHECK(clock->function(0).writes.max() == sent);
  }
}

TEST_CASE("A read comes back over the same links", "[timing]") {
  const Network network = small_network(1);
  EventClock events{network};
  LooseClock loose{network};
  for (Clock* clock : {static_cast<Clock*>(&events), static_cast<Clock*>(&loose)}) {
    const std::vector<Tlp> tlps{to_memory(Operation::read, 0)};
    clock->submit({0, 0, Operation::read, false, ns(0), 64, tlps});
    const Duration request{24 * 1'015'625 / 1000};
    const Duration completion{84 * 1'015'625 / 1000};
    CHECK(clock->finish() == request + ns(5 + 50 + 5 + 80 + 50) + completion + ns(5));
  }
}

TEST_CASE("A read waits at the root complex until the write before it is performed", "[timing]") {
  Network network = small_network(1);
  network.host.root_complex.write_latency = ns(1000);
  EventClock clock{network};
  const std::vector<Tlp> write{to_memory(Operation::write, 0)};
  const std::vector<Tlp> read{to_memory(Operation::read, 0)};
  clock.submit({0, 0, Operation::write, false, ns(0), 64, write});
  clock.submit({0, 0, Operation::read, false, ns(0), 64, read});
  clock.finish();
  CHECK(clock.function(0).reads.max() > ns(1000 + 80 + 50));
}

TEST_CASE("Two devices share the link above their switch alike", "[timing]") {
  const Network network = small_network(2);
  EventClock clock{network};
  for (std::uint64_t i = 0; i < 400; ++i) {
    const std::vector<Tlp> tlps{to_memory(Operation::write, i % 2, true)};
    clock.submit({i % 2, i % 2, Operation::write, false, ns(0), 64, tlps});
  }
  const Duration end = clock.finish();
  CHECK(clock.channel(uplink).bytes == 400 * 88);
  CHECK(clock.channel(uplink).queue_max > 1);
  // The uplink is as fast as one device's link: it is busy nearly all the time, and both devices end late.
  CHECK(clock.channel(uplink).busy.as_nanoseconds() > 0.95 * (end.as_nanoseconds() - 300));
  const double first = clock.function(0).write_gigabits_per_second();
  CHECK(clock.function(1).write_gigabits_per_second() == Approx(first).epsilon(0.05));
}

TEST_CASE("Every credit comes back", "[timing]") {
  const Network network = small_network(3);
  EventClock clock{network};
  for (std::uint64_t i = 0; i < 300; ++i) {
    const Operation operation = i % 5 < 2 ? Operation::read : Operation::write;
    const std::vector<Tlp> tlps{to_memory(operation, i % 3, true)};
    clock.submit({i % 3, i % 3, operation, false, ns(i), 64, tlps});
  }
  clock.finish();
  CHECK(clock.credits_are_complete());
  CHECK(clock.waiting().empty());
}

TEST_CASE("Who waits for ever is named", "[timing]") {
  Network network = small_network(1);
  // A receiver that never advertises a credit, which the specification forbids.
  network.channels[up_of(0)].credits.advertised.posted.header = 0;
  EventClock clock{network};
  const std::vector<Tlp> tlps{to_memory(Operation::write, 0)};
  clock.submit({0, 0, Operation::write, false, ns(0), 64, tlps});
  CHECK_THROWS_WITH(clock.finish(), "1 operations never end\n  device0 up: 1 TLPs wait for credits");
}

TEST_CASE("In closed loop an operation begins when fewer are under way", "[timing]") {
  const Network network = small_network(1);
  EventClock events{network};
  LooseClock loose{network};
  for (Clock* clock : {static_cast<Clock*>(&events), static_cast<Clock*>(&loose)}) {
    Duration start;
    for (int i = 0; i < 10; ++i) {
      start = std::max(start, clock->wait_for_slot(1));
      const std::vector<Tlp> tlps{to_memory(Operation::read, 0)};
      clock->submit({0, 0, Operation::read, false, start, 64, tlps});
    }
    clock->finish();
    CHECK(clock->function(0).reads.min() == clock->function(0).reads.max());
  }
}

TEST_CASE("A read of more requests than tags is moved in batches, however slow the engine", "[timing]") {
  for (unsigned tags = 1; tags <= 5; ++tags) {
    for (std::size_t requests = 1; requests <= 40; ++requests) {
      Network network = small_network(1);
      network.engines[0].tags = network.engines[0].tags_large = tags;
      network.engines[0].line = ns(400);
      EventClock events{network};
      LooseClock loose{network};
      const std::vector<Tlp> tlps(requests, to_memory(Operation::read, 0));
      for (Clock* clock : {static_cast<Clock*>(&events), static_cast<Clock*>(&loose)}) {
        clock->submit({0, 0, Operation::read, false, ns(0), 64 * requests, tlps});
        clock->submit({0, 0, Operation::read, false, ns(0), 64 * requests, tlps});
        INFO(tags << " tags, " << requests << " requests");
        REQUIRE(clock->finish() >= ns(2 * 400 * requests));
        REQUIRE(clock->function(0).reads.count() == 2);
      }
      REQUIRE(events.credits_are_complete());
    }
  }
}

TEST_CASE("A small write does not wait behind a long one of another device", "[timing]") {
  const Network network = small_network(2);
  EventClock events{network};
  LooseClock loose{network};
  const std::vector<Tlp> many(1000, to_memory(Operation::write, 0, true));
  const std::vector<Tlp> one{to_memory(Operation::write, 1, true)};
  for (Clock* clock : {static_cast<Clock*>(&events), static_cast<Clock*>(&loose)}) {
    clock->submit({0, 0, Operation::write, false, ns(0), 64'000, many});
    clock->submit({1, 1, Operation::write, false, ns(1000), 64, one});
    clock->finish();
    CHECK(clock->function(1).writes.max() < ns(2000));
  }
}
