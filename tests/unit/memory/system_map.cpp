// SPDX-License-Identifier: Apache-2.0
// Oracle: a map of six ranges, looked up on paper.
#include "memory/system_map.h"

#include <catch2/catch.hpp>

#include <limits>
#include <stdexcept>

using namespace iommusim;
using namespace iommusim::memory;

namespace {

Range<PhysAddr> range(std::uint64_t first, std::uint64_t last) {
  return {PhysAddr{first}, PhysAddr{last}};
}

/// Added out of order, as a platform may name them.
SystemMap pc() {
  SystemMap map;
  map.add({range(0x1'0000'0000, 0x1'FFFF'FFFF), TargetKind::memory, 1});
  map.add({range(0xFEE0'0000, 0xFEEF'FFFF), TargetKind::doorbell, 0});
  map.add({range(0, 0x7FFF'FFFF), TargetKind::memory, 0});
  map.add({range(0xB000'0000, 0xBFFF'FFFF), TargetKind::ecam, 0});
  map.add({range(0x9000'0000, 0x9FFF'FFFF), TargetKind::outbound, 0});
  map.add({range(0xFED9'0000, 0xFED9'0FFF), TargetKind::iommu_registers, 0});
  return map;
}

}  // namespace

TEST_CASE("Entries stand in ascending order, whatever the order of adding", "[memory]") {
  const SystemMap map = pc();
  REQUIRE(map.entries().size() == 6);
  for (std::size_t i = 1; i < map.entries().size(); ++i)
    CHECK(map.entries()[i - 1].range.last < map.entries()[i].range.first);
}

TEST_CASE("Two targets never share an address", "[memory]") {
  for (const auto& meets : {range(0x7FFF'FFFF, 0x8000'0000), range(0x8000'0000, 0x9000'0000), range(0x1000, 0x1FFF),
                            range(0x8000'0000, 0xFFFF'FFFF), range(0, 0x7FFF'FFFF)}) {
    SystemMap map = pc();
    CHECK_THROWS_AS(map.add({meets, TargetKind::outbound, 1}), std::invalid_argument);
    CHECK(map.entries().size() == 6);
  }
  SystemMap map = pc();
  map.add({range(0x8000'0000, 0x8FFF'FFFF), TargetKind::outbound, 1});
  CHECK(map.entries().size() == 7);
}

TEST_CASE("An entry is found when it holds the whole access", "[memory]") {
  const SystemMap map = pc();
  const auto kind_at = [&map](std::uint64_t address, std::uint64_t size) -> std::optional<TargetKind> {
    const MapEntry* entry = map.find(PhysAddr{address}, size);
    return entry == nullptr ? std::nullopt : std::optional{entry->kind};
  };
  CHECK(kind_at(0, 1) == TargetKind::memory);
  CHECK(kind_at(0x7FFF'FFFC, 4) == TargetKind::memory);
  CHECK(kind_at(0x7FFF'FFFC, 5) == std::nullopt);
  CHECK(kind_at(0x8000'0000, 1) == std::nullopt);
  CHECK(kind_at(0x9FFF'FFFF, 1) == TargetKind::outbound);
  CHECK(kind_at(0xFED9'0FF8, 8) == TargetKind::iommu_registers);
  CHECK(kind_at(0xFEE0'0000, 4) == TargetKind::doorbell);
  CHECK(kind_at(0x2'0000'0000, 1) == std::nullopt);
  // Size 0 stands at one byte.
  CHECK(kind_at(0xB000'0000, 0) == TargetKind::ecam);
  CHECK(kind_at(0xC000'0000, 0) == std::nullopt);
}

TEST_CASE("An access that passes the end of the address space is in no entry", "[memory]") {
  SystemMap map;
  map.add({Range<PhysAddr>::everything(), TargetKind::memory, 0});
  CHECK(map.find(PhysAddr{std::numeric_limits<std::uint64_t>::max()}, 1) != nullptr);
  CHECK(map.find(PhysAddr{std::numeric_limits<std::uint64_t>::max()}, 2) == nullptr);
}

TEST_CASE("The last hit does not hide the right entry", "[memory]") {
  const SystemMap map = pc();
  for (int round = 0; round < 2; ++round) {
    CHECK(map.find(PhysAddr{0x1000}, 4)->index == 0);
    CHECK(map.find(PhysAddr{0x1'0000'0000}, 4)->index == 1);
    CHECK(map.find(PhysAddr{0x8000'0000}, 4) == nullptr);
  }
}

TEST_CASE("Devices reach memory, outbound windows and the doorbell", "[memory]") {
  const SystemMap map = pc();
  const SystemDecision memory = decide_dma_target(map, PhysAddr{0x1'0000'0000}, 64);
  REQUIRE(memory.target != nullptr);
  CHECK(memory.target->index == 1);
  CHECK(memory.rule == &rules::dram);
  CHECK(decide_dma_target(map, PhysAddr{0x9000'0000}, 64).rule == &rules::outbound_window);
  CHECK(decide_dma_target(map, PhysAddr{0xFEE0'1000}, 4).rule == &rules::doorbell);
}

TEST_CASE("Registers and configuration space answer no device", "[memory]") {
  const SystemMap map = pc();
  for (const std::uint64_t address : {0xFED9'0000, 0xB000'0000}) {
    const SystemDecision decision = decide_dma_target(map, PhysAddr{address}, 4);
    CHECK(decision.target == nullptr);
    CHECK(decision.rule == &rules::not_a_dma_target);
  }
}

TEST_CASE("Where nothing answers, nothing is reached", "[memory]") {
  const SystemMap map = pc();
  CHECK(decide_dma_target(map, PhysAddr{0x8000'0000}, 4).target == nullptr);
  CHECK(decide_dma_target(map, PhysAddr{0x8000'0000}, 4).rule == &rules::unclaimed);
  CHECK(decide_dma_target(map, PhysAddr{0x7FFF'FFF0}, 64).rule == &rules::unclaimed);
}
