// SPDX-License-Identifier: Apache-2.0
// Oracle: Linux's policies for doorbells (reference sheet linux-iommu-policy, 3.3: 0xFFFFF040 on a TaiShan 200,
// 0x8000000 for users) and gic-msi 8, statements GIC-013 and GIC-014; INTIDs of LPIs begin at 8192 (GICv3
// architecture, 2.2.1).
#include "interrupts/gic/rules.h"
#include "support/arm_platform.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using test::BootedArm;

TEST_CASE("A domain of the DMA API has the doorbell at the highest free page below 4 GiB", "[platforms][gic]") {
  BootedArm arm;
  CHECK(arm.programmed("disk0", 0).message.address == BusAddr{0xFFFF'F040});
  const Walk first = arm.walk_message("disk0", 0);
  const Walk second = arm.walk_message("disk0", 1);
  REQUIRE(first.landing.kind == LandingKind::interrupt);
  REQUIRE(second.landing.kind == LandingKind::interrupt);
  CHECK(arm.machine.name(first.landing.where) == "its");
  CHECK(first.landing.vector >= 8192);
  CHECK(first.landing.vector == arm.programmed("disk0", 0).vector);
  CHECK(second.landing.vector == arm.programmed("disk0", 1).vector);
  CHECK(first.landing.vector != second.landing.vector);
}

TEST_CASE("Mappings and windows push the doorbell of a domain of the DMA API down", "[platforms][gic]") {
  BootedArm mapped{{"software.domains.disk-driver.mappings.0.iova=0xffff_f000"}};
  CHECK(mapped.programmed("disk0", 0).message.address == BusAddr{0xFFFF'E040});
  BootedArm hole{{"host_bridges.pcie0.inbound=[{base: 0x4000_0000, size: 1GiB}]"}};
  CHECK(hole.programmed("disk0", 0).message.address == BusAddr{0x7FFF'F040});
  CHECK(hole.walk_message("disk0", 0).landing.kind == LandingKind::interrupt);
}

TEST_CASE("A domain of the DMA API has the doorbell where the file says", "[platforms][gic]") {
  BootedArm arm{{"software.domains.disk-driver.doorbell_iova=0xffff_b000"}};
  CHECK(arm.programmed("disk0", 0).message.address == BusAddr{0xFFFF'B040});
  CHECK(arm.programmed("disk0", 1).message.address == BusAddr{0xFFFF'B040});
  CHECK(arm.walk_message("disk0", 0).landing.kind == LandingKind::interrupt);
}

TEST_CASE("POL-021 Devices of one domain of the DMA API share the page of their doorbell", "[platforms][gic]") {
  BootedArm arm{{"software.domains.user={name: user, type: dma, devices: [nic0, disk0]}",
                 "software.domains.disk-driver={name: disk-driver, type: blocked, devices: []}"}};
  CHECK(arm.programmed("nic0", 2).message.address == BusAddr{0xFFFF'F040});
  CHECK(arm.programmed("disk0", 0).message.address == BusAddr{0xFFFF'F040});
  CHECK(arm.walk_message("nic0", 2).landing.kind == LandingKind::interrupt);
  CHECK(arm.walk_message("disk0", 0).landing.kind == LandingKind::interrupt);
}

TEST_CASE("A domain that has no address left for its doorbell is named", "[platforms][gic]") {
  // Both windows of the host bridge are the same: what devices could send is for BARs.
  const std::string only_window = "host_bridges.pcie0.inbound=[{base: 0x1000_0000, size: 256MiB}]";
  const std::string unmapped = "software.domains.disk-driver={name: disk-driver, type: dma, devices: [disk0]}";
  CHECK_THROWS_WITH((BootedArm{{only_window, unmapped}}),
                    "arm.yaml: domain disk-driver: no page is left for doorbells up to 0xffffffffffffffff");
}

TEST_CASE("A user-owned domain has the doorbell in the fixed window, wherever that is", "[platforms][gic]") {
  BootedArm arm;
  CHECK(arm.programmed("nic0", 2).message.address == BusAddr{0x800'0040});
  const Walk way = arm.walk_message("nic0", 2);
  REQUIRE(way.landing.kind == LandingKind::interrupt);
  CHECK(way.landing.destination == 1);
  BootedArm moved{{"software.msi_window={base: 0xa000_0000, size: 1MiB}"}};
  CHECK(moved.programmed("nic0", 2).message.address == BusAddr{0xA000'0040});
  CHECK(moved.walk_message("nic0", 2).landing.kind == LandingKind::interrupt);
}

TEST_CASE(
    "POL-047 Behind a hole in the inbound windows the kernel gets interrupts, and users only from a window in one",
    "[platforms][gic]") {
  const std::string inbound = "host_bridges.pcie0.inbound=[{base: 0x4000_0000, size: 1GiB}]";
  BootedArm arm{{inbound}};
  CHECK(arm.walk_message("disk0", 0).landing.kind == LandingKind::interrupt);
  CHECK(arm.programmed("nic0", 2).message.address == BusAddr{0x800'0040});
  CHECK(arm.walk_message("nic0", 2).landing.kind == LandingKind::rejected);
  BootedArm moved{{inbound, "software.msi_window={base: 0x7000_0000, size: 1MiB}"}};
  CHECK(moved.walk_message("nic0", 2).landing.kind == LandingKind::interrupt);
}

TEST_CASE("What a user maps over the window is not there, what lies around it is", "[platforms][gic]") {
  BootedArm arm;
  const auto write = [&arm](std::uint64_t iova) { return arm.walk("nic0", test::dma(Operation::write, iova)).landing; };
  CHECK(write(0x7FF'FFC0).kind == LandingKind::memory);
  CHECK(write(0x7FF'FFC0).address == 0x5007'FFC0);
  CHECK(write(0x800'0100).rule == &gic::rules::not_a_doorbell);
  CHECK(write(0x800'1000).kind == LandingKind::iommu_fault);
}

TEST_CASE("A domain without translation has the doorbell at its physical address", "[platforms][gic]") {
  BootedArm arm{{"software.domains.disk-driver={name: disk-driver, type: identity, devices: [disk0]}"}};
  CHECK(arm.programmed("disk0", 0).message.address == BusAddr{0x809'0040});
  CHECK(arm.walk_message("disk0", 0).landing.kind == LandingKind::interrupt);
}

TEST_CASE("Devices of a host bridge with a GICv2m send INTIDs of SPIs", "[platforms][gic]") {
  BootedArm arm{{"host_bridges.pcie0.doorbell=gicv2m", "software.interrupts.0={device: nic0, index: 2}"}};
  const Walk way = arm.walk_message("disk0", 1);
  REQUIRE(way.landing.kind == LandingKind::interrupt);
  CHECK(arm.machine.name(way.landing.where) == "gicv2m");
  CHECK(way.landing.vector >= 80);
  CHECK(way.landing.vector < 96);
  CHECK(way.landing.vector == arm.programmed("disk0", 1).vector);
}

TEST_CASE("A message under a requester ID without DeviceID raises nothing", "[platforms][gic]") {
  BootedArm arm{{"gic.its.devices=[{requester_ids: ['01:00.0', '02:00.0'], device: 0x40}]"}};
  CHECK(arm.walk_message("disk0", 0).landing.kind == LandingKind::interrupt);
  CHECK_THROWS_AS((BootedArm{{"gic.its.devices=[{requester_ids: '01:00.0', device: 0x40}]"}}), InputError);
}

TEST_CASE("Devices of a host bridge with message-based SPIs write GICD_SETSPI_NSR", "[platforms][gic]") {
  BootedArm arm{{"gic.mbi={registers: 0x800_0000, spis: [{first: 96, count: 32}]}", "host_bridges.pcie0.doorbell=mbi",
                 "software.interrupts.0={device: nic0, index: 2}"}};
  CHECK(arm.programmed("disk0", 1).message.address == BusAddr{0xFFFF'F040});
  const Walk way = arm.walk_message("disk0", 1);
  REQUIRE(way.landing.kind == LandingKind::interrupt);
  CHECK(arm.machine.name(way.landing.where) == "mbi");
  CHECK(way.landing.vector >= 96);
  CHECK(way.landing.vector < 128);
  CHECK(way.landing.vector == arm.programmed("disk0", 1).vector);
  CHECK(arm.walk_message("nic0", 2).landing.vector == arm.programmed("nic0", 2).vector);
}

TEST_CASE("An SMMUv3 with a doorbell has a message for each of its interrupts", "[platforms][gic]") {
  const auto address = [](const BootedArm& arm, std::uint64_t offset) {
    return arm.machine.iommu(0).read_register(offset, 8);
  };
  const auto data = [](const BootedArm& arm, std::uint64_t offset) {
    return arm.machine.iommu(0).read_register(offset + 8, 4);
  };
  constexpr std::uint64_t error = 0x68, event = 0xB0, page_request = 0xD0;
  const BootedArm its{{"iommus.smmu0.msi=true", "iommus.smmu0.ats=true", "iommus.smmu0.pri=true",
                       "iommus.smmu0.page_request_queue_bits=8", "iommus.smmu0.doorbell=its",
                       "iommus.smmu0.device_id=7",
                       "gic.its.devices=[{requester_ids: ['01:00.0', '02:00.0'], device: 0x400}]"}};
  for (const std::uint64_t source : {error, event, page_request})
    CHECK(address(its, source) == 0x809'0040);
  CHECK((data(its, event) == 0 && data(its, error) == 1 && data(its, page_request) == 2));
  const BootedArm frame{{"iommus.smmu0.msi=true", "iommus.smmu0.doorbell=gicv2m"}};
  CHECK((address(frame, error) == 0x802'0040 && address(frame, event) == 0x802'0040));
  CHECK((data(frame, event) == 80 && data(frame, error) == 81));
  CHECK(address(frame, page_request) == 0);
  const BootedArm wired{{"iommus.smmu0.msi=true"}};
  CHECK((address(wired, error) == 0 && address(wired, event) == 0));
}
