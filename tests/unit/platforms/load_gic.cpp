// SPDX-License-Identifier: Apache-2.0
// Oracle: docs/platform-format.md; the bounds of the registers that the keys stand for.
#include "support/arm_platform.h"
#include "support/error_text.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;

namespace {

/// The message without file and place.
std::string complaint(const std::vector<std::string>& settings) {
  try {
    test::arm_description(settings);
  } catch (const InputError& error) {
    const std::string text = error.what();
    return text.substr(text.find(": ") + 2);
  }
  return "none";
}

}  // namespace

TEST_CASE("An SMMUv3 has the streams and caches of the file, and what the file leaves out by default", "[platforms]") {
  const Description d =
      test::arm_description({"iommus.smmu0.streams=[{requester_ids: ['01:00.0', '01:00.7'], stream: 0x200}]",
                             "iommus.smmu0.stage_2=true", "iommus.smmu0.tlb={entries: 64, ways: 8}",
                             "iommus.smmu0.stall_model=stall-and-terminate", "iommus.smmu0.max_stalls=4"});
  const smmuv3::UnitConfig& unit = d.iommus[0].smmuv3;
  CHECK(d.iommus[0].kind == IommuKind::smmuv3);
  CHECK(unit.register_base == PhysAddr{0x905'0000});
  CHECK((unit.stage_1 && unit.stage_2));
  REQUIRE(unit.streams.size() == 1);
  CHECK(unit.streams[0].first == RequesterId{1, 0, 0});
  CHECK(unit.streams[0].count == 8);
  CHECK(unit.streams[0].stream == 0x200);
  CHECK((unit.tlb_entries == 64 && unit.tlb_ways == 8));
  CHECK(unit.stall_model == smmuv3::StallModel::stall_and_terminate);
  CHECK(d.domains[0].stage == software::Stage::first);
  CHECK_FALSE(d.local_apic);
}

TEST_CASE("What an SMMUv3 cannot be is refused with its key", "[platforms]") {
  CHECK(complaint({"iommus.smmu0.output_address_bits=43"}).find("iommus.smmu0.output_address_bits: found 43") == 0);
  CHECK(complaint({"iommus.smmu0.registers=0x905_1000"}).find("iommus.smmu0.registers: found ") == 0);
  CHECK(complaint({"iommus.smmu0.fault_records=4"}).find("iommus.smmu0: found the unknown key") != 0);
  CHECK(complaint({"iommus.smmu0.stalling=[nic0]"}).find("iommus.smmu0.stalling: found devices that stall") == 0);
  CHECK(complaint({"iommus.smmu0.streams=[{requester_ids: '00.0', stream: 0}]"})
            .find("iommus.smmu0.streams.0.requester_ids: found '00.0'") == 0);
}

TEST_CASE("An ITS has redistributors, and a host bridge a doorbell that is there", "[platforms]") {
  CHECK(complaint({"gic={its: {registers: 0x808_0000}}"}).find("gic.redistributors: found nothing") == 0);
  CHECK(complaint({"gic.gicv2m={registers: 0x808_0000}"}).find("gic.gicv2m.registers: found ") == 0);
  CHECK(complaint({"host_bridges.pcie0.doorbell=local-apic"})
            .find("host_bridges.pcie0.doorbell: found 'local-apic', expected what the platform has: its or gicv2m") ==
        0);
}

TEST_CASE("Interrupts to a GIC name a processor and no vector", "[platforms]") {
  CHECK(complaint({"software.interrupts.0={device: nic0, vector: 0x41}"})
            .find("software.interrupts.0.vector: found 0x41, expected no such key") == 0);
  CHECK(complaint({"software.interrupts.0={device: nic0, processor: 2}"}) ==
        "software.interrupts.0.processor: found 2, expected a processor below 2");
}

TEST_CASE("The window for doorbells is made of pages of every size", "[platforms]") {
  CHECK(complaint({"software.msi_window={base: 0x1000, size: 1MiB}"}).find("software.msi_window.base: found") == 0);
}
