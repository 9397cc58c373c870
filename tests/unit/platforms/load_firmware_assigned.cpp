// SPDX-License-Identifier: Apache-2.0
// Oracle: docs/platform-format.md, "Assigned by firmware"; numbers and addresses by hand.
#include "platforms/functions.h"
#include "platforms/machine_bus.h"
#include "platforms/operating_system.h"
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using test::check_error;

namespace {

/// nic0 below root port 1, gpu0 and a drive below a switch below root port 2, sound on the root bus.
const std::string assigned = R"(platform: assigned
memory:
  - {name: dram, base: 0, size: 2GiB}
host_bridges:
  - name: pcie0
    buses: [0, 8]
    windows: [{base: 0x9000_0000, size: 256MiB}, {base: 0x60_0000_0000, size: 64GiB, bus: 0x20_0000_0000}]
    iommu: dmar0
    firmware: assign
    devices:
      - name: rp0
        type: root-port
        at: 01.0
        ari_forwarding: true
        devices:
          - name: nic0
            type: endpoint
            dma_alias: [00.1]
            bars: [{bar: 0, size: 1MiB}]
            sriov: {total_vfs: 4, num_vfs: 2, first_vf_offset: 256, vf_bars: [{bar: 0, size: 64KiB, type: 64-bit, prefetchable: true}]}
          - {name: nic1, type: endpoint, at: 01.0, ari: true, bars: [{bar: 0, size: 2MiB}]}
      - name: rp1
        type: root-port
        at: 02.0
        devices:
          - name: sw0
            type: upstream-port
            devices:
              - name: dp0
                type: downstream-port
                at: 00.0
                devices:
                  - name: gpu0
                    type: endpoint
                    bars: [{bar: 2, size: 8GiB, type: 64-bit, prefetchable: true}]
              - {name: dp1, type: downstream-port, at: 01.0, devices: [{name: ssd0, type: endpoint, bars: [{bar: 0, size: 16KiB}]}]}
      - {name: hda0, type: root-complex-endpoint, at: 1b.0, bars: [{bar: 0, size: 16KiB}]}
iommus:
  - {name: dmar0, type: vt-d, registers: 0xfed9_0000}
software:
  domains:
    - {name: user, type: unmanaged, devices: [nic0], mappings: [{iova: 0x10_0000, bar: gpu0.2, offset: 4GiB, size: 2MiB}]}
)";

std::string edited(const test::Edits& edits) {
  std::string text = assigned;
  for (const auto& [from, to] : edits) {
    const std::size_t at = text.find(from);
    INFO("edit: " << from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
  }
  return text;
}

Description load(const test::Edits& edits = {}) {
  return load_platform_text(edited(edits), "sample.yaml");
}

const FunctionDescription& function(const Description& description, const std::string& name) {
  for (const FunctionPlace& place : all_functions(description))
    if (place.function->name == name) return *place.function;
  throw std::out_of_range{name};
}

Range<BusAddr> range(std::uint64_t first, std::uint64_t last) {
  return {BusAddr{first}, BusAddr{last}};
}

}  // namespace

TEST_CASE("Firmware's bus numbers become those of the description", "[platforms]") {
  const Description d = load();
  CHECK(function(d, "rp0").secondary_bus == 1);
  CHECK(function(d, "rp0").subordinate_bus == 2);
  CHECK(function(d, "nic0").id == RequesterId{1, 0, 0});
  CHECK(function(d, "nic0").dma_alias == std::vector<RequesterId>{RequesterId{1, 0, 1}});
  CHECK(function(d, "nic0-vf1").id == RequesterId{2, 0, 1});
  CHECK(function(d, "nic1").id == RequesterId{1, 1, 0});
  CHECK(function(d, "rp1").secondary_bus == 3);
  CHECK(function(d, "rp1").subordinate_bus == 6);
  CHECK(function(d, "gpu0").id == RequesterId{5, 0, 0});
  CHECK(function(d, "ssd0").id == RequesterId{6, 0, 0});
  CHECK(function(d, "hda0").id == RequesterId{0, 0x1B, 0});
}

TEST_CASE("Firmware's addresses become those of the description", "[platforms]") {
  const Description d = load();
  // Below rp0: 2 MiB and 1 MiB; below rp1: 1 MiB; then the 16 KiB of hda0.
  CHECK(function(d, "nic1").bars[0].base == BusAddr{0x9000'0000});
  CHECK(function(d, "nic0").bars[0].base == BusAddr{0x9020'0000});
  CHECK(function(d, "rp0").window == range(0x9000'0000, 0x902F'FFFF));
  CHECK(function(d, "ssd0").bars[0].base == BusAddr{0x9030'0000});
  CHECK(function(d, "hda0").bars[0].base == BusAddr{0x9040'0000});
  CHECK(function(d, "gpu0").bars[0].base == BusAddr{0x20'0000'0000});
  CHECK(function(d, "rp1").prefetchable_window == range(0x20'0000'0000, 0x21'FFFF'FFFF));
  CHECK(function(d, "nic0").sriov->vf_bars[0].base == BusAddr{0x22'0000'0000});
  CHECK(function(d, "nic0-vf1").bars[0].base == BusAddr{0x22'0001'0000});
  CHECK_FALSE(function(d, "dp0").window.has_value());
}

TEST_CASE("The booted machine has in its registers what firmware chose", "[platforms]") {
  const Description d = load();
  Machine machine{d};
  MachineBus bus{machine};
  OperatingSystem system{machine, bus};
  system.boot();
  const pcie::Node& port = machine.topology()[machine.find_function("sw0")];
  CHECK(port.decoded.secondary_bus == 4);
  CHECK(port.decoded.windows[0] == range(0x9030'0000, 0x903F'FFFF));
  CHECK(port.decoded.windows[1] == range(0x20'0000'0000, 0x21'FFFF'FFFF));
  const pcie::Node& second = machine.topology()[machine.find_function("nic0-vf1")];
  CHECK(second.decoded.bars[0] == range(0x22'0001'0000, 0x22'0001'FFFF));
}

TEST_CASE("A function that enumeration does not reach keeps its BARs without an address", "[platforms]") {
  const Description d = load({{"        ari_forwarding: true\n", ""}});
  CHECK_FALSE(function(d, "nic1").bars[0].base.has_value());
  CHECK(function(d, "nic1").id == RequesterId{1, 1, 0});
  CHECK(function(d, "nic0").bars[0].base == BusAddr{0x9000'0000});
}

TEST_CASE("A mapping by name follows the BAR, as the processor sees it", "[platforms]") {
  const MappingDescription mapping = load().domains[0].mappings[0];
  CHECK(mapping.physical == PhysAddr{0x61'0000'0000});
  CHECK(mapping.size == 0x20'0000);
  CHECK(load({{"offset: 4GiB, size: 2MiB", "offset: 4GiB"}}).domains[0].mappings[0].size == std::uint64_t{4} << 30);
}

TEST_CASE("What firmware assigns cannot be given", "[platforms]") {
  const std::string rp0 = "host_bridges.pcie0.devices.rp0.";
  check_error(edited({{"at: 01.0\n", "at: 01.0\n        secondary: @3\n"}}),
              rp0 + "secondary: found '3', expected nothing, because firmware assigns it");
  check_error(edited({{"at: 01.0\n", "at: 01.0\n        subordinate: @3\n"}}),
              rp0 + "subordinate: found '3', expected nothing, because firmware assigns it");
  check_error(edited({{"at: 01.0\n", "at: 01.0\n        window: @closed\n"}}),
              rp0 + "window: found 'closed', expected nothing, because firmware assigns it");
  check_error(edited({{"at: 01.0\n", "at: 01.0\n        prefetchable_window: @{base: 4GiB, size: 1MiB}\n"}}),
              rp0 + "prefetchable_window: found a map, expected nothing, because firmware assigns it");
  check_error(edited({{"at: 01.0\n", "at: @00:01.0\n"}}),
              rp0 + "at: found '00:01.0', expected device.function, because firmware assigns the bus");
  check_error(edited({{"{bar: 0, size: 1MiB}", "{bar: 0, size: 1MiB, base: @0x9000_0000}"}}),
              rp0 + "devices.nic0.bars.0.base: found '0x9000_0000', expected nothing, because firmware assigns it");
  check_error(edited({{"{bar: 0, size: 64KiB,", "{bar: 0, size: 64KiB, base: @0x9000_0000,"}}),
              rp0 +
                  "devices.nic0.sriov.vf_bars.0.base: found '0x9000_0000', expected nothing, because firmware "
                  "assigns it");
}

TEST_CASE("When firmware runs out of buses the error is at the port or device that needs one", "[platforms]") {
  check_error(edited({{"buses: [0, 8]", "buses: [0, 5]"}, {"- {name: dp1", "- @{name: dp1"}}),
              "host_bridges.pcie0.devices.rp1.devices.sw0.devices.dp1: found no bus number left for what is below it, "
              "expected buses that end above 0x05");
  check_error(edited({{"buses: [0, 8]", "buses: [0, 1]"}, {"- name: nic0", "- @name: nic0"}}),
              "host_bridges.pcie0.devices.rp0.devices.nic0: found no bus number left for its virtual functions, up to "
              "bus 0x02, expected buses that end above 0x01");
}

TEST_CASE("When firmware runs out of addresses the error is at the device with the largest BAR", "[platforms]") {
  check_error(edited({{"size: 8GiB", "size: 128GiB"}, {"- name: gpu0", "- @name: gpu0"}}),
              "host_bridges.pcie0.devices.rp1.devices.sw0.devices.dp0.devices.gpu0: found BAR 2 of 128 GiB without "
              "room in the window of 00:02.0, expected a window of the host bridge with 128 GiB free, aligned to "
              "128 GiB");
}

TEST_CASE("Firmware leaves the interrupt window on the bus free on an x86 host only", "[platforms]") {
  // The low window leads to the bus addresses from 0xFEE0_0000 on, where rp0 would be first.
  const std::pair<std::string, std::string> window{"{base: 0x9000_0000, size: 256MiB}",
                                                   "{base: 0x9000_0000, size: 16MiB, bus: 0xfee0_0000}"};
  CHECK(function(load({window}), "rp0").window == range(0xFF00'0000, 0xFF2F'FFFF));
  CHECK(function(load({window, {"memory:\n", "local_apic: false\nmemory:\n"}}), "rp0").window ==
        range(0xFEE0'0000, 0xFF0F'FFFF));
}

TEST_CASE("Windows of the host bridge are checked before firmware gives out of them", "[platforms]") {
  check_error(edited({{"{base: 0x9000_0000, size: 256MiB}", "{base: @0x7000_0000, size: 256MiB}"}}),
              "host_bridges.pcie0.windows.0.base: found 0x70000000-0x7fffffff, which meets the memory 'dram', expected "
              "physical addresses that nothing else has");
}

TEST_CASE("A mapping by name needs a BAR that exists, that has an address and room", "[platforms]") {
  const std::string path = "software.domains.user.mappings.0.";
  check_error(edited({{"bar: gpu0.2", "bar: @gpu0"}}), path + "bar: found 'gpu0', expected device.BAR, as in gpu0.2");
  check_error(edited({{"bar: gpu0.2", "bar: @gpu9.2"}}),
              path + "bar: found BAR 2 of 'gpu9', expected the name of a device before the dot");
  check_error(edited({{"bar: gpu0.2", "bar: @gpu0.1"}}),
              path + "bar: found BAR 1 of 'gpu0', expected a BAR that the device has");
  check_error(edited({{"offset: 4GiB", "offset: @8GiB"}}),
              path + "offset: found 0x200000000, expected an offset inside the BAR of 8 GiB");
  check_error(edited({{"4GiB, size: 2MiB", "4GiB, size: @5GiB"}}),
              path + "size: found 5 GiB, expected at most the 4 GiB that the BAR has from there");
  check_error(edited({{"offset: 4GiB", "offset: @1"}}), path + "offset: found 0x1, expected a multiple of 4 KiB");
  check_error(edited({{"bar: gpu0.2", "bar: gpu0.2, physical: @0x1000"}}),
              path + "physical: found '0x1000', expected either bar or physical");
  check_error(edited({{"        ari_forwarding: true\n", ""}, {"bar: gpu0.2, offset: 4GiB", "bar: @nic1.0"}}),
              path + "bar: found BAR 0 of 'nic1', which has no address, expected a BAR that firmware places");
}

TEST_CASE("More functions than a bus has numbers for are refused before firmware looks for them", "[platforms]") {
  std::string many;
  for (unsigned i = 0; i < 257; ++i)
    many += (i == 0 ? "" : ", ") + std::string{"{name: many"} + std::to_string(i) + ", type: endpoint}";
  check_error(
      edited({{"[{name: ssd0, type: endpoint, bars: [{bar: 0, size: 16KiB}]}]", "@[" + many + "]"}}),
      "host_bridges.pcie0.devices.rp1.devices.sw0.devices.dp1.devices: found 257 functions, expected at most 256 "
      "on a bus and 65535 below a host bridge");
}
