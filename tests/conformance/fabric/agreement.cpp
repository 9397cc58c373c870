// SPDX-License-Identifier: Apache-2.0
// Oracle: tests/oracle/slow_router, a transcription of the sheet that shares nothing with models/pcie. What an IOMMU
// answers is taken as given: it has oracles of its own.
#include "analysis/explain_report.h"
#include "conformance/fabric/slow_tree.h"
#include "integration/random_platform.h"
#include "integration/random_requests.h"
#include "platforms/machine_bus.h"
#include "platforms/operating_system.h"
#include "platforms/walk.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <array>
#include <chrono>

using namespace iommusim;
using namespace iommusim::tests;
using oracle::SlowAnswer;
using oracle::SlowEnd;
using oracle::SlowStatus;

namespace {

constexpr unsigned accesses_per_topology = 60;
constexpr unsigned accesses_between_changes = 5;
/// explain asks for intent, too: a sample is enough, since it prints what walk says.
constexpr unsigned accesses_between_explanations = 6;

std::string_view status_name(SlowStatus status) {
  switch (status) {
    case SlowStatus::posted: return to_string(CompletionStatus::none);
    case SlowStatus::success: return to_string(CompletionStatus::successful);
    case SlowStatus::unsupported_request: return to_string(CompletionStatus::unsupported_request);
    case SlowStatus::completer_abort: break;
  }
  return to_string(CompletionStatus::completer_abort);
}

/// Claims to an address on one bus: BARs and windows of the functions on it, and the BARs of the switch above.
unsigned claims_on_bus(const oracle::SlowTree& tree, std::optional<std::size_t> port, std::size_t bridge,
                       std::uint64_t address) {
  unsigned claims = 0;
  const auto count = [&](const oracle::SlowFunction& function, bool with_windows) {
    for (const oracle::SlowBar& bar : function.bars)
      claims += bar.span.holds(address) ? 1 : 0;
    bool window = false;
    for (const oracle::Span& span : function.windows)
      window = window || span.holds(address);
    claims += with_windows && window ? 1 : 0;
  };
  for (const oracle::SlowFunction& function : tree.functions)
    if (function.parent == port && function.bridge == bridge) count(function, true);
  if (port) count(tree.functions[*port], false);
  return claims;
}

/// Two functions on a bus claim the address: no specification says who answers.
bool is_disputed(const oracle::SlowTree& tree, std::uint64_t address) {
  for (std::size_t bridge = 0; bridge < tree.bridges.size(); ++bridge)
    if (claims_on_bus(tree, std::nullopt, bridge, address) > 1) return true;
  for (std::size_t i = 0; i < tree.functions.size(); ++i)
    if (claims_on_bus(tree, i, tree.functions[i].bridge, address) > 1) return true;
  return false;
}

struct Counts {
  std::uint64_t disputed = 0;
  std::uint64_t accesses = 0;
  std::uint64_t explained = 0;
  std::array<std::uint64_t, landing_kinds> landed{};
};

class Subject {
 public:
  explicit Subject(std::uint64_t seed)
      : seed_{seed}, random_{seed}, description_{random_platform(random_, 40)}, machine_{description_} {
    system_.boot();
  }

  void run(Counts& counts) {
    RandomRequests requests{random_, machine_};
    for (unsigned i = 0; i < accesses_per_topology; ++i) {
      if (i % accesses_between_changes == 0) {
        change_configuration();
        tree_ = slow_tree_of(machine_);
      }
      const modules::DmaRequest request = requests.next(data_.data());
      check(request, i % accesses_between_explanations == 0, counts);
    }
  }

 private:
  void check(const modules::DmaRequest& request, bool with_explanation, Counts& counts) {
    Access access;
    access.operation = request.operation;
    access.address_type = request.address_type;
    access.address = request.address;
    access.size = static_cast<std::uint32_t>(request.size);
    const platforms::Walk walk = platforms::walk(machine_, request.function, access, fetches_);
    if (is_disputed(tree_, access.address.value()) || is_disputed_behind_root(walk)) {
      ++counts.disputed;
      return;
    }
    ++counts.accesses;
    ++counts.landed[static_cast<std::size_t>(walk.landing.kind)];
    INFO(fmt::format("seed {}: {} {} {} bytes at {:#x} by {}", seed_, to_string(access.address_type),
                     to_string(access.operation), access.size, access.address.value(),
                     machine_.name(machine_.topology()[request.function].id)));
    const std::string walked = story(walk.landing);
    const std::string slow = expected(request.function, access, walk);
    if (slow != walked) FAIL("slow router: " << slow << "\nwalk:        " << walked);
    if (!with_explanation) return;
    ++counts.explained;
    const analysis::Explanation told = analysis::explain(machine_, system_, request.function, access);
    if (story(told.walk.landing) != walked) FAIL("explain: " << story(told.walk.landing) << "\nwalk: " << walked);
  }

  /// The same for the address at which a translated request comes down again.
  bool is_disputed_behind_root(const platforms::Walk& walk) const {
    const bool translated = walk.translation && walk.translation->outcome == iommu::Outcome::translated;
    const std::uint64_t address = translated ? walk.translation->address.value() : walk.iova.value();
    for (const oracle::SlowBridge& bridge : tree_.bridges)
      for (const oracle::SlowWindow& window : bridge.outbound)
        if (window.bus.holds(address - window.offset) && is_disputed(tree_, address - window.offset)) return true;
    return false;
  }

  std::string story(const Landing& landing) const {
    std::string text =
        fmt::format("{} at {}, {}", to_string(landing.kind), machine_.name(landing.where), to_string(landing.status));
    if (landing.kind == LandingKind::peer)
      text += fmt::format(", BAR {}+{:#x}, address {:#x}", landing.bar, landing.bar_offset, landing.address);
    if (landing.kind == LandingKind::memory) text += fmt::format(", address {:#x}", landing.address);
    return text + fmt::format(", by {} of {}", landing.rule->id, machine_.name(landing.decided_by));
  }

  /// The whole way, with the IOMMU's part taken from `walk`.
  std::string expected(pcie::NodeIndex function, const Access& access, const platforms::Walk& walk) const {
    oracle::SlowRequest request;
    request.from = pcie::index_of(function);
    request.bus = machine_.topology()[function].requester.bus();
    request.posted = access.operation == Operation::write;
    request.address_type = static_cast<unsigned>(access.address_type);
    request.address = access.address.value();
    request.size = access.size == 0 ? 1 : access.size;
    const SlowAnswer answer = oracle::slow_route(tree_, request);
    if (answer.end == SlowEnd::interrupt_window) return behind_interrupt_window(answer, walk);
    if (answer.end == SlowEnd::root) return behind_root(answer, request, walk);
    return story(answer);
  }

  /// Nobody but the IOMMU and the local APICs has a say there.
  std::string behind_interrupt_window(const SlowAnswer& answer, const platforms::Walk& walk) const {
    if (walk.landing.kind == LandingKind::memory || walk.landing.kind == LandingKind::peer) return "interrupt window";
    if (walk.iova.value() != answer.address) return "interrupt window at another address";
    return story(walk.landing);
  }

  std::string behind_root(const SlowAnswer& answer, const oracle::SlowRequest& request,
                          const platforms::Walk& walk) const {
    if (walk.iova.value() != answer.address || walk.path.size() < 3)
      return fmt::format("the IOMMU or the system at {:#x}", answer.address);
    const auto unit = machine_.iommu_of_bridge(answer.bridge);
    if (!unit) return in_system(answer.address, request, walk);
    if (!walk.translation) return "an answer of the IOMMU";
    switch (walk.translation->outcome) {
      case iommu::Outcome::fault:
        return walk.landing.where == machine_.iommu_id(*unit) ? story(walk.landing) : "the IOMMU's refusal";
      case iommu::Outcome::interrupt: return behind_interrupt_window(answer, walk);
      case iommu::Outcome::translated: break;
    }
    return in_system(walk.translation->address.value(), request, walk);
  }

  /// Memory and outbound windows; what else answers in the system is not the fabric's.
  std::string in_system(std::uint64_t address, const oracle::SlowRequest& request, const platforms::Walk& walk) const {
    for (const platforms::MemoryDescription& memory : description_.memories)
      if (memory.range.contains(PhysAddr{address})) {
        Landing landing = walk.landing;
        landing.kind = LandingKind::memory;
        landing.address = address;
        landing.status = request.posted ? CompletionStatus::none : CompletionStatus::successful;
        return walk.landing.address == address && machine_.name(walk.landing.where) == memory.name ? story(landing)
                                                                                                   : memory.name;
      }
    const auto down = oracle::slow_route_down(tree_, request, address);
    if (!down) return in_nothing(walk);
    if (down->end == SlowEnd::bar && down->rule.empty()) {
      // The translation is what chose: the IOMMU's rule, or without one the system's.
      SlowAnswer chosen = *down;
      chosen.rule = walk.landing.rule->id;
      return story(chosen, machine_.name(walk.landing.decided_by));
    }
    return story(*down);
  }
  std::string in_nothing(const platforms::Walk& walk) const {
    const bool fabric = walk.landing.kind == LandingKind::memory || walk.landing.kind == LandingKind::peer;
    return fabric ? "nothing in the system" : story(walk.landing);
  }

  std::string name_of(const std::optional<std::size_t>& function, std::size_t bridge) const {
    if (!function) return machine_.name(machine_.bridges()[bridge].id);
    return machine_.name(machine_.topology()[static_cast<pcie::NodeIndex>(*function)].id);
  }
  std::string story(const SlowAnswer& answer) const {
    return story(answer, name_of(answer.decided_by, answer.decided_at_bridge));
  }
  std::string story(const SlowAnswer& answer, const std::string& decided_by) const {
    const bool landed = answer.end == SlowEnd::bar;
    std::string text = fmt::format("{} at {}, {}", landed ? "peer" : "rejected",
                                   name_of(answer.function, answer.bridge), status_name(answer.status));
    if (landed) text += fmt::format(", BAR {}+{:#x}, address {:#x}", answer.bar, offset_in_bar(answer), answer.address);
    return text + fmt::format(", by {} of {}", answer.rule, decided_by);
  }
  std::uint64_t offset_in_bar(const SlowAnswer& answer) const {
    for (const oracle::SlowBar& bar : tree_.functions[*answer.function].bars)
      if (bar.index == answer.bar) return answer.address - bar.span.first;
    return ~std::uint64_t{0};
  }

  /// A port's ACS with its egress vector, a command register, or a window with a hole or closed.
  void change_configuration() {
    pcie::Topology& topology = machine_.topology();
    const auto index = static_cast<pcie::NodeIndex>(random_.below(topology.size()));
    const pcie::Node& node = topology[index];
    const auto write = [&](unsigned offset, unsigned width, std::uint64_t value) {
      topology.config_write(node.segment, node.requester, offset, width, static_cast<std::uint32_t>(value));
    };
    const unsigned acs = extended_acs(node);
    const std::uint64_t draw = random_.below(100);
    if (acs != 0 && draw < 65) {
      write(acs + 6, 2, random_.word() & (random_.percent(70) ? 0xFFFD : 0xFFFF));
      write(acs + 8, 4, random_.word());
    } else if (draw < 85) {
      write(0x04, 2, random_.pick({6U, 6U, 6U, 6U, 6U, 2U, 4U, 0U}));
    } else if (machine_.describe(index).kind == platforms::FunctionKind::downstream_port) {
      // Moves an end of the memory window by a megabyte: a hole in the switch's windows, or an overlap's absence.
      const std::uint64_t base = topology.config_read(node.segment, node.requester, 0x20, 2);
      write(0x20, 2, base + (random_.percent(80) ? 0x10 : 0xFFF0));
    }
  }
  unsigned extended_acs(const pcie::Node& node) const {
    for (unsigned at = 0x100; at != 0;) {
      const std::uint32_t header = machine_.topology().config_read(node.segment, node.requester, at, 4);
      if (header == 0xFFFF'FFFF) return 0;
      if ((header & 0xFFFF) == 0x000D) return at;
      at = header >> 20;
    }
    return 0;
  }

  std::uint64_t seed_;
  Random random_;
  platforms::Description description_;
  platforms::Machine machine_;
  platforms::MachineBus bus_{machine_};
  platforms::OperatingSystem system_{machine_, bus_};
  oracle::SlowTree tree_;
  iommu::FetchLog fetches_;
  std::array<unsigned char, 4096> data_{};
};

void require_agreement(std::uint64_t first_seed, unsigned topologies) {
  const auto begin = std::chrono::steady_clock::now();
  Counts counts;
  for (unsigned i = 0; i < topologies; ++i)
    Subject{first_seed + i}.run(counts);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  fmt::print("{} topologies, {} accesses compared, {} explained, {} disputed, {:.1f} s\n", topologies, counts.accesses,
             counts.explained, counts.disputed, seconds.count());
  CHECK(counts.disputed < counts.accesses / 10);
  // A generator that missed a kind would prove nothing about it.
  for (std::size_t kind = 0; kind < landing_kinds; ++kind) {
    INFO(to_string(static_cast<LandingKind>(kind)) << ": " << counts.landed[kind]);
    CHECK(counts.landed[kind] >= topologies / 4);
  }
}

}  // namespace

TEST_CASE("Slow router, walk and explain agree on 500 random topologies", "[fabric]") {
  require_agreement(100'000, 500);
}

TEST_CASE("Slow router, walk and explain agree on 20,000 random topologies", "[.][nightly]") {
  require_agreement(200'000, 20'000);
}
