// SPDX-License-Identifier: Apache-2.0
// Oracle: tests/oracle/slow_router, a transcription of the sheet that shares nothing with models/pcie. Walk,
// simulation, static map and `explain` must all say what it says.
#include "analysis/explain_report.h"
#include "analysis/iova_map.h"
#include "analysis/linux_view.h"
#include "conformance/fabric/batches.h"
#include "conformance/fabric/configuration_changes.h"
#include "conformance/fabric/disputes.h"
#include "conformance/fabric/slow_story.h"
#include "conformance/fabric/slow_tree.h"
#include "integration/random_platform.h"
#include "integration/random_requests.h"
#include "support/simulated_platform.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <stdexcept>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr unsigned most_functions = 40;
constexpr unsigned rounds = 12;
constexpr unsigned requests_per_round = 10;
constexpr unsigned rounds_between_maps = 4;
constexpr unsigned map_samples = 12;
/// It asks for intent and remedies, too, and prints what walk says: a sample is enough.
constexpr unsigned accesses_between_explanations = 6;

/// The same translation, whether its entry was read or remembered.
std::string_view name_of(const Rule& rule) {
  return rule.id == "vtd.iotlb-hit" ? "vtd.second-stage" : rule.id;
}

using RulesMet = std::set<std::string_view>;

/// All by which a request can fare in the fabric.
const RulesMet rules_of_requests{"function.bus-master-enabled",
                                 "function.bus-master-disabled",
                                 "function.memory-space-disabled",
                                 "function.virtual-function-disabled",
                                 "bar.claim",
                                 "bar.overrun",
                                 "bar.unclaimed",
                                 "device.direct-peer",
                                 "port.bus-master-disabled",
                                 "port.memory-space-disabled",
                                 "port.bar",
                                 "port.u-turn",
                                 "port.u-turn-dropped",
                                 "port.unclaimed",
                                 "port.window",
                                 "port.link-down",
                                 "root-port.upstream",
                                 "switch.direct-peer",
                                 "switch.upstream",
                                 "switch.unclaimed",
                                 "completer.poisoned",
                                 "root-complex.poisoned",
                                 "port.poisoned-egress-blocked",
                                 "pci-bus.peer",
                                 "pci-bus.master-abort",
                                 "pci-bridge.upstream",
                                 "pci-bridge.subtractive",
                                 "acs.source-validation",
                                 "acs.translation-blocking",
                                 "acs.p2p-request-redirect",
                                 "acs.p2p-egress-control",
                                 "acs.p2p-egress-redirect",
                                 "acs.p2p-egress-direct",
                                 "acs.direct-translated-p2p",
                                 "acs.upstream-forwarding",
                                 "acs.dsp-memory-target-blocked",
                                 "acs.dsp-memory-target-redirect",
                                 "acs.usp-memory-target-blocked",
                                 "acs.usp-memory-target-redirect",
                                 "acs.unclaimed-request-redirect",
                                 "acs.no-peer-path",
                                 "completion.lost",
                                 "host-bridge.interrupt-window",
                                 "host-bridge.inbound-hole",
                                 "host-bridge.translate",
                                 "host-bridge.peer",
                                 "host-bridge.peer-denied",
                                 "host-bridge.outbound",
                                 "host-bridge.outbound-unclaimed"};

/// One topology among many in one process: a module of its own keeps the names apart.
class Subject : public sc_core::sc_module, private modules::TlpObserver {
 public:
  Subject(const sc_core::sc_module_name& name, std::uint64_t seed, RulesMet& rules)
      : sc_module{name},
        seed_{seed},
        random_{seed},
        // Both timings, by turns: what happens must not depend on them.
        platform_{random_platform(random_, most_functions),
                  seed % 2 == 0 ? platforms::Timing::loose : platforms::Timing::approximate},
        rules_{rules} {}

  void run(AgreementCounts& counts) {
    platform_.system().use_bus(platform_.simulation().cpu());
    ++counts.topologies;
    counts.functions += machine().topology().size();
    counts.most_functions = std::max<std::uint64_t>(counts.most_functions, machine().topology().size());
    RandomRequests requests{random_, machine()};
    for (unsigned round = 0; round < rounds; ++round) {
      change_configuration(random_, machine().topology(), platform_.system().bus());
      tree_ = slow_tree_of(machine());
      map_.clear();
      if (round % rounds_between_maps == 0) check_map(requests, counts);
      for (unsigned i = 0; i < requests_per_round; ++i)
        check(requests.next(data_.data()), counts);
    }
    platform_.simulation().clock().finish();
  }

 private:
  platforms::Machine& machine() { return platform_.machine(); }
  const platforms::Machine& machine() const { return platform_.machine(); }

  /// One device's map at some of its own borders, and at addresses that it did not choose.
  void check_map(RandomRequests& requests, AgreementCounts& counts) {
    const platforms::Device& device = machine().devices()[random_.below(machine().devices().size())];
    const analysis::LinuxView view{machine(), platform_.system()};
    mapped_ = device.node;
    map_ = analysis::map_iova(machine(), analysis::FabricBorders{machine()},
                              {device.node, view.requester_ids(device.node), BusAddr{~std::uint64_t{0}}});
    ++counts.maps;
    for (unsigned i = 0; i < map_samples; ++i) {
      const analysis::IovaRange& range = random_.pick(map_);
      const BusAddr address = random_.pick({range.range.first, range.range.last, requests.next(data_.data()).address});
      modules::DmaRequest request;
      request.function = device.node;
      request.operation = random_.pick({Operation::read, Operation::write});
      if (!device.description->dma_alias.empty() && random_.percent(50))
        request.requester = random_.pick(device.description->dma_alias);
      request.address = address.aligned_down(4);
      request.size = 4;
      request.data = data_.data();
      check(request, counts);
    }
  }

  void check(const modules::DmaRequest& request, AgreementCounts& counts) {
    Access access;
    access.operation = request.operation;
    access.address_type = request.address_type;
    access.address = request.address;
    access.size = static_cast<std::uint32_t>(request.size);
    access.poisoned = request.poisoned;
    access.requester = request.requester.value_or(machine().topology()[request.function].requester);
    const platforms::Walk walk = platforms::walk_as_sent(machine(), request.function, access, fetches_);
    if (is_disputed(tree_, access.address.value()) || is_disputed_behind_root(tree_, walk)) {
      ++counts.disputed;
      return;
    }
    ++counts.accesses;
    if (request.requester) ++counts.aliased;
    ++counts.landed[static_cast<std::size_t>(walk.landing.kind)];
    rules_.insert(walk.landing.rule->id);
    for (const Hop& hop : walk.path)
      rules_.insert(hop.rule->id);
    const SlowStory story{machine(), tree_};
    walked_ = story.of(walk.landing);
    expect(story.of(request.function, access, walk), "slow router", request);
    check_against_map(request, walk, counts);
    if (counts.accesses % accesses_between_explanations == 0) {
      const auto told = analysis::explain(machine(), platform_.system(), request.function, access);
      expect(story.of(told.walk.landing), "explain", request);
      ++counts.explained;
    }
    if (writes_tables(request, walk.landing)) return;
    simulate(request);
    ++counts.simulated;
  }

  /// Software attaches a function under all of its IDs, so an alias must land where the function's own ID does.
  void check_against_map(const modules::DmaRequest& request, const platforms::Walk& walk, AgreementCounts& counts) {
    const bool plain = request.address_type == AddressType::untranslated && request.operation != Operation::atomic &&
                       !request.poisoned;
    if (map_.empty() || request.function != mapped_ || !plain || request.size != 4) return;
    const auto after = std::upper_bound(map_.begin(), map_.end(), request.address,
                                        [](BusAddr a, const analysis::IovaRange& row) { return a < row.range.first; });
    const analysis::IovaRange& row = *std::prev(after);
    // A doubleword across a border belongs to no row.
    if (request.address.offset_in(4) != 0 || !row.range.contains(request.address + 3)) return;
    const bool read = request.operation == Operation::read;
    expect(told(read ? row.read : row.write, request.address - row.range.first), "map", request, told(walk.landing));
    ++counts.mapped;
  }

  std::string told(const analysis::Outcome& outcome, std::uint64_t distance) const {
    return fmt::format("{} at {}, {}, address {:#x}, BAR {}, reason {}, by {} of {}", to_string(outcome.kind),
                       machine().name(outcome.where), to_string(outcome.status),
                       has_address(outcome.kind) ? outcome.address + distance : 0, outcome.bar, outcome.fault_reason,
                       name_of(*outcome.rule), machine().name(outcome.decided_by));
  }
  std::string told(const Landing& landing) const {
    const std::uint64_t address = landing.kind == LandingKind::peer ? landing.bar_offset : landing.address;
    return fmt::format("{} at {}, {}, address {:#x}, BAR {}, reason {}, by {} of {}", to_string(landing.kind),
                       machine().name(landing.where), to_string(landing.status),
                       has_address(landing.kind) ? address : 0, landing.kind == LandingKind::peer ? landing.bar : 0,
                       landing.fault_reason, name_of(*landing.rule), machine().name(landing.decided_by));
  }
  static bool has_address(LandingKind kind) { return kind == LandingKind::memory || kind == LandingKind::peer; }

  /// Tables that a device has overwritten are not what software believes; random_agreement goes there.
  bool writes_tables(const modules::DmaRequest& request, const Landing& landing) const {
    return request.operation != Operation::read && landing.kind == LandingKind::memory &&
           machine().description().os_memory->contains(PhysAddr{landing.address});
  }

  void simulate(const modules::DmaRequest& request) {
    simulated_.clear();
    platform_.simulation()
        .endpoint(request.function)
        .transfer(request, Duration{}, platform_.simulation().clock(), *this);
    expect(simulated_, "simulation", request);
  }
  void on_tlp(const Access&, const Landing& landed_at, const Path&) override {
    simulated_ = SlowStory{machine(), tree_}.of(landed_at);
  }

  void expect(const std::string& found, std::string_view teller, const modules::DmaRequest& request) const {
    expect(found, teller, request, walked_);
  }
  void expect(const std::string& found, std::string_view teller, const modules::DmaRequest& request,
              const std::string& walked) const {
    if (found == walked) return;
    throw std::runtime_error{fmt::format(
        "seed {}: {}{} {} {} bytes at {:#x} by {}\n{}: {}\nwalk: {}", seed_, request.poisoned ? "poisoned " : "",
        to_string(request.address_type), to_string(request.operation), request.size, request.address.value(),
        machine().name(machine().topology()[request.function].id), teller, found, walked)};
  }

  std::uint64_t seed_;
  Random random_;
  SimulatedPlatform platform_;
  RulesMet& rules_;
  oracle::SlowTree tree_;
  iommu::FetchLog fetches_;
  std::array<unsigned char, 4096> data_{};
  /// Of `mapped_`, as the machine is now; empty: none was made.
  std::vector<analysis::IovaRange> map_;
  pcie::NodeIndex mapped_ = pcie::NodeIndex::none;
  std::string walked_;
  std::string simulated_;
};

/// SystemC elaborates once per process, so all of them stand side by side.
AgreementCounts compare_all(std::uint64_t first_seed, unsigned topologies, RulesMet& rules) {
  std::vector<std::unique_ptr<Subject>> subjects;
  for (unsigned i = 0; i < topologies; ++i)
    subjects.push_back(std::make_unique<Subject>(fmt::format("subject{}", i).c_str(), first_seed + i, rules));
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  AgreementCounts counts;
  for (const auto& subject : subjects)
    subject->run(counts);
  return counts;
}

void require_every_kind(const AgreementCounts& counts) {
  CHECK(counts.aliased >= counts.topologies);
  CHECK(counts.disputed < counts.accesses / 10);
  // A generator that missed a kind would prove nothing about it.
  for (std::size_t kind = 0; kind < landing_kinds; ++kind) {
    INFO(to_string(static_cast<LandingKind>(kind)) << ": " << counts.landed[kind]);
    CHECK(counts.landed[kind] >= counts.topologies / 4);
  }
}

}  // namespace

TEST_CASE("Slow router, walk, map, explain and simulation agree on 500 random topologies", "[fabric]") {
  const auto begin = std::chrono::steady_clock::now();
  RulesMet rules;
  const AgreementCounts counts = compare_all(100'000, 500, rules);
  print_counts(counts, std::chrono::steady_clock::now() - begin);
  require_every_kind(counts);
  for (const std::string_view rule : rules_of_requests) {
    INFO(rule);
    CHECK(rules.count(rule) == 1);
  }
}

TEST_CASE("Slow router, walk, map, explain and simulation agree on 20,000 random topologies", "[.][nightly]") {
  const auto begin = std::chrono::steady_clock::now();
  AgreementCounts counts;
  for (unsigned batch = 0; batch < 40; ++batch)
    counts += in_child([&] {
      RulesMet rules;
      return compare_all(200'000 + std::uint64_t{batch} * 500, 500, rules);
    });
  print_counts(counts, std::chrono::steady_clock::now() - begin);
  require_every_kind(counts);
}
