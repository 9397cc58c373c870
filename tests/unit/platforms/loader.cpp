// SPDX-License-Identifier: Apache-2.0
// Oracle: the sample's text, read by a person.
#include "platforms/loader.h"

#include "platforms/functions.h"
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using test::load;

TEST_CASE("A platform file gives memories, host bridges and devices", "[platforms]") {
  const Description d = load({{"platform: sample", "platform: sample\ntext: two ports\ntrace: a.trace"}});
  CHECK(d.name == "sample");
  CHECK(d.file == "sample.yaml");
  CHECK(d.text == "two ports");
  CHECK(d.trace == "a.trace");
  CHECK(d.expectation.empty());
  REQUIRE(d.memories.size() == 1);
  CHECK(d.memories[0].name == "dram");
  CHECK(d.memories[0].range == Range<PhysAddr>{PhysAddr{0}, PhysAddr{0x7FFF'FFFF}});
  REQUIRE(d.host_bridges.size() == 1);
  const HostBridgeDescription& bridge = d.host_bridges[0];
  CHECK(bridge.last_bus == 5);
  CHECK(bridge.iommu == "dmar0");
  CHECK(bridge.peer_to_peer == pcie::PeerToPeer::through_iommu);
  REQUIRE(bridge.outbound.size() == 2);
  CHECK(bridge.outbound[1].cpu == Range<PhysAddr>{PhysAddr{0x38'0000'0000}, PhysAddr{0x47'FFFF'FFFF}});
  CHECK(bridge.outbound[1].offset == 0);
  REQUIRE(bridge.functions.size() == 2);
  CHECK(bridge.functions[0].kind == FunctionKind::root_port);
  REQUIRE(bridge.functions[0].children.size() == 1);
}

TEST_CASE("A device has its BARs, interrupt capabilities and defaults", "[platforms]") {
  const Description d = load();
  const FunctionDescription& nic = d.host_bridges[0].functions[0].children[0];
  CHECK(nic.name == "nic0");
  CHECK(nic.bus_master);
  CHECK(nic.memory_space);
  CHECK(nic.class_code == 0xFF'0000);
  CHECK_FALSE(nic.acs.has_value());
  REQUIRE(nic.bars.size() == 1);
  CHECK(nic.bars[0].base == BusAddr{0x9000'0000});
  CHECK(nic.bars[0].size == 0x10'0000);
  CHECK_FALSE(nic.bars[0].is_64bit);
  REQUIRE(nic.msix.has_value());
  CHECK(nic.msix->vectors == 8);
  // The pending bit array follows the table: 8 entries of 16 bytes.
  CHECK(nic.msix->pba_offset == 128);
  const FunctionDescription& gpu = d.host_bridges[0].functions[1].children[0];
  CHECK(gpu.bars[0].index == 2);
  CHECK(gpu.bars[0].is_64bit);
  CHECK(gpu.bars[0].prefetchable);
  REQUIRE(gpu.msi.has_value());
  CHECK(gpu.msi->vectors == 4);
}

TEST_CASE("What lspci prints can be written as it stands", "[platforms]") {
  const Description d = load({{"            msi: {vectors: 4}",
                               "            id: 10de:20b0\n"
                               "            class: 3d-controller\n"
                               "            at: 02:00.0\n"
                               "            link: {speed: 16GT/s, width: x16, propagation: 2.5ns}\n"
                               "            max_payload: 512\n"
                               "            max_read_request: 4096\n"
                               "            bus_master: false"}});
  const FunctionDescription& gpu = d.host_bridges[0].functions[1].children[0];
  CHECK(gpu.vendor_id == 0x10DE);
  CHECK(gpu.device_id == 0x20B0);
  CHECK(gpu.class_code == 0x03'0200);
  CHECK(gpu.id == RequesterId{2, 0, 0});
  CHECK(gpu.link.generation == 4);
  CHECK(gpu.link.width == 16);
  CHECK(gpu.link.propagation == Duration{2500});
  CHECK(gpu.max_payload == 512);
  CHECK(gpu.max_read_request == 4096);
  CHECK_FALSE(gpu.bus_master);
}

TEST_CASE("Windows with another address on the other side have an offset", "[platforms]") {
  const Description d = load({{"windows: [{base: 0x9000_0000, size: 256MiB},",
                               "inbound: [{base: 0x8000_0000, size: 1GiB, physical: 0x0}]\n"
                               "    peer_to_peer: denied\n"
                               "    windows: [{base: 0xa000_0000, size: 256MiB, bus: 0x9000_0000},"}});
  const HostBridgeDescription& bridge = d.host_bridges[0];
  CHECK(bridge.peer_to_peer == pcie::PeerToPeer::denied);
  CHECK(bridge.outbound[0].cpu.first == PhysAddr{0xA000'0000});
  CHECK(bridge.outbound[0].offset == 0x1000'0000);
  REQUIRE(bridge.inbound.size() == 1);
  CHECK(bridge.inbound[0].bus == Range<BusAddr>{BusAddr{0x8000'0000}, BusAddr{0xBFFF'FFFF}});
  // bus + offset = 0, modulo 2^64.
  CHECK(bridge.inbound[0].offset == 0xFFFF'FFFF'8000'0000);
}

TEST_CASE("Software has buffers, domains with mappings, and interrupts", "[platforms]") {
  const Description d = load({{"[{iova: 0x10_0000, buffer: ring}]",
                               "[{iova: 0x10_0000, buffer: ring, offset: 4KiB, size: 8KiB, access: read},\n"
                               "                 {iova: 0x20_0000, buffer: ring, access: write},\n"
                               "                 {iova: 0x60_0000, physical: 0x2000_0000, size: 4KiB}]"}});
  REQUIRE(d.domains.size() == 1);
  CHECK(d.domains[0].type == DomainType::unmanaged);
  CHECK(d.domains[0].devices == std::vector<std::string>{"nic0"});
  REQUIRE(d.domains[0].mappings.size() == 3);
  const MappingDescription& part = d.domains[0].mappings[0];
  CHECK(part.iova == Iova{0x10'0000});
  CHECK(part.physical == PhysAddr{0x1000'1000});
  CHECK(part.size == 0x2000);
  CHECK(part.permissions.read);
  CHECK_FALSE(part.permissions.write);
  CHECK(part.buffer == std::size_t{0});
  CHECK(d.domains[0].mappings[1].size == 0x20'0000);
  CHECK_FALSE(d.domains[0].mappings[1].permissions.read);
  CHECK_FALSE(d.domains[0].mappings[2].buffer.has_value());
  REQUIRE(d.interrupts.size() == 1);
  CHECK(d.interrupts[0].index == 1);
  CHECK(d.interrupts[0].vector == 0x41);
  CHECK(d.interrupts[0].apic_id == 2);
}

TEST_CASE("Times can be changed one by one", "[platforms]") {
  const Description d =
      load({{"platform: sample", "platform: sample\ntiming: {memory: {latency: 95ns}, quantum: 2us}"}});
  CHECK(d.timing.host.memory.latency == Duration::nanoseconds(95));
  CHECK(d.timing.quantum == Duration::nanoseconds(2000));
  CHECK(d.timing.switch_port.latency == TimingDescription{}.switch_port.latency);
}

TEST_CASE("Every function is listed with its port and its key path", "[platforms]") {
  const Description d = load();
  const std::vector<FunctionPlace> functions = all_functions(d);
  REQUIRE(functions.size() == 4);
  const FunctionPlace* gpu = find_function(functions, "gpu0");
  REQUIRE(gpu != nullptr);
  CHECK(gpu->path == "host_bridges.pcie0.devices.rp1.devices.gpu0");
  CHECK(gpu->parent->name == "rp1");
  CHECK(gpu->bridge->name == "pcie0");
}
