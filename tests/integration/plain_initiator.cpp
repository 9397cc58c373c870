// SPDX-License-Identifier: Apache-2.0
// Oracle: the TLM conventions of docs and headers (base protocol, default requester, response mapping), and the
// mappings of the bench platform.
#include "support/plain_initiator.h"

#include "platforms/machine_bus.h"
#include "platforms/operating_system.h"
#include "platforms/timing_network.h"
#include "software/pci_setup.h"
#include "support/bench_platform.h"
#include "support/vtd_unit.h"
#include "timing/loose_clock.h"
#include "tlm/iommu_module.h"
#include "tlm/link_terminator.h"
#include "tlm/local_apic_module.h"
#include "tlm/memory_module.h"
#include "tlm/switch_module.h"

#include <catch2/catch.hpp>

#include <memory>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

/// The bench platform's IOMMU and memory with sockets of their own. Requests on dma_in are nic0's by default.
struct IommuBench {
  IommuBench() {
    system.boot();
    const pcie::NodeIndex nic = machine.find_function("nic0");
    modules::IommuConfig config;
    config.default_requester = machine.topology()[nic].requester;
    iommu = std::make_unique<modules::IommuModule>("iommu", machine.iommu_id(0), machine.iommu(0), clock, config);
    iommu->memory_out.bind(memory.port);
    iommu->interrupt_out.bind(apic.doorbell);
    cpu.socket.bind(iommu->registers);
  }

  platforms::Description description = bench_platform();
  platforms::Machine machine{description};
  platforms::MachineBus bus{machine};
  platforms::OperatingSystem system{machine, bus};
  platforms::TimingNetwork network{machine};
  timing::LooseClock clock{network.network()};
  modules::MemoryModule memory{"memory", machine.memory(), sc_core::SC_ZERO_TIME};
  modules::LocalApicModule apic{"apic", machine.local_apic_id(), machine.local_apic(), sc_core::SC_ZERO_TIME};
  std::unique_ptr<modules::IommuModule> iommu;
  PlainInitiator cpu{"cpu"};
};

struct PlainDeviceBench : IommuBench {
  PlainDeviceBench() {
    device.socket.bind(iommu->dma_in);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  PlainInitiator device{"device"};
};

/// The bench platform's switch, with a plain initiator where nic0 is. Above it, the IOMMU.
struct PlainSwitchBench : IommuBench {
  PlainSwitchBench() {
    pcie::Topology& topology = machine.topology();
    modules::SwitchConfig config;
    config.upstream_port = machine.find_function("sw0");
    config.downstream_ports = topology[config.upstream_port].children;
    config.upstream_channel = *network.up(config.upstream_port);
    for (const pcie::NodeIndex port : config.downstream_ports)
      config.downstream_channels.push_back(network.down(topology[port].children.front()));
    fabric = std::make_unique<modules::SwitchModule>("switch", topology, clock, config);
    fabric->upstream_out.bind(iommu->dma_in);
    from_above.socket.bind(fabric->upstream_in);
    device.socket.bind(fabric->downstream_in[0]);
    fabric->downstream_out[0].bind(to_device.socket);
    plug(1, peer);
    plug(2, other);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  void plug(std::size_t port, modules::LinkTerminator& end) {
    end.upstream.bind(fabric->downstream_in[port]);
    fabric->downstream_out[port].bind(end.downstream);
  }

  std::unique_ptr<modules::SwitchModule> fabric;
  PlainInitiator from_above{"from_above"};
  PlainInitiator device{"device"};
  PlainTarget to_device{"to_device"};
  modules::LinkTerminator peer{"peer", machine.topology(), machine.find_function("sw0")};
  modules::LinkTerminator other{"other", machine.topology(), machine.find_function("sw0")};
};

std::vector<unsigned char> memory_at(platforms::Machine& machine, std::uint64_t physical, std::size_t size) {
  std::vector<unsigned char> bytes(size);
  REQUIRE(machine.memory().read(PhysAddr{physical}, bytes.data(), size));
  return bytes;
}

}  // namespace

TEST_CASE("A request without extension on an IOMMU's socket is made by the socket's default requester", "[tlm]") {
  PlainDeviceBench bench;
  const std::vector<unsigned char> written{1, 2, 3, 4, 5};
  CHECK(bench.device.write(bench::ring_iova + 0x123, written) == tlm::TLM_OK_RESPONSE);
  CHECK(memory_at(bench.machine, bench::ring + 0x123, 5) == written);
  std::vector<unsigned char> read(5);
  CHECK(bench.device.read(bench::ring_iova + 0x123, read) == tlm::TLM_OK_RESPONSE);
  CHECK(read == written);
}

TEST_CASE("A payload leaves an IOMMU with the address it came with and without an extension of ours", "[tlm]") {
  PlainDeviceBench bench;
  std::vector<unsigned char> data(16);
  for (const std::uint64_t address : {bench::ring_iova, bench::unmapped_iova, std::uint64_t{0xFEE0'0000}}) {
    PlainPayload payload{tlm::TLM_WRITE_COMMAND, address, data};
    bench.device.send(payload);
    CHECK(payload.get_address() == address);
    CHECK(payload.get_extension<modules::DmaExtension>() == nullptr);
  }
}

TEST_CASE("Refused by an IOMMU, reads and writes alike end with an address error", "[tlm]") {
  PlainDeviceBench bench;
  std::vector<unsigned char> data(8);
  CHECK(bench.device.read(bench::unmapped_iova, data) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(bench.device.write(bench::unmapped_iova, data) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(bench.device.write(bench::read_only_iova, data) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(bench.device.read(0xFEE0'0000, data) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(memory_at(bench.machine, bench::read_only, 8) == std::vector<unsigned char>(8));
}

TEST_CASE("A plain four-byte write to the interrupt window becomes an interrupt of the default requester", "[tlm]") {
  PlainDeviceBench bench;
  CHECK(bench.device.write(0xFEE0'3000, {0x77, 0, 0, 0}) == tlm::TLM_OK_RESPONSE);
  REQUIRE(bench.machine.local_apic().delivered() == 1);
  const interrupts::Interrupt& interrupt = bench.machine.local_apic().records().front().interrupt;
  CHECK(interrupt.vector == 0x77);
  CHECK(interrupt.destination == 3);
  CHECK(interrupt.source == bench.machine.topology()[bench.machine.find_function("nic0")].requester);
}

TEST_CASE("A request that crosses a page at an IOMMU gets a burst error and moves nothing", "[tlm]") {
  PlainDeviceBench bench;
  CHECK(bench.device.write(bench::read_only_iova + 0xFFC, std::vector<unsigned char>(8, 0xAB)) ==
        tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(bench.device.write(bench::ring_iova + 0xFFC, std::vector<unsigned char>(8, 0xAB)) ==
        tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(memory_at(bench.machine, bench::ring + 0xFFC, 8) == std::vector<unsigned char>(8));
  CHECK(vtd_unit(bench.machine).statistics().requests == 0);
}

TEST_CASE("Byte enables hold through an IOMMU up to memory", "[tlm]") {
  PlainDeviceBench bench;
  std::vector<unsigned char> data{1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<unsigned char> enables{0xFF, 0x00};
  PlainPayload write{tlm::TLM_WRITE_COMMAND, bench::ring_iova, data};
  write.set_byte_enable_ptr(enables.data());
  write.set_byte_enable_length(2);
  CHECK(bench.device.send(write) == tlm::TLM_OK_RESPONSE);
  CHECK(memory_at(bench.machine, bench::ring, 8) == std::vector<unsigned char>{1, 0, 3, 0, 5, 0, 7, 0});

  std::vector<unsigned char> into(8, 0xEE);
  PlainPayload read{tlm::TLM_READ_COMMAND, bench::ring_iova, into};
  read.set_byte_enable_ptr(enables.data());
  read.set_byte_enable_length(2);
  CHECK(bench.device.send(read) == tlm::TLM_OK_RESPONSE);
  CHECK(into == std::vector<unsigned char>{1, 0xEE, 3, 0xEE, 5, 0xEE, 7, 0xEE});
}

TEST_CASE("A streaming width wraps the address at memory", "[tlm]") {
  PlainDeviceBench bench;
  std::vector<unsigned char> data{1, 2, 3, 4, 5, 6, 7, 8};
  PlainPayload payload{tlm::TLM_WRITE_COMMAND, bench::ring_iova + 0xFFC, data};
  payload.set_streaming_width(4);
  CHECK(bench.device.send(payload) == tlm::TLM_OK_RESPONSE);
  CHECK(memory_at(bench.machine, bench::ring + 0xFFC, 8) == std::vector<unsigned char>{5, 6, 7, 8, 0, 0, 0, 0});
}

TEST_CASE("A request without extension below a switch port comes from device 0 of the port's bus", "[tlm]") {
  PlainSwitchBench bench;
  const std::vector<unsigned char> written{9, 8, 7};
  CHECK(bench.device.write(bench::ring_iova, written) == tlm::TLM_OK_RESPONSE);
  CHECK(memory_at(bench.machine, bench::ring, 3) == written);
}

TEST_CASE("A switch gives a payload back as it came", "[tlm]") {
  PlainSwitchBench bench;
  std::vector<unsigned char> data(4);
  for (const std::uint64_t address : {bench::ring_iova, bench::pool_iova, bench::port_bar, bench::nic_bar0}) {
    PlainPayload payload{tlm::TLM_READ_COMMAND, address, data};
    bench.device.send(payload);
    CHECK(payload.get_address() == address);
    CHECK(payload.get_extension<modules::DmaExtension>() == nullptr);
  }
}

TEST_CASE("An ACS violation is a command error where a completion says so, and an address error where a write is lost",
          "[tlm]") {
  PlainSwitchBench bench;
  const RequesterId port = bench.machine.topology()[bench.machine.find_function("dp0")].requester;
  software::set_acs_control(software::PciFunction{bench.bus, 0, port}, pcie::AcsControl{0x0001});
  std::vector<unsigned char> data(4);
  for (const auto command : {tlm::TLM_READ_COMMAND, tlm::TLM_WRITE_COMMAND}) {
    modules::DmaExtension extension;
    extension.requester = RequesterId{0x1E, 0, 0};
    PlainPayload payload{command, bench::ring_iova, data};
    payload.set_extension(&extension);
    const bool read = command == tlm::TLM_READ_COMMAND;
    CHECK(bench.device.send(payload) == (read ? tlm::TLM_COMMAND_ERROR_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE));
    CHECK(extension.landing.status == (read ? CompletionStatus::completer_abort : CompletionStatus::none));
    CHECK(extension.landing.rule->id == "acs.source-validation");
    payload.clear_extension(&extension);
  }
}

TEST_CASE("A port without a device answers reads with an address error", "[tlm]") {
  PlainSwitchBench bench;
  std::vector<unsigned char> data(4);
  CHECK(bench.device.read(bench::pool_iova, data) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_CASE("A refusal by a switch's upstream port names that port", "[tlm]") {
  PlainSwitchBench bench;
  const RequesterId upstream = bench.machine.topology()[bench.machine.find_function("sw0")].requester;
  software::set_bus_master(software::PciFunction{bench.bus, 0, upstream}, false);
  modules::DmaExtension extension;
  extension.requester = bench.machine.topology()[bench.machine.find_function("nic0")].requester;
  std::vector<unsigned char> data(4);
  PlainPayload payload{tlm::TLM_READ_COMMAND, bench::ring_iova, data};
  payload.set_extension(&extension);
  CHECK(bench.device.send(payload) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(bench.machine.name(extension.landing.where) == "sw0");
  CHECK(extension.landing.rule->id == "port.bus-master-disabled");
  payload.clear_extension(&extension);
}
