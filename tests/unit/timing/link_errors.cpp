// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 3.6.2; the number of bad TLPs follows from the error rate by hand.
#include "timing/link_errors.h"

#include "support/small_network.h"
#include "timing/event_clock.h"
#include "timing/loose_clock.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <vector>

using namespace iommusim;
using namespace iommusim::tests;
using namespace iommusim::timing;

namespace {

constexpr Duration ns(std::uint64_t value) {
  return Duration::nanoseconds(value);
}

Channel failing(double rate) {
  Channel channel;
  channel.bit_error_rate = rate;
  return channel;
}

std::uint64_t replays_of(LinkErrors errors, std::uint64_t bytes, unsigned tlps) {
  std::uint64_t replays = 0;
  for (unsigned i = 0; i < tlps; ++i)
    replays += errors.replays_of(bytes);
  return replays;
}

/// Writes, one after the other.
Network noisy_network(double rate) {
  Network network = small_network(1);
  network.channels[up_of(0)].bit_error_rate = rate;
  network.channels[up_of(0)].nak_latency = ns(50);
  return network;
}
void send_writes(Clock& clock, std::size_t count) {
  const std::vector<Tlp> tlps(count, to_memory(Operation::write, 0));
  clock.submit({0, 0, Operation::write, false, ns(0), 64 * count, tlps});
  clock.finish();
}

}  // namespace

TEST_CASE("A link without bit errors sends nothing again", "[timing]") {
  CHECK(replays_of({failing(0.0), 1, 0}, 4096, 100'000) == 0);
}

TEST_CASE("As many TLPs are bad as the rate says", "[timing]") {
  // 100 bytes are 800 bits: one TLP in 1250 at a rate of one bit in a million.
  CHECK(replays_of({failing(1e-6), 1, 0}, 100, 1'000'000) == Approx(800.0).epsilon(0.1));
  CHECK(replays_of({failing(1e-6), 1, 0}, 1000, 1'000'000) == Approx(8000.0).epsilon(0.1));
}

TEST_CASE("Errors repeat with the seed, and links do not fail together", "[timing]") {
  const auto pattern = [](std::uint64_t seed, std::size_t number) {
    LinkErrors errors{failing(5e-5), seed, number};
    std::vector<unsigned> replays(200);
    for (unsigned& of_one : replays)
      of_one = errors.replays_of(500);
    return replays;
  };
  CHECK(pattern(1, 0) == pattern(1, 0));
  CHECK(pattern(1, 0) != pattern(2, 0));
  CHECK(pattern(1, 0) != pattern(1, 1));
}

TEST_CASE("No link draws what another drew a few TLPs before", "[timing]") {
  constexpr std::size_t links = 8;
  constexpr std::size_t tlps = 400;
  constexpr std::size_t stretch = 200;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    std::vector<std::vector<unsigned>> drawn(links);
    for (std::size_t link = 0; link < links; ++link) {
      LinkErrors errors{failing(5e-5), seed, link};
      for (std::size_t i = 0; i < tlps; ++i)
        drawn[link].push_back(errors.replays_of(1000));
    }
    // From the fifth TLP on: streams that are a few draws apart fall into step after the first good one.
    constexpr std::size_t first = 5;
    const auto agrees = [](const std::vector<unsigned>& a, const std::vector<unsigned>& b, std::size_t at) {
      return std::equal(a.begin() + first, a.begin() + first + stretch, b.begin() + static_cast<std::ptrdiff_t>(at));
    };
    std::size_t alike = 0;
    for (std::size_t a = 0; a < links; ++a)
      for (std::size_t b = 0; b < links; ++b)
        for (std::size_t at = 0; at < 50; ++at)
          if ((a != b || at != first) && agrees(drawn[a], drawn[b], at)) ++alike;
    CHECK(alike == 0);
  }
}

TEST_CASE("A TLP arrives after three repetitions", "[timing]") {
  LinkErrors errors{failing(9e-5), 1, 0};
  unsigned most = 0;
  // Nearly each is bad.
  for (int i = 0; i < 1000; ++i)
    most = std::max(most, errors.replays_of(100'000));
  CHECK(most == 3);
}

TEST_CASE("A repetition costs the bytes, there and back, and the Nak, in both timings", "[timing]") {
  const Network clean = noisy_network(0.0);
  const Network noisy = noisy_network(5e-5);
  constexpr std::size_t writes = 2000;
  for (const bool events : {false, true}) {
    const auto run = [&](const Network& network, Duration& took) {
      std::unique_ptr<Clock> clock;
      if (events)
        clock = std::make_unique<EventClock>(network);
      else
        clock = std::make_unique<LooseClock>(network);
      send_writes(*clock, writes);
      took = clock->function(0).writes.max();
      return clock->channel(up_of(0)).replays;
    };
    Duration plain;
    Duration slow;
    CHECK(run(clean, plain) == 0);
    const std::uint64_t replays = run(noisy, slow);
    // 704 bits: 3.5 % of the TLPs.
    CHECK(replays == Approx(0.0346 * writes).epsilon(0.3));
    const double each = 88 * 1.015625 + 2 * 5 + 50;
    CHECK((slow - plain).as_nanoseconds() == Approx(static_cast<double>(replays) * each).epsilon(0.01));
  }
}
