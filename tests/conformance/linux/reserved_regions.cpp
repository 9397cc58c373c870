// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements on software policy of docs/compliance.md.
#include "software/reserved_regions.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace iommusim;
using namespace iommusim::software;

namespace {

constexpr std::uint64_t last_address = ~std::uint64_t{0};

ReservedRegion region(std::uint64_t first, std::uint64_t last, ReservedType type) {
  return {{Iova{first}, Iova{last}}, type};
}

std::vector<std::string> lines(const ReservedRegions& regions) {
  std::vector<std::string> all;
  for (const ReservedRegion& one : regions)
    all.push_back(sysfs_line(one));
  return all;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("POL-001 An Intel NIC without RMRR has one line: the interrupt window", "[linux]") {
  CHECK(lines(vtd_reserved_regions({0x02'0000, {}})) == Lines{"0x00000000fee00000 0x00000000feefffff msi"});
}

TEST_CASE("POL-003 An Arm SMMU device without a hardware window has the window for translated doorbells", "[linux]") {
  CHECK(lines(arm_reserved_regions({0x02'0000, {}})) == Lines{"0x0000000008000000 0x00000000080fffff msi"});
}

TEST_CASE("POL-004 Both kinds of MSI window have the same string and stay apart", "[linux]") {
  ReservedRegions regions;
  regions.insert(region(0xC601'0000, 0xC601'FFFF, ReservedType::msi));
  regions.insert(region(0x0800'0000, 0x080F'FFFF, ReservedType::software_msi));
  CHECK(lines(regions) ==
        Lines{"0x0000000008000000 0x00000000080fffff msi", "0x00000000c6010000 0x00000000c601ffff msi"});
}

TEST_CASE("POL-005 Both addresses have 16 digits, and the second is the last of the region", "[linux]") {
  CHECK(sysfs_line(region(0, 0xFFF, ReservedType::direct)) == "0x0000000000000000 0x0000000000000fff direct");
  CHECK(sysfs_line(region(0x1000, last_address, ReservedType::reserved)) ==
        "0x0000000000001000 0xffffffffffffffff reserved");
}

TEST_CASE("POL-006 Regions are sorted by start, and by type where the start is the same", "[linux]") {
  ReservedRegions regions;
  regions.insert(region(0x3000, 0x3FFF, ReservedType::msi));
  regions.insert(region(0x1000, 0x1FFF, ReservedType::software_msi));
  regions.insert(region(0x1000, 0x2FFF, ReservedType::reserved));
  regions.insert(region(0x1000, 0x17FF, ReservedType::direct_relaxable));
  regions.insert(region(0x1000, 0x4FFF, ReservedType::direct));
  CHECK(lines(regions) ==
        Lines{"0x0000000000001000 0x0000000000004fff direct", "0x0000000000001000 0x00000000000017ff direct-relaxable",
              "0x0000000000001000 0x0000000000002fff reserved", "0x0000000000001000 0x0000000000001fff msi",
              "0x0000000000003000 0x0000000000003fff msi"});
}

TEST_CASE("POL-007 Regions of one type that overlap or touch become one", "[linux]") {
  ReservedRegions regions;
  regions.insert(region(0x1000, 0x1FFF, ReservedType::reserved));
  regions.insert(region(0x3000, 0x3FFF, ReservedType::reserved));
  regions.insert(region(0x5001, 0x5FFF, ReservedType::reserved));
  CHECK(regions.size() == 3);
  regions.insert(region(0x2000, 0x2FFF, ReservedType::reserved));
  CHECK(lines(regions) ==
        Lines{"0x0000000000001000 0x0000000000003fff reserved", "0x0000000000005001 0x0000000000005fff reserved"});
  regions.insert(region(0x1800, 0x1FFF, ReservedType::reserved));
  CHECK(regions.size() == 2);
}

TEST_CASE("POL-007 A region of another type between two of one type does not keep them apart", "[linux]") {
  ReservedRegions regions;
  regions.insert(region(0x1000, 0x1FFF, ReservedType::direct));
  regions.insert(region(0x1800, 0x27FF, ReservedType::msi));
  regions.insert(region(0x2000, 0x2FFF, ReservedType::direct));
  CHECK(lines(regions) ==
        Lines{"0x0000000000001000 0x0000000000002fff direct", "0x0000000000001800 0x00000000000027ff msi"});
}

TEST_CASE("POL-008 Regions of different type that overlap are printed whole", "[linux]") {
  // Seed experiment 10.
  ReservedRegions regions;
  regions.insert(region(0x7B00'0000, 0x7F7F'FFFF, ReservedType::direct_relaxable));
  regions.insert(region(0x7D00'0000, 0x7DFF'FFFF, ReservedType::direct));
  CHECK(lines(regions) == Lines{"0x000000007b000000 0x000000007f7fffff direct-relaxable",
                                "0x000000007d000000 0x000000007dffffff direct"});
}

TEST_CASE("POL-009 Two regions of one type that both end at 2^64 - 1 stay two", "[linux]") {
  ReservedRegions regions;
  regions.insert(region(last_address - 0xFFF, last_address, ReservedType::reserved));
  regions.insert(region(last_address - 0x7FF, last_address, ReservedType::reserved));
  CHECK(regions.size() == 2);
}

TEST_CASE("POL-045 The ISA bridge has 16 MiB, relaxable, only with the floppy workaround", "[linux]") {
  const ReportedDevice isa_bridge{0x06'0100, {}};
  CHECK(lines(vtd_reserved_regions(isa_bridge, FloppyWorkaround::on)) ==
        Lines{"0x0000000000000000 0x0000000000ffffff direct-relaxable", "0x00000000fee00000 0x00000000feefffff msi"});
  CHECK(lines(vtd_reserved_regions(isa_bridge, FloppyWorkaround::off)) ==
        Lines{"0x00000000fee00000 0x00000000feefffff msi"});
}

TEST_CASE("An RMRR is relaxable for USB and graphics and direct for all others", "[linux]") {
  // Seed experiment 11: both devices in one group.
  const Range<Iova> rmrr{Iova{0xDB00'0000}, Iova{0xDB0F'FFFF}};
  ReservedRegions group;
  group.insert_all(vtd_reserved_regions({0x0C'0330, {rmrr}}));
  group.insert_all(vtd_reserved_regions({0x02'0000, {rmrr}}));
  CHECK(lines(group) == Lines{"0x00000000db000000 0x00000000db0fffff direct",
                              "0x00000000db000000 0x00000000db0fffff direct-relaxable",
                              "0x00000000fee00000 0x00000000feefffff msi"});
  CHECK(lines(vtd_reserved_regions({0x03'0000, {rmrr}})).front() ==
        "0x00000000db000000 0x00000000db0fffff direct-relaxable");
}

TEST_CASE("POL-044 A region of an Arm device is direct unless firmware permits that it is remapped", "[linux]") {
  const Range<Iova> rmr{Iova{0x0100'0000}, Iova{0x10FF'FFFF}};
  CHECK(lines(arm_reserved_regions({0x02'0000, {rmr}})).front() == "0x0000000001000000 0x0000000010ffffff direct");
  // A class that Intel's driver takes for relaxable says nothing here.
  CHECK(lines(arm_reserved_regions({0x0C'0330, {rmr}})).front() == "0x0000000001000000 0x0000000010ffffff direct");
  CHECK(lines(arm_reserved_regions({0x02'0000, {}, {rmr}})).front() ==
        "0x0000000001000000 0x0000000010ffffff direct-relaxable");
}
