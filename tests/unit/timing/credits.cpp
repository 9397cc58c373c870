// SPDX-License-Identifier: Apache-2.0
// Oracle: flow control of the PCIe base specification, 2.6.1, counted by hand.
#include "timing/credits.h"

#include "support/small_network.h"
#include "timing/event_clock.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
using namespace iommusim::timing;

namespace {

constexpr Duration ns(std::uint64_t value) {
  return Duration::nanoseconds(value);
}

}  // namespace

TEST_CASE("A TLP takes a header credit and a data credit for each 16 bytes", "[timing]") {
  Credits credits{{{4, 10}, {1, 0}, {}}};
  credits.consume(FlowClass::posted, 100);
  CHECK(credits.allow(FlowClass::posted, 48));
  CHECK_FALSE(credits.allow(FlowClass::posted, 49));
  credits.consume(FlowClass::non_posted, 0);
  CHECK_FALSE(credits.allow(FlowClass::non_posted, 0));
}

TEST_CASE("A credit is back when its sender knows, in whatever order receivers free their buffers", "[timing]") {
  Credits credits{{{2, 16}, {1, 1}, {1, 1}}};
  credits.consume(FlowClass::posted, 128);
  credits.consume(FlowClass::posted, 128);
  credits.return_at(ns(200), FlowClass::posted, 128);
  credits.return_at(ns(100), FlowClass::posted, 128);
  CHECK(credits.next_return() == ns(100));
  CHECK(credits.are_complete());
  credits.update(ns(99));
  CHECK_FALSE(credits.allow(FlowClass::posted, 16));
  credits.update(ns(100));
  CHECK(credits.allow(FlowClass::posted, 128));
  CHECK_FALSE(credits.allow(FlowClass::posted, 129));
}

TEST_CASE("Infinite credits never run out", "[timing]") {
  Credits credits{{}};
  for (int i = 0; i < 1000; ++i)
    credits.consume(FlowClass::completion, 4096);
  CHECK(credits.allow(FlowClass::completion, 4096));
  CHECK_FALSE(credits.are_complete());
}

TEST_CASE("A TLP that is larger than all that was advertised takes all of it", "[timing]") {
  Credits credits{{{4, 4}, {1, 1}, {1, 1}}};
  REQUIRE(credits.allow(FlowClass::posted, 256));
  credits.consume(FlowClass::posted, 256);
  CHECK_FALSE(credits.allow(FlowClass::posted, 1));
  credits.return_at(ns(1), FlowClass::posted, 256);
  credits.update(ns(1));
  CHECK(credits.allow(FlowClass::posted, 64));
  CHECK(credits.are_complete());
}

TEST_CASE("A write that is larger than what its receiver advertises does not wait for ever", "[timing]") {
  Network network = small_network(1);
  network.channels[up_of(0)].credits.advertised.posted = {1, 1};
  EventClock clock{network};
  std::vector<Tlp> tlps(3, to_memory(Operation::write, 0));
  for (Tlp& tlp : tlps)
    tlp.size = 256;
  clock.submit({0, 0, Operation::write, false, ns(0), 768, tlps});
  CHECK_NOTHROW(clock.finish());
  CHECK(clock.credits_are_complete());
}
