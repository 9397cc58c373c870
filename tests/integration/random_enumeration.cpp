// SPDX-License-Identifier: Apache-2.0
// Oracle: what must hold of any machine that firmware has enumerated (PCIe base specification, 7.5.1.2.1, 7.5.1.3.8,
// 7.5.1.3.9, 7.3.3), checked on the result and by the processor's own accesses.
#include "integration/random_platform.h"
#include "platforms/enumerate.h"
#include "platforms/firmware.h"
#include "platforms/machine_bus.h"
#include "platforms/virtual_functions.h"
#include "platforms/walk.h"
#include "platforms/windows.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace iommusim;
using namespace iommusim::tests;
using platforms::BarDescription;
using platforms::FunctionDescription;
using platforms::FunctionKind;

namespace {

constexpr std::uint64_t platforms_to_try = 1000;
constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

/// What the drawing placed is taken away again, and BARs become of any kind.
void forget(Random& random, std::vector<FunctionDescription>& functions) {
  for (FunctionDescription& function : functions) {
    function.id = RequesterId{0, function.id.device(), function.id.function()};
    function.secondary_bus = function.subordinate_bus = 0;
    function.window.reset();
    function.prefetchable_window.reset();
    function.virtual_functions.clear();
    function.bus_master = function.memory_space = true;
    for (BarDescription& bar : function.bars) {
      bar.base.reset();
      bar.is_64bit = random.percent(50) && !is_port(function.kind);
      bar.prefetchable = random.percent(50);
      bar.size = std::uint64_t{1} << random.between(7, bar.is_64bit && bar.prefetchable ? 28 : 22);
    }
    if (function.sriov)
      for (BarDescription& bar : function.sriov->vf_bars) {
        bar.base.reset();
        bar.is_64bit = bar.prefetchable = random.percent(50);
      }
    forget(random, function.children);
  }
}

/// Function numbers above 7 are out of firmware's reach below a port that does not forward ARI.
bool is_out_of_reach(const FunctionDescription& function, const FunctionDescription* port) {
  return function.kind == FunctionKind::endpoint && function.id.devfn() > 7 && !port->ari_forwarding;
}

/// A BAR with all windows above it.
struct Placed {
  const FunctionDescription* function = nullptr;
  const BarDescription* bar = nullptr;
  Range<BusAddr> range;
  std::vector<const FunctionDescription*> above;
};

void collect(const std::vector<FunctionDescription>& functions, const std::vector<const FunctionDescription*>& above,
             std::vector<Placed>& placed) {
  for (const FunctionDescription& function : functions) {
    const bool reached = above.empty() || !is_out_of_reach(function, above.back());
    for (const BarDescription& bar : function.bars) {
      REQUIRE(bar.base.has_value() == reached);
      if (!reached) continue;
      placed.push_back({&function, &bar, *platforms::bar_range(bar), above});
    }
    if (function.sriov)
      for (const BarDescription& bar : function.sriov->vf_bars) {
        REQUIRE(bar.base.has_value());
        placed.push_back({&function, &bar, *platforms::vf_bar_range(*function.sriov, bar), above});
      }
    std::vector<const FunctionDescription*> below = above;
    below.push_back(&function);
    collect(function.children, below, placed);
  }
}

class Subject {
 public:
  explicit Subject(std::uint64_t seed) : random_{seed}, description_{random_platform(random_)} {
    // Mappings and domains were drawn for the machine that is forgotten.
    description_.domains.clear();
    description_.interrupts.clear();
    if (random_.percent(30)) cover_interrupt_window();
    const platforms::YamlNode nothing;
    for (platforms::HostBridgeDescription& bridge : description_.host_bridges) {
      forget(random_, bridge.functions);
      platforms::enumerate(bridge, description_.local_apic, platforms::Source{nothing});
      platforms::expand_virtual_functions(bridge);
    }
  }

  void check() {
    for (const platforms::HostBridgeDescription& bridge : description_.host_bridges) {
      check_buses(bridge.functions, bridge.first_bus, bridge.first_bus + 1U, bridge.last_bus);
      std::vector<Placed> placed;
      collect(bridge.functions, {}, placed);
      check_disjoint(placed);
      for (const Placed& bar : placed)
        check_bar(bar, bridge);
    }
    check_reachable();
  }

  std::size_t bars() const { return bars_; }

 private:
  /// The low window of the first host bridge leads, by an offset, to the last bus addresses below 4 GiB; another one
  /// has room for what they cannot hold.
  void cover_interrupt_window() {
    std::vector<pcie::OutboundWindow>& outbound = description_.host_bridges.front().outbound;
    outbound.front().offset = outbound.front().cpu.first.value() - 0xFE60'0000;
    const std::uint64_t offset = 0x60'0000'0000;
    outbound.push_back({*Range<PhysAddr>::from_size(PhysAddr{offset + 0x2000'0000}, 0x2000'0000), offset});
  }

  void check_outside_interrupt_window(const Range<BusAddr>& range) {
    if (!description_.local_apic) return;
    REQUIRE((range.last.value() < 0xFEE0'0000 || range.first.value() > 0xFEEF'FFFF));
  }

  /// Every bus below a port lies in the port's range, and siblings share none; the result is the next free one.
  unsigned check_buses(const std::vector<FunctionDescription>& functions, unsigned own, unsigned next, unsigned last) {
    for (const FunctionDescription& function : functions) {
      REQUIRE(function.id.bus() == own);
      next = std::max(next, platforms::last_bus_of(function) + 1);
    }
    for (const FunctionDescription& function : functions) {
      if (!is_port(function.kind)) continue;
      REQUIRE(function.secondary_bus == next);
      REQUIRE(function.subordinate_bus <= last);
      next = check_buses(function.children, function.secondary_bus, next + 1, function.subordinate_bus);
      REQUIRE(next == function.subordinate_bus + 1U);
    }
    return next;
  }

  void check_disjoint(std::vector<Placed> placed) {
    std::sort(placed.begin(), placed.end(),
              [](const Placed& a, const Placed& b) { return a.range.first < b.range.first; });
    for (std::size_t i = 1; i < placed.size(); ++i)
      REQUIRE(placed[i - 1].range.last < placed[i].range.first);
  }

  void check_bar(const Placed& bar, const platforms::HostBridgeDescription& bridge) {
    INFO(bar.function->name << " BAR " << bar.bar->index);
    ++bars_;
    REQUIRE(bar.range.first.value() % bar.bar->size == 0);
    const bool high = bar.range.last.value() >= std::uint64_t{1} << 32;
    REQUIRE((!high || bar.bar->is_64bit));
    REQUIRE((!high || bar.bar->prefetchable || bar.above.empty()));
    check_outside_interrupt_window(bar.range);
    for (const FunctionDescription* port : bar.above) {
      for (const auto& window : {port->window, port->prefetchable_window})
        if (window) check_outside_interrupt_window(*window);
      const bool in_memory = port->window && port->window->contains(bar.range);
      const bool in_prefetchable = port->prefetchable_window && port->prefetchable_window->contains(bar.range);
      REQUIRE((in_memory != in_prefetchable));
      // Reads of a prefetchable window may have no effects.
      REQUIRE((in_memory || bar.bar->prefetchable));
      for (const auto& window : {port->window, port->prefetchable_window})
        if (window) {
          REQUIRE(window->first.value() % mebibyte == 0);
          REQUIRE((window->last.value() + 1) % mebibyte == 0);
        }
      REQUIRE((!port->window || port->window->last.value() < std::uint64_t{1} << 32));
    }
    bool outside = true;
    for (const pcie::OutboundWindow& window : bridge.outbound)
      outside = outside && !platforms::bus_range(window).contains(bar.range);
    REQUIRE_FALSE(outside);
  }

  /// Firmware programs the machine; the processor then finds each BAR where it was put.
  void check_reachable() {
    platforms::Machine machine{description_};
    platforms::MachineBus bus{machine};
    platforms::run_firmware(description_, bus);
    for (const platforms::HostBridgeDescription& bridge : description_.host_bridges)
      check_reachable(machine, bridge, bridge.functions);
  }

  void check_reachable(platforms::Machine& machine, const platforms::HostBridgeDescription& bridge,
                       const std::vector<FunctionDescription>& functions) {
    for (const FunctionDescription& function : functions) {
      for (const BarDescription& bar : function.bars) {
        if (!bar.base) continue;
        check_access(machine, bridge, function, bar, 0);
        check_access(machine, bridge, function, bar, bar.size - 4);
      }
      for (const FunctionDescription& virtual_function : function.virtual_functions)
        for (const BarDescription& bar : virtual_function.bars)
          check_access(machine, bridge, virtual_function, bar, bar.size - 4);
      check_reachable(machine, bridge, function.children);
    }
  }

  void check_access(platforms::Machine& machine, const platforms::HostBridgeDescription& bridge,
                    const FunctionDescription& function, const BarDescription& bar, std::uint64_t offset) {
    INFO(function.name << " BAR " << bar.index << " + " << offset);
    const auto address = platforms::cpu_address(bridge.outbound, *bar.base + offset);
    REQUIRE(address.has_value());
    Access access;
    access.size = 4;
    const Landing landing = platforms::walk_outbound(machine, access, *address).landing;
    REQUIRE(landing.kind == LandingKind::peer);
    REQUIRE(machine.name(landing.where) == function.name);
    REQUIRE(landing.bar == bar.index);
    REQUIRE(landing.bar_offset == offset);
  }

  Random random_;
  platforms::Description description_;
  std::size_t bars_ = 0;
};

}  // namespace

TEST_CASE(
    "Firmware places every BAR of a random tree apart, aligned, inside all windows and within the processor's reach",
    "[integration]") {
  std::size_t bars = 0;
  for (std::uint64_t seed = 1; seed <= platforms_to_try; ++seed) {
    INFO("seed " << seed);
    Subject subject{seed};
    subject.check();
    bars += subject.bars();
  }
  CHECK(bars > 10 * platforms_to_try);
}
