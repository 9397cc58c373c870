// SPDX-License-Identifier: Apache-2.0
// Translation requests of devices in time. Oracle: what follows waits for the answer (PCIe base specification, 10.2),
// so an operation takes as long as its parts, each timed alone.
#include "support/small_network.h"
#include "timing/event_clock.h"
#include "timing/loose_clock.h"

#include <catch2/catch.hpp>

#include <memory>

using namespace iommusim;
using namespace iommusim::tests;
using namespace iommusim::timing;

namespace {

/// Eight bytes to the IOMMU, and the completion.
Tlp question(bool gates) {
  Tlp tlp;
  tlp.operation = Operation::read;
  tlp.gates = gates;
  tlp.address = 0x1'0000'0000;
  tlp.size = 8;
  tlp.wire_bytes = 24;
  tlp.max_payload = 256;
  tlp.journey.begin();
  tlp.journey.cross(up_of(0));
  tlp.journey.enter_root_complex(0);
  tlp.journey.translate(0, tlp.address, 12, 0);
  tlp.journey.end();
  return tlp;
}

/// The same for page `page`, which no cache knows.
Tlp question_that_walks(bool gates, std::uint64_t page) {
  Tlp tlp = question(gates);
  tlp.journey.begin();
  tlp.journey.cross(up_of(0));
  tlp.journey.enter_root_complex(0);
  tlp.journey.translate(0, 0x2'0000'0000 + page * page_4k, 12, 200);
  tlp.journey.end();
  return tlp;
}

std::unique_ptr<Clock> clock_of(bool loose, const Network& network) {
  if (loose) return std::make_unique<LooseClock>(network);
  return std::make_unique<EventClock>(network);
}

Duration time_of(bool loose, const Network& network, Operation operation, const std::vector<Tlp>& tlps) {
  const auto clock = clock_of(loose, network);
  clock->submit({0, 0, operation, false, Duration{}, 64, tlps});
  return clock->finish();
}

}  // namespace

TEST_CASE("What needs a translation waits for it", "[timing][ats]") {
  Network network = small_network(1);
  const bool loose = GENERATE(true, false);
  const Operation operation = GENERATE(Operation::write, Operation::read, Operation::atomic);
  network.engines[0].tags = GENERATE(1U, 4U);
  const Duration asked = time_of(loose, network, Operation::read, {question(false)});
  const Duration done = time_of(loose, network, operation, {to_memory(operation, 0)});
  CHECK(time_of(loose, network, operation, {question(true), to_memory(operation, 0)}) == asked + done);
}

TEST_CASE("A translation request that nothing follows ends its operation", "[timing][ats]") {
  const Network network = small_network(1);
  const bool loose = GENERATE(true, false);
  const Operation operation = GENERATE(Operation::write, Operation::read);
  const Duration asked = time_of(loose, network, Operation::read, {question(false)});
  CHECK(time_of(loose, network, operation, {question(true)}) == asked);
}

TEST_CASE("Operations with translation requests all end and give back their credits", "[timing][ats]") {
  Network network = small_network(1);
  network.engines[0].tags = 2;
  if (GENERATE(true, false)) {
    network.engines[0].chunk = 64;
    network.engines[0].job = Duration::nanoseconds(3);
  }
  EventClock clock{network};
  for (std::uint64_t i = 0; i < 60; ++i) {
    const Operation operation = i % 2 == 0 ? Operation::write : Operation::read;
    const Tlp data = to_memory(operation, 0);
    const std::vector<Tlp> tlps{question(true), data, data, question(true), data};
    clock.submit({0, 0, operation, false, Duration::nanoseconds(10 * i), 192, tlps});
  }
  CHECK(clock.finish() > Duration::nanoseconds(60 * 100));
  CHECK(clock.credits_are_complete());
}

TEST_CASE("A lost translation request holds what needed it for one time-out", "[timing][ats]") {
  Network network = small_network(1);
  network.engines[0].completion_timeout = Duration::nanoseconds(10'000);
  const bool loose = GENERATE(true, false);
  const Operation operation = GENERATE(Operation::write, Operation::read, Operation::atomic);
  // Neither leaves the device: the one is lost in front of the link, the other is never sent.
  Tlp lost = question(true);
  lost.times_out = true;
  Tlp unsent = to_memory(operation, 0);
  for (Tlp* const tlp : {&lost, &unsent}) {
    tlp->journey.begin();
    tlp->journey.end();
  }
  CHECK(time_of(loose, network, operation, {lost, unsent}) == network.engines[0].completion_timeout);
}

TEST_CASE("A device asks for as many translations at once as it can", "[timing][ats]") {
  Network network = small_network(1);
  // Links and data take less than half of a walk of 200 reads.
  network.host.iommu.walkers = 64;
  const bool loose = GENERATE(true, false);
  const Operation operation = GENERATE(Operation::write, Operation::read);
  constexpr std::uint64_t operations = 24;
  const double turn = time_of(loose, network, Operation::read, {question_that_walks(false, 0)}).as_nanoseconds();
  const auto time_with = [&](unsigned translations) {
    network.engines[0].translations = translations;
    const auto clock = clock_of(loose, network);
    for (std::uint64_t i = 0; i < operations; ++i) {
      const std::vector<Tlp> tlps{question_that_walks(true, i), to_memory(operation, 0)};
      clock->submit({0, 0, operation, false, Duration{}, 64, tlps});
    }
    const Duration end = clock->finish();
    CHECK(clock->function(0).translations.count() == operations);
    return end.as_nanoseconds();
  };
  CHECK(time_with(1) == Approx(operations * turn).margin(turn / 2));
  CHECK(time_with(2) == Approx(operations / 2 * turn).margin(turn / 2));
  CHECK(time_with(operations) == Approx(turn).margin(turn / 2));
}

TEST_CASE("The pages of one DMA are asked for one after the other", "[timing][ats]") {
  Network network = small_network(1);
  network.engines[0].translations = 8;
  const bool loose = GENERATE(true, false);
  const Duration alone = time_of(loose, network, Operation::read, {question(false)});
  CHECK(time_of(loose, network, Operation::write, {question(true), question(true), question(true)}) == alone * 3);
}
