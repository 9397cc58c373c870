// SPDX-License-Identifier: Apache-2.0
// Oracle: PCI configuration space offsets and ECAM layout (PCIe base specification, 7.2.2), PC behaviour where nothing
// answers (all-ones), and the bench platform's map.
#include "pcie/header.h"
#include "platforms/operating_system.h"
#include "software/pci_setup.h"
#include "support/bench_platform.h"
#include "support/simulated_platform.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

struct LastLanding : modules::TlpObserver {
  void on_tlp(const Access&, const Landing& landed_at, const Path&) override { landing = landed_at; }
  Landing landing;
};

Landing dma(platforms::Simulation& simulation, pcie::NodeIndex device, Operation operation, std::uint64_t address) {
  LastLanding last;
  std::array<unsigned char, 4> data{};
  modules::DmaRequest request;
  request.function = device;
  request.operation = operation;
  request.address = BusAddr{address};
  request.size = data.size();
  request.data = data.data();
  simulation.endpoint(device).transfer(request, Duration{}, simulation.clock(), last);
  return last.landing;
}

}  // namespace

TEST_CASE("Software that has nothing but the simulated processor boots a machine from power-on", "[cpu]") {
  const platforms::Description description = bench_platform();
  platforms::Machine machine{description};
  platforms::Simulation simulation{machine};
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  const pcie::NodeIndex nic = machine.find_function("nic0");
  CHECK(dma(simulation, nic, Operation::read, bench::ring_iova).kind == LandingKind::rejected);

  platforms::OperatingSystem system{machine, simulation.cpu()};
  system.boot();
  CHECK(simulation.cpu().elapsed() > sc_core::SC_ZERO_TIME);
  const Landing ring = dma(simulation, nic, Operation::read, bench::ring_iova + 0x40);
  CHECK(ring.kind == LandingKind::memory);
  CHECK(ring.address == bench::ring + 0x40);

  const auto range = Range<Iova>::from_size(Iova{bench::unmapped_iova}, page_4k);
  CHECK(dma(simulation, nic, Operation::write, bench::unmapped_iova).kind == LandingKind::iommu_fault);
  system.map(nic, {*range, PhysAddr{0x2200'0000}, {true, true}, std::nullopt}, Duration{});
  const Landing mapped = dma(simulation, nic, Operation::write, bench::unmapped_iova + 0x80);
  CHECK(mapped.kind == LandingKind::memory);
  CHECK(mapped.address == 0x2200'0080);
  system.unmap(nic, *range, software::Invalidate::yes, Duration{});
  CHECK(dma(simulation, nic, Operation::write, bench::unmapped_iova).kind == LandingKind::iommu_fault);
}

TEST_CASE("Configuration cycles reach every function through ECAM, in all widths", "[cpu]") {
  SimulatedPlatform platform{bench_platform()};
  platform.start();
  software::CpuBus& cpu = platform.simulation().cpu();
  const RequesterId port = platform.id("dp1");
  // Loader's default IDs: vendor 0x1234, device the Device/Port Type (downstream port: 6).
  CHECK(cpu.config_read(0, port, 0, 4) == 0x0006'1234);
  CHECK(cpu.config_read(0, port, 2, 2) == 0x0006);
  CHECK(cpu.config_read(0, port, 0, 1) == 0x34);
  CHECK(cpu.config_read(0, port, pcie::header::secondary_bus, 1) == platform.id("gpu0").bus());
  CHECK(cpu.load32(PhysAddr{0xB000'0000 + (std::uint64_t{port.raw()} << 12)}) == 0x0006'1234);
}

TEST_CASE("Where no function is, configuration reads give all-ones and writes are lost", "[cpu]") {
  SimulatedPlatform platform{bench_platform()};
  platform.start();
  software::CpuBus& cpu = platform.simulation().cpu();
  const RequesterId nobody{0x1F, 3, 1};
  cpu.config_write(0, nobody, pcie::header::command, 2, 0);
  CHECK(cpu.config_read(0, nobody, 0, 4) == 0xFFFF'FFFF);
  CHECK(cpu.config_read(0, nobody, 0, 2) == 0xFFFF);
  CHECK(cpu.config_read(0, nobody, 0, 1) == 0xFF);
}

TEST_CASE("Configuration cycles of another segment do not reach segment 0", "[cpu]") {
  SimulatedPlatform platform{bench_platform()};
  platform.start();
  software::CpuBus& cpu = platform.simulation().cpu();
  const RequesterId nic = platform.id("nic0");
  const std::uint32_t command = cpu.config_read(0, nic, pcie::header::command, 2);
  CHECK(cpu.config_read(1, nic, 0, 2) == 0xFFFF);
  cpu.config_write(1, nic, pcie::header::command, 2, 0);
  CHECK(cpu.config_read(0, nic, pcie::header::command, 2) == command);
}

TEST_CASE("A configuration write decides the next request", "[cpu]") {
  SimulatedPlatform platform{bench_platform()};
  platform.start();
  const pcie::NodeIndex nic = platform.node("nic0");
  CHECK(dma(platform.simulation(), nic, Operation::read, bench::ring_iova).kind == LandingKind::memory);
  const software::PciFunction function{platform.simulation().cpu(), 0, platform.id("nic0")};
  software::set_bus_master(function, false);
  CHECK(dma(platform.simulation(), nic, Operation::read, bench::ring_iova).kind == LandingKind::rejected);
  software::set_bus_master(function, true);
  CHECK(dma(platform.simulation(), nic, Operation::read, bench::ring_iova).kind == LandingKind::memory);
}

TEST_CASE("Loads and stores reach DRAM, BARs and registers, and all-ones come from nowhere", "[cpu]") {
  SimulatedPlatform platform{bench_platform()};
  platform.start();
  software::CpuBus& cpu = platform.simulation().cpu();
  cpu.store64(PhysAddr{0x2300'0000}, 0x1122'3344'5566'7788);
  CHECK(cpu.load64(PhysAddr{0x2300'0000}) == 0x1122'3344'5566'7788);

  cpu.store32(PhysAddr{bench::gpu_bar0 + 0x104}, 0xCAFE'F00D);
  std::array<unsigned char, 4> bytes{};
  REQUIRE(platform.bars("gpu0").read(0, 0x104, bytes.data(), 4));
  CHECK(bytes == std::array<unsigned char, 4>{0x0D, 0xF0, 0xFE, 0xCA});
  CHECK(cpu.load32(PhysAddr{bench::gpu_bar0 + 0x104}) == 0xCAFE'F00D);

  // VER of the unit at 0xfed9_0000: any major version but none of the values of an empty bus.
  const std::uint32_t version = cpu.load32(PhysAddr{0xFED9'0000});
  CHECK((version >> 4 & 0xF) >= 1);
  CHECK(cpu.load32(PhysAddr{0x9F00'0000}) == 0xFFFF'FFFF);
  CHECK(cpu.load32(PhysAddr{0x20'0000'0000}) == 0xFFFF'FFFF);
}
