// SPDX-License-Identifier: Apache-2.0
// Oracle: platforms::walk, asked at addresses that the map did not choose: a border that the map does not know, or a
// gap, or an overlap, would show.
#include "analysis/iova_map.h"
#include "analysis/linux_view.h"
#include "integration/random_platform.h"
#include "platforms/machine_bus.h"
#include "platforms/windows.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>

using namespace iommusim;
using namespace iommusim::tests;
using analysis::IovaRange;

namespace {

constexpr std::uint64_t platforms_to_try = 150;
constexpr unsigned addresses_per_range = 2;
constexpr unsigned free_addresses = 200;

/// One random platform and the addresses where something of it begins or ends.
class Subject {
 public:
  explicit Subject(std::uint64_t seed) : random_{seed}, description_{random_platform(random_)} {
    system_.boot();
    note_borders();
  }

  void check_every_device() {
    const analysis::FabricBorders fabric{machine_};
    const analysis::LinuxView view{machine_, system_};
    for (const platforms::Device& device : machine_.devices()) {
      const unsigned bits = random_.pick({32U, 39U, 48U, 64U});
      const BusAddr last{bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1};
      const auto map = analysis::map_iova(machine_, fabric, {device.node, view.requester_ids(device.node), last});
      INFO(device.description->name);
      check_partition(map, last);
      for (const IovaRange& range : map)
        check_range(device.node, range);
      for (unsigned i = 0; i < free_addresses; ++i)
        check_address(device.node, map, BusAddr{interesting_address() & last.value()});
    }
  }

  std::size_t ranges() const { return ranges_; }

 private:
  void check_partition(const std::vector<IovaRange>& map, BusAddr last) {
    REQUIRE_FALSE(map.empty());
    REQUIRE(map.front().range.first == BusAddr{0});
    REQUIRE(map.back().range.last == last);
    for (std::size_t i = 1; i < map.size(); ++i) {
      REQUIRE(map[i - 1].range.last + 1 == map[i].range.first);
      const std::uint64_t distance = map[i].range.first - map[i - 1].range.first;
      // Neighbours differ, or they would be one.
      REQUIRE_FALSE(
          (continues(map[i - 1].read, distance, map[i].read) && continues(map[i - 1].write, distance, map[i].write)));
    }
    ranges_ += map.size();
  }

  void check_range(pcie::NodeIndex device, const IovaRange& range) {
    check_at(device, range, range.range.first);
    check_at(device, range, range.range.last);
    for (unsigned i = 0; i < addresses_per_range; ++i)
      check_at(device, range, range.range.first + random_.word() % std::max<std::uint64_t>(range.range.size(), 1));
  }

  void check_address(pcie::NodeIndex device, const std::vector<IovaRange>& map, BusAddr address) {
    const auto after = std::upper_bound(map.begin(), map.end(), address,
                                        [](BusAddr a, const IovaRange& range) { return a < range.range.first; });
    check_at(device, *std::prev(after), address);
  }

  /// The doubleword around the address, where the range has it whole: interrupts are nothing smaller.
  void check_at(pcie::NodeIndex device, const IovaRange& range, BusAddr address) {
    const BusAddr word = address.aligned_down(4);
    const bool whole = range.range.contains(Range<BusAddr>{word, word + 3});
    const BusAddr at = whole ? word : address;
    const BusAddr last = whole ? word + 3 : address;
    const std::uint64_t distance = at - range.range.first;
    INFO(fmt::format("{:#x} in {:#x}-{:#x}", at.value(), range.range.first.value(), range.range.last.value()));
    REQUIRE(continues(range.read, distance, analysis::probe(machine_, device, Operation::read, at, last)));
    REQUIRE(continues(range.write, distance, analysis::probe(machine_, device, Operation::write, at, last)));
  }

  void note(std::uint64_t first, std::uint64_t last) {
    for (const std::uint64_t border : {first, last})
      for (const std::uint64_t nearby : {border - 1, border, border + 1})
        borders_.push_back(nearby);
  }

  /// From the description, not from what the map looked at.
  void note_functions(const std::vector<platforms::FunctionDescription>& functions) {
    for (const platforms::FunctionDescription& function : functions) {
      for (const platforms::BarDescription& bar : function.bars)
        if (const auto range = platforms::bar_range(bar)) note(range->first.value(), range->last.value());
      for (const auto& window : {function.window, function.prefetchable_window})
        if (window) note(window->first.value(), window->last.value());
      note_functions(function.children);
    }
  }

  void note_borders() {
    for (const platforms::HostBridgeDescription& bridge : description_.host_bridges) {
      note_functions(bridge.functions);
      for (const pcie::InboundWindow& window : bridge.inbound)
        note(window.bus.first.value(), window.bus.last.value());
      for (const pcie::OutboundWindow& window : bridge.outbound)
        note(window.cpu.first.value(), window.cpu.last.value());
    }
    for (const platforms::MemoryDescription& memory : description_.memories)
      note(memory.range.first.value(), memory.range.last.value());
    for (const platforms::DomainDescription& domain : description_.domains)
      for (const platforms::MappingDescription& mapping : domain.mappings)
        note(mapping.iova.value(), mapping.iova.value() + (mapping.size - 1));
    for (const unsigned width : {32U, 39U, 46U, 48U, 52U, 57U})
      note(std::uint64_t{1} << width, std::uint64_t{1} << width);
    note(0xFEE0'0000, 0xFEEF'FFFF);
  }

  std::uint64_t interesting_address() {
    const std::uint64_t border = random_.pick(borders_);
    if (random_.percent(60)) return border;
    return random_.percent(50) ? border + random_.below(std::uint64_t{1} << 22) : random_.word();
  }

  Random random_;
  platforms::Description description_;
  platforms::Machine machine_{description_};
  platforms::MachineBus bus_{machine_};
  platforms::OperatingSystem system_{machine_, bus_};
  std::vector<std::uint64_t> borders_;
  std::size_t ranges_ = 0;
};

}  // namespace

TEST_CASE("On random platforms the map of every device is a partition that the walk confirms", "[map]") {
  std::size_t ranges = 0;
  for (std::uint64_t seed = 0; seed < platforms_to_try; ++seed) {
    INFO("seed " << seed);
    Subject subject{seed};
    subject.check_every_device();
    ranges += subject.ranges();
  }
  // Platforms that are all one range would prove nothing.
  CHECK(ranges > platforms_to_try * 20);
}
