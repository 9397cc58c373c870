// SPDX-License-Identifier: Apache-2.0
// Oracle: platforms::walk, which follows an access without modules, payloads or a clock. It and the simulator share the
// decisions of each place, but not the way from place to place, and must tell the same story hop by hop. Nothing may
// depend on how time is kept, so both timings tell it.
#include "base/endian.h"
#include "integration/random_platform.h"
#include "integration/random_requests.h"
#include "pcie/capability_list.h"
#include "pcie/header.h"
#include "platforms/walk.h"
#include "support/simulated_platform.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <array>
#include <memory>
#include <numeric>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr unsigned platforms_per_case = 200;
constexpr unsigned accesses_per_platform = 60;
constexpr unsigned accesses_between_changes = 5;
/// Of all Max_Payload_Sizes: what is no larger and begins at a multiple of it is one TLP.
constexpr unsigned smallest_payload = 128;

/// One random platform among many in one process: a module of its own keeps the names apart.
class Subject : public sc_core::sc_module, private modules::TlpObserver {
 public:
  Subject(const sc_core::sc_module_name& name, std::uint64_t seed, platforms::Timing timing)
      : sc_module{name}, seed_{seed}, random_{seed}, platform_{random_platform(random_), timing} {
    platform_.system().use_bus(platform_.simulation().cpu());
    std::iota(data_.begin(), data_.end(), static_cast<unsigned char>(seed));
  }

  /// Sends random requests and compares each with the walk just before it.
  void run() {
    RandomRequests requests{random_, platform_.machine()};
    for (unsigned i = 0; i < accesses_per_platform; ++i) {
      if (i % accesses_between_changes == 0) change_configuration();
      modules::DmaRequest request = requests.next(data_.data());
      send(request);
      if (request.size <= smallest_payload && random_.percent(40)) send_often(request);
    }
    REQUIRE(tlps_ == sent_);
    platform_.simulation().clock().finish();
    REQUIRE(platform_.simulation().outstanding() == 0);
  }

  const std::array<unsigned, landing_kinds>& landed() const { return landed_; }
  /// What became of every TLP, and of memory.
  const std::vector<std::string>& told() const { return told_; }
  std::uint64_t memory() const { return platform_.machine().memory().digest(); }
  /// Requests under an alias.
  unsigned aliased() const { return aliased_; }
  /// Requests that went a known way.
  std::uint64_t repeated() {
    std::uint64_t repeated = 0;
    for (const platforms::Device& device : platform_.machine().devices())
      if (platform_.machine().topology()[device.node].requester.function() == 0)
        repeated += platform_.simulation().endpoint(device.node).repeated();
    return repeated;
  }

 private:
  /// Like requests all over the page: the device learns the way, until software changes something.
  void send_often(modules::DmaRequest& request) {
    constexpr unsigned times = 12;
    constexpr unsigned before_change = 8;
    const BusAddr page = request.address.aligned_down(page_4k);
    for (unsigned i = 0; i < times; ++i) {
      request.address = page + random_.below(page_4k / smallest_payload) * smallest_payload;
      if (i == before_change && random_.percent(50)) change_configuration();
      send(request);
    }
  }

  void send(const modules::DmaRequest& request) {
    ++sent_;
    Access access;
    access.operation = request.operation;
    access.address_type = request.address_type;
    access.address = request.address;
    access.size = static_cast<std::uint32_t>(request.size);
    access.poisoned = request.poisoned;
    access.requester = request.requester.value_or(platform_.machine().topology()[request.function].requester);
    if (request.requester) ++aliased_;
    const bool message = request.operation == Operation::write && request.size == 4;
    expected_ = platforms::walk_as_sent(platform_.machine(), request.function, access, fetches_,
                                        message ? load_le<std::uint32_t>(request.data) : 0);
    platform_.simulation()
        .endpoint(request.function)
        .transfer(request, Duration{}, platform_.simulation().clock(), *this);
  }

  void on_tlp(const Access& access, const Landing& landing, const Path& path) override {
    ++tlps_;
    ++landed_[static_cast<std::size_t>(landing.kind)];
    const std::string walked = story(expected_.landing, expected_.path);
    const std::string found = story(landing, path);
    INFO(fmt::format("seed {}: {}{} {} {} bytes at {:#x} by {}", seed_, access.poisoned ? "poisoned " : "",
                     to_string(access.address_type), to_string(access.operation), access.size, access.address.value(),
                     to_string(access.requester)));
    REQUIRE(found == walked);
    told_.push_back(found);
  }

  /// Everything that a landing and its path tell.
  std::string story(const Landing& landing, const Path& path) {
    const auto rule = [](const Rule* why) { return why == nullptr ? "no rule" : std::string{why->id}; };
    const platforms::Machine& machine = platform_.machine();
    std::string text = fmt::format(
        "{} at {} by {} of {}: {}, address {:#x}, BAR {}+{:#x}, interrupt {:#x} for {}, reason {:#x}, cached {};",
        to_string(landing.kind), machine.name(landing.where), rule(landing.rule), machine.name(landing.decided_by),
        to_string(landing.status), landing.address, landing.bar, landing.bar_offset, landing.vector,
        landing.destination, landing.fault_reason, landing.from_cache);
    for (const Hop& hop : path)
      text += fmt::format(" {} {},", machine.name(hop.where), rule(hop.rule));
    return text;
  }

  /// Software changes its mind: a port's ACS, its egress blocking or the command register of any function, by
  /// configuration cycles.
  void change_configuration() {
    const pcie::Topology& topology = platform_.machine().topology();
    const auto node = static_cast<pcie::NodeIndex>(random_.below(topology.size()));
    software::CpuBus& bus = platform_.system().bus();
    const RequesterId id = topology[node].requester;
    const auto acs = pcie::find_extended_capability(pcie::reader_of(topology[node].config),
                                                    pcie::ExtendedCapabilityId::access_control_services);
    const auto dpc = pcie::find_extended_capability(pcie::reader_of(topology[node].config),
                                                    pcie::ExtendedCapabilityId::downstream_port_containment);
    if (dpc && random_.percent(30)) {
      bus.config_write(0, id, *dpc + 6, 2, static_cast<std::uint16_t>(random_.word()));
    } else if (acs && random_.percent(60)) {
      bus.config_write(0, id, *acs + pcie::acs::control, 2, static_cast<std::uint16_t>(random_.word()));
      if (topology[node].decoded.acs_capability.get<pcie::AcsCapability::P2pEgressControl>() != 0)
        bus.config_write(0, id, *acs + pcie::acs::egress_control_vector, 4, static_cast<std::uint32_t>(random_.word()));
    } else {
      bus.config_write(0, id, pcie::header::command, 2, random_.pick({6U, 6U, 6U, 6U, 6U, 6U, 2U, 4U}));
    }
  }

  std::uint64_t seed_;
  Random random_;
  SimulatedPlatform platform_;
  platforms::Walk expected_;
  iommu::FetchLog fetches_;
  std::array<unsigned char, 4096> data_{};
  std::vector<std::string> told_;
  unsigned tlps_ = 0;
  unsigned sent_ = 0;
  unsigned aliased_ = 0;
  std::array<unsigned, landing_kinds> landed_{};
};

void require_agreement(std::uint64_t first_seed) {
  using platforms::Timing;
  std::vector<std::unique_ptr<Subject>> subjects;
  std::vector<std::unique_ptr<Subject>> others;
  for (unsigned i = 0; i < platforms_per_case; ++i) {
    subjects.push_back(std::make_unique<Subject>(fmt::format("loose{}", i).c_str(), first_seed + i, Timing::loose));
    others.push_back(
        std::make_unique<Subject>(fmt::format("approx{}", i).c_str(), first_seed + i, Timing::approximate));
  }
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  std::array<unsigned, landing_kinds> landed{};
  unsigned aliased = 0;
  std::uint64_t repeated = 0;
  for (unsigned i = 0; i < platforms_per_case; ++i) {
    Subject* const subject = subjects[i].get();
    subject->run();
    others[i]->run();
    INFO("seed " << first_seed + i);
    REQUIRE(subject->told() == others[i]->told());
    REQUIRE(subject->memory() == others[i]->memory());
    aliased += subject->aliased();
    repeated += subject->repeated();
    for (std::size_t kind = 0; kind < landing_kinds; ++kind)
      landed[kind] += subject->landed()[kind];
  }
  // A generator that missed a kind would prove nothing about it.
  CHECK(aliased >= 500);
  INFO("repeated: " << repeated);
  CHECK(repeated >= 500);
  for (std::size_t kind = 0; kind < landing_kinds; ++kind) {
    INFO(to_string(static_cast<LandingKind>(kind)) << ": " << landed[kind]);
    CHECK(landed[kind] >= 50);
  }
}

}  // namespace

TEST_CASE("Walk and both timings agree on random platforms, seeds 1000 to 1199", "[agreement]") {
  require_agreement(1000);
}
TEST_CASE("Walk and both timings agree on random platforms, seeds 2000 to 2199", "[agreement]") {
  require_agreement(2000);
}
TEST_CASE("Walk and both timings agree on random platforms, seeds 3000 to 3199", "[agreement]") {
  require_agreement(3000);
}
TEST_CASE("Walk and both timings agree on random platforms, seeds 4000 to 4199", "[agreement]") {
  require_agreement(4000);
}
TEST_CASE("Walk and both timings agree on random platforms, seeds 5000 to 5199", "[agreement]") {
  require_agreement(5000);
}
