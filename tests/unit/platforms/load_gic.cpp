// SPDX-License-Identifier: Apache-2.0
// Oracle: docs/platform-format.md; the bounds of the registers that the keys stand for.
#include "support/arm_platform.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;

namespace {

/// The message with its place.
std::string complaint(const std::vector<std::string>& settings) {
  try {
    test::arm_description(settings);
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

bool complains(const std::vector<std::string>& settings, const std::string& message) {
  return complaint(settings).find(message) != std::string::npos;
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

TEST_CASE("Control pages of command queues are part of an SMMUv3's registers", "[platforms]") {
  const Description d =
      test::arm_description({"iommus.smmu0.minor_version=3", "iommus.smmu0.ecmdq=8", "iommus.smmu0.ecmdq_pages=2"});
  CHECK((d.iommus[0].smmuv3.ecmdq == 8 && d.iommus[0].smmuv3.ecmdq_pages == 2));
  CHECK(complains({"iommus.smmu0.ecmdq=8"}, "iommus.smmu0.ecmdq: found 8, expected 0 with a minor_version below 3"));
  CHECK(complains({"iommus.smmu0.minor_version=3", "iommus.smmu0.ecmdq=256", "iommus.smmu0.ecmdq_pages=256",
                   "iommus.smmu0.registers=0x7F0_0000"},
                  "which meets the registers of"));
}

TEST_CASE("What an SMMUv3 cannot be is refused with its key", "[platforms]") {
  CHECK(complains({"iommus.smmu0.output_address_bits=43"}, "iommus.smmu0.output_address_bits: found 43"));
  CHECK(complains({"iommus.smmu0.registers=0x905_1000"}, "iommus.smmu0.registers: found "));
  CHECK(complains({"iommus.smmu0.fault_records=4"}, "fault_records"));
  CHECK(complains({"iommus.smmu0.stalling=[nic0]"}, "iommus.smmu0.stalling: found devices that stall"));
  CHECK(complains({"iommus.smmu0.streams=[{requester_ids: '00.0', stream: 0}]"},
                  "iommus.smmu0.streams.0.requester_ids: found '00.0'"));
}

TEST_CASE("An ITS has redistributors, and a host bridge a doorbell that is there", "[platforms]") {
  CHECK(complains({"gic={its: {registers: 0x808_0000}}"}, "gic.redistributors: found nothing"));
  CHECK(complains({"gic.gicv2m={registers: 0x808_0000}"}, "gic.gicv2m.registers: found "));
  CHECK(complains({"host_bridges.pcie0.doorbell=local-apic"},
                  "host_bridges.pcie0.doorbell: found 'local-apic', expected what the platform has: its or gicv2m"));
}

TEST_CASE("Message-based SPIs are a distributor's own", "[platforms]") {
  const Description d = test::arm_description(
      {"gic.mbi={registers: 0x800_0000, spis: [{first: 96, count: 32}], level_sensitive: [{first: 100, count: 1}]}"});
  REQUIRE(d.gic->mbi);
  REQUIRE(d.gic->mbi->ranges.size() == 1);
  CHECK((d.gic->mbi->ranges[0].first == 96 && d.gic->mbi->ranges[0].count == 32));
  CHECK(d.gic->mbi->level_sensitive.size() == 1);
  CHECK(complains({"gic.mbi={registers: 0x800_0000, spis: [{first: 1000, count: 100}]}"}, "gic.mbi.spis: found "));
  CHECK(complains({"gic.mbi={registers: 0x800_0000, spis: [{first: 16, count: 1}]}"}, "first: found '16'"));
  CHECK(complains({"gic.mbi={registers: 0x800_0000, level_sensitive: [{first: 32, count: 1}]}"},
                  "gic.mbi.level_sensitive: found "));
  CHECK(complains({"gic.mbi={registers: 0x801_8000}"}, "gic.mbi.registers: found "));
  CHECK(complains({"gic.mbi={registers: 0x808_0000}"}, "which meets the registers of"));
  CHECK(complains({"host_bridges.pcie0.doorbell=mbi"}, "host_bridges.pcie0.doorbell: found 'mbi'"));
}

TEST_CASE("An SMMUv3's own messages go where they can, by a DeviceID of their own", "[platforms]") {
  const std::string msi = "iommus.smmu0.msi=true";
  const std::string its = "iommus.smmu0.doorbell=its";
  CHECK(complains({its}, "iommus.smmu0.doorbell: found 'its', expected no such key without msi: true"));
  CHECK(complains({msi, "iommus.smmu0.doorbell=mbi"},
                  "iommus.smmu0.doorbell: found 'mbi', expected what the platform has: its or gicv2m"));
  CHECK(complains({msi, its}, "iommus.smmu0.device_id: found nothing"));
  CHECK(complains({msi, its, "iommus.smmu0.device_id=0x108"}, "iommus.smmu0.device_id: found 0x108"));
  CHECK(complains({msi, its, "iommus.smmu0.device_id=0x1_0000"}, "iommus.smmu0.device_id: found 0x10000"));
  CHECK(complains({msi, "iommus.smmu0.doorbell=gicv2m", "iommus.smmu0.device_id=7"},
                  "iommus.smmu0.device_id: found 0x7, expected no such key without doorbell: its"));
  const std::string mapped = "gic.its.devices=[{requester_ids: ['01:00.0', '02:00.0'], device: 0x40}]";
  CHECK(complains({msi, its, mapped, "iommus.smmu0.device_id=0x41"}, "iommus.smmu0.device_id: found 0x41"));
  CHECK(complaint({msi, its, mapped, "iommus.smmu0.device_id=0x3f"}) == "none");
}

TEST_CASE("Interrupts to a GIC name a processor and no vector", "[platforms]") {
  CHECK(complains({"software.interrupts.0={device: nic0, vector: 0x41}"},
                  "software.interrupts.0.vector: found 0x41, expected no such key"));
  CHECK(complains({"software.interrupts.0={device: nic0, processor: 2}"},
                  "software.interrupts.0.processor: found 2, expected a processor below 2"));
}

TEST_CASE("The page of a doorbell is one of its domain's own", "[platforms]") {
  const std::string key = "software.domains.disk-driver.doorbell_iova";
  CHECK(test::arm_description({key + "=0xffff_b000"}).domains[1].doorbell_iova == Iova{0xFFFF'B000});
  CHECK(complains({key + "=0xffff_b800"}, key + ": found 0xffffb800, expected a multiple of 4 KiB"));
  CHECK(complains({key + "=0x10_0000"}, key + ": found 0x100000, which is in a mapping, expected a page of its own"));
  CHECK(complains({"iommus.smmu0.rmrs=[{base: 0x5000_0000, size: 64KiB, devices: [disk0]}]", key + "=0x5000_1000"},
                  key + ": found 0x50001000, which is in memory of firmware, expected a page of its own"));
  CHECK(complains({key + "=0x8000_0000_0000_0000"},
                  key + ": found 0x8000000000000000 and 4 KiB, expected addresses of at most 48 bits"));
  CHECK(complains({"software.domains.user.doorbell_iova=0xffff_b000"},
                  "software.domains.user.doorbell_iova: found '0xffff_b000', expected it in a domain of type dma"));
}

TEST_CASE("The window for doorbells is made of pages of every size", "[platforms]") {
  CHECK(complains({"software.msi_window={base: 0x1000, size: 1MiB}"}, "software.msi_window.base: found"));
}
