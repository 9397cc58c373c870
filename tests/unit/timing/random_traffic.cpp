// SPDX-License-Identifier: Apache-2.0
// Oracle: the ordering rules of the PCIe base specification, 2.4.1 (columns of posted requests), the conservation of
// credits (2.6.1), and that whatever begins ends.
#include "support/random.h"
#include "support/small_network.h"
#include "timing/event_clock.h"
#include "timing/loose_clock.h"

#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <tuple>

using namespace iommusim;
using namespace iommusim::tests;
using namespace iommusim::timing;

namespace {

/// Of TLPs that came by one link and leave by another through one virtual channel, none passes an older posted request
/// unless relaxed or ID-based ordering allows it, and none that is not posted an older one of its class.
class OrderMonitor final : public LinkMonitor {
 public:
  void on_queued(const QueuedTlp& tlp) override {
    queue_of(tlp).emplace(tlp.number, Waiting{tlp.type, tlp.request.requester});
  }
  void on_sent(const QueuedTlp& tlp) override {
    std::map<std::uint64_t, Waiting>& queue = queue_of(tlp);
    for (const auto& [number, older] : queue) {
      if (number >= tlp.number) break;
      const bool posted = older.type == FlowClass::posted;
      violations += posted ? !may_pass_posted(tlp, older.requester) : older.type == tlp.type;
      passed += 1;
      passed_posted += posted;
    }
    queue.erase(tlp.number);
    ++sent;
  }

  std::uint64_t sent = 0;
  std::uint64_t passed = 0;
  std::uint64_t passed_posted = 0;
  std::uint64_t violations = 0;

 private:
  struct Waiting {
    FlowClass type;
    RequesterId requester;
  };

  /// An atomic, which carries data, has no use of ID-based ordering, and a completion has the relaxed ordering of its
  /// request.
  static bool may_pass_posted(const QueuedTlp& tlp, RequesterId older) {
    if (tlp.request.relaxed_ordering) return true;
    const bool can_use_ids = tlp.type == FlowClass::posted || tlp.request.operation == Operation::read;
    return tlp.request.id_based_ordering && can_use_ids && tlp.type != FlowClass::completion &&
           !(tlp.request.requester == older);
  }
  std::map<std::uint64_t, Waiting>& queue_of(const QueuedTlp& tlp) {
    return waiting_[{tlp.link, tlp.from, tlp.virtual_channel}];
  }

  std::map<std::tuple<ChannelIndex, std::uint32_t, std::uint8_t>, std::map<std::uint64_t, Waiting>> waiting_;
};

/// Few credits, so that TLPs wait.
Network random_network(Random& random, std::size_t devices) {
  Network network = small_network(devices);
  for (Channel& channel : network.channels) {
    channel.entry.store_and_forward = random.percent(30);
    channel.weight = static_cast<unsigned>(random.between(1, 4));
    if (random.percent(30)) {
      channel.virtual_channels.of_class = {0, 0, 0, 0, 1, 1, 1, 1};
      channel.virtual_channels.weights = {1, static_cast<unsigned>(random.between(1, 4))};
    }
    if (pcie::CreditCounter{channel.credits.advertised.posted}.is_infinite()) continue;
    const auto some = [&random](unsigned most) { return static_cast<unsigned>(random.between(1, most)); };
    channel.credits.advertised = {{some(8), some(64)}, {some(8), some(8)}, {some(8), some(64)}};
  }
  for (EngineParameters& engine : network.engines) {
    engine.tags = static_cast<unsigned>(random.between(1, 32));
    engine.tags_large = static_cast<unsigned>(random.between(1, 32));
    engine.buffers = static_cast<unsigned>(random.between(1, 8));
    if (random.percent(50)) engine.line = Duration::nanoseconds(random.between(1, 20));
  }
  network.host.root_complex.write_buffer = static_cast<unsigned>(random.between(1, 32));
  network.host.iommu.walkers = static_cast<unsigned>(random.between(1, 4));
  return network;
}

/// To memory, or to another device below the switch.
Tlp random_tlp(Random& random, std::size_t device, std::size_t devices, Operation operation) {
  const bool is_switched = devices > 1;
  Tlp tlp = to_memory(operation, device, is_switched, random.percent(30) ? 4 : 0);
  tlp.requester = RequesterId{static_cast<std::uint16_t>(device << 3 | random.below(2))};
  tlp.relaxed_ordering = random.percent(10);
  tlp.id_based_ordering = random.percent(10);
  tlp.traffic_class = static_cast<std::uint8_t>(random.below(8));
  tlp.size = static_cast<std::uint32_t>(random.between(1, 256));
  tlp.wire_bytes = operation == Operation::read ? 24 : 24 + tlp.size;
  if (!is_switched || random.percent(70)) return tlp;
  tlp.journey.begin();
  tlp.journey.cross(up_of(device));
  tlp.journey.cross(static_cast<ChannelIndex>(up_of((device + 1) % devices) + 1));
  tlp.journey.reach(StepKind::device);
  tlp.journey.end();
  return tlp;
}

struct Sums {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
};

Sums sums_of(const Clock& clock, std::size_t devices) {
  Sums sums;
  for (std::size_t i = 0; i < devices; ++i) {
    sums.reads += clock.function(i).reads.count();
    sums.writes += clock.function(i).writes.count();
  }
  return sums;
}

}  // namespace

TEST_CASE("1,000 random scenarios keep the order, lose no credit and end, in both timings", "[timing]") {
  std::uint64_t sent = 0;
  std::uint64_t passed = 0;
  std::uint64_t passed_posted = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Random random{seed};
    const std::size_t devices = random.between(1, 5);
    const Network network = random_network(random, devices);
    EventClock events{network};
    LooseClock loose{network};
    OrderMonitor monitor;
    events.watch(&monitor);
    Duration now;
    constexpr unsigned operations = 100;
    for (unsigned i = 0; i < operations; ++i) {
      now += Duration{random.below(200'000)};
      const std::size_t device = random.below(devices);
      const Operation operation = random.pick({Operation::read, Operation::write, Operation::atomic});
      std::vector<Tlp> tlps(random.between(1, 4));
      for (Tlp& tlp : tlps)
        tlp = random_tlp(random, device, devices, operation);
      const DmaOperation dma{device, device, operation, operation == Operation::write && random.percent(10),
                             now,    256,    tlps};
      events.submit(dma);
      loose.submit(dma);
    }
    INFO("seed " << seed);
    const Duration end = events.finish();
    loose.finish();
    REQUIRE(monitor.violations == 0);
    REQUIRE(events.credits_are_complete());
    REQUIRE(end >= now);
    const Sums counted = sums_of(events, devices);
    REQUIRE(counted.reads + counted.writes == operations);
    REQUIRE(sums_of(loose, devices).reads == counted.reads);
    sent += monitor.sent;
    passed += monitor.passed;
    passed_posted += monitor.passed_posted;
  }
  // A monitor that saw nothing would prove nothing.
  CHECK(sent > 200'000);
  CHECK(passed > 100);
  CHECK(passed_posted > 100);
}
