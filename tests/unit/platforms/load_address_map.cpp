// SPDX-License-Identifier: Apache-2.0
// Oracle: the position of the '@' in each text; Intel SDM volume 3, 11.11.1 (the interrupt window).
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using test::check_error;
using test::edited;
using test::load;

namespace {

const std::string alone = ", expected physical addresses that nothing else has";

}  // namespace

TEST_CASE("Two memories share no address", "[platforms]") {
  check_error(edited({{"size: 2GiB}", "size: 2GiB}\n  - {name: more, base: @1GiB, size: 4KiB}"}}),
              "memory.more.base: found 0x40000000-0x40000fff, which meets the memory 'dram'" + alone);
}

TEST_CASE("Memory stays out of the interrupt window", "[platforms]") {
  const std::string more = "size: 2GiB}\n  - {name: more, base: @0xfee0_0000, size: 4KiB}";
  check_error(edited({{"size: 2GiB}", more}}),
              "memory.more.base: found 0xfee00000-0xfee00fff, which meets the interrupt window" + alone);
}

TEST_CASE("Without local APICs the interrupt window is free for memory", "[platforms]") {
  const Description d = load({{"platform: sample", "platform: sample\nlocal_apic: false"},
                              {"size: 2GiB}", "size: 2GiB}\n  - {name: more, base: 0xfee0_0000, size: 4KiB}"},
                              {"  interrupts: [{device: nic0, index: 1, vector: 0x41, apic_id: 2}]\n", ""}});
  CHECK(d.memories.size() == 2);
}

TEST_CASE("Memory stays out of the configuration space", "[platforms]") {
  check_error(edited({{"platform: sample", "platform: sample\necam: 0x4000_0000"}, {"base: 0,", "base: @0,"}}),
              "memory.dram.base: found 0x0-0x7fffffff, which meets the configuration space (ecam)" + alone);
  check_error(edited({{"platform: sample", "platform: sample\necam: @0xb000_1000"}}),
              "ecam: found 0xb0001000, expected a multiple of 256 MiB");
}

TEST_CASE("Windows of a host bridge stay out of memory", "[platforms]") {
  check_error(edited({{"{base: 0x9000_0000, size: 256MiB}", "{base: @0x7000_0000, size: 768MiB}"}}),
              "host_bridges.pcie0.windows.0.base: found 0x70000000-0x9fffffff, which meets the memory 'dram'" + alone);
}

TEST_CASE("The register page of an IOMMU has its addresses for itself", "[platforms]") {
  check_error(edited({{"registers: 0xfed9_0000", "registers: @0x1000"}}),
              "iommus.dmar0.registers: found 0x1000-0x1fff, which meets the memory 'dram'" + alone);
  check_error(edited({{"registers: 0xfed9_0000}",
                       "registers: 0xfed9_0000}\n  - {name: dmar1, type: vt-d, registers: @0xfed9_0000}"}}),
              "iommus.dmar1.registers: found 0xfed90000-0xfed90fff, which meets the registers of 'dmar0'" + alone);
  check_error(edited({{"registers: 0xfed9_0000", "registers: @0xfed9_0800"}}),
              "iommus.dmar0.registers: found 0xfed90800, expected the address of a 4 KiB page");
}

TEST_CASE("Two windows of a host bridge share no bus address", "[platforms]") {
  check_error(edited({{"{base: 0x38_0000_0000, size: 64GiB}",
                       "{base: 0x38_0000_0000, size: 64GiB}, @{base: 0xa000_0000, size: 1MiB, bus: 0x9000_0000}"}}),
              "host_bridges.pcie0.windows.2: found the bus addresses 0x90000000-0x900fffff of an earlier window, "
              "expected disjoint bus addresses");
  check_error(
      edited({{"iommu: dmar0", "iommu: dmar0\n    inbound: [{base: 0, size: 2GiB}, @{base: 1GiB, size: 4KiB}]"}}),
      "host_bridges.pcie0.inbound.1: found 0x40000000-0x40000fff, which meets an earlier window, expected "
      "disjoint bus addresses");
}

TEST_CASE("Inbound windows are made of whole pages", "[platforms]") {
  const auto with = [](const std::string& window) {
    return edited({{"iommu: dmar0", "iommu: dmar0\n    inbound: [" + window + "]"}});
  };
  const std::string path = "host_bridges.pcie0.inbound.0.";
  check_error(with("{base: @0x800, size: 4KiB}"), path + "base: found '0x800', expected a multiple of 4 KiB");
  check_error(with("{base: 0, size: @0x1001}"), path + "size: found '0x1001', expected a multiple of 4 KiB");
  check_error(with("{base: 0, size: 4KiB, physical: @0x10}"),
              path + "physical: found '0x10', expected a multiple of 4 KiB");
}

namespace {

const std::string two_segments = R"(platform: segments
memory: [{name: dram, base: 0, size: 2GiB}]
host_bridges:
  - {name: a, windows: [{base: 0xc000_0000, size: 256MiB}]}
  - {name: b, segment: 1}
  - {name: c, segment: 7}
)";

}  // namespace

TEST_CASE("Segments without a region get the first free one above that of segment 0", "[platforms]") {
  const Description d = load_platform_text(two_segments, "segments.yaml");
  REQUIRE(d.ecam.size() == 3);
  CHECK(d.ecam[0].base == PhysAddr{0xB000'0000});
  CHECK(d.ecam[1].segment == 1);
  CHECK(d.ecam[1].base == PhysAddr{0xD000'0000});
  CHECK(d.ecam[2].segment == 7);
  CHECK(d.ecam[2].base == PhysAddr{0xE000'0000});
}

TEST_CASE("Each segment's configuration space can be placed", "[platforms]") {
  const Description d = load_platform_text("ecam: [{segment: 1, base: 0x1_0000_0000}]\n" + two_segments, "s.yaml");
  REQUIRE(d.ecam.size() == 3);
  CHECK(d.ecam[0].base == PhysAddr{0x1'0000'0000});
  CHECK(d.ecam[1].segment == 0);
  CHECK(d.ecam[1].base == PhysAddr{0xB000'0000});
  CHECK(d.ecam[2].base == PhysAddr{0xD000'0000});
  check_error("ecam: [{segment: 0, base: 0xb000_0000}, {segment: 1, base: @0xb000_0000}]\n" + two_segments,
              "ecam.1.base: found 0xb0000000-0xbfffffff, which meets the configuration space (ecam)" + alone);
  check_error("ecam: [{segment: 1, base: 0xd000_0000}, {segment: @1, base: 0xe000_0000}]\n" + two_segments,
              "ecam.1.segment: found 1 a second time, expected every segment once");
}
