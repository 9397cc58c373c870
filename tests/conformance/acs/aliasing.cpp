// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements of docs/compliance.md; PCI Express to PCI/PCI-X bridge specification, 2.3. Addresses by hand.
#include "pcie/pci_bridge.h"
#include "platforms/loader.h"
#include "platforms/machine.h"
#include "platforms/machine_bus.h"
#include "platforms/operating_system.h"
#include "platforms/walk.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;

namespace {

/// Bridge br0 (01:00.0) with tuner0 (02:01.0) and modem0 (02:02.0); nic0 (03:00.0) has a quirk: it also sends as
/// 03:00.1.
const std::string platform = R"(platform: aliases
memory: [{name: dram, base: 0, size: 2GiB}]
host_bridges:
  - name: pcie0
    windows: [{base: 0x9000_0000, size: 256MiB}]
    iommu: dmar0
    devices:
      - name: rp0
        type: root-port
        at: 01.0
        acs: linux
        devices:
          - name: br0
            type: pcie-pci-bridge
            devices:
              - {name: tuner0, type: pci-device, at: 01.0, bars: [{bar: 0, base: 0x9000_0000, size: 64KiB}]}
              - {name: modem0, type: pci-device, at: 02.0}
      - name: rp1
        type: root-port
        at: 02.0
        devices:
          - {name: nic0, type: endpoint, dma_alias: [00.1]}
iommus: [{name: dmar0, type: vt-d, registers: 0xfed9_0000}]
software:
  domains:
    - {name: tuner, type: dma, devices: [tuner0], mappings: [{iova: 0x10_0000, physical: 0x1000_0000, size: 4KiB}]}
    - {name: nic, type: dma, devices: [nic0], mappings: [{iova: 0x20_0000, physical: 0x1100_0000, size: 4KiB}]}
)";

struct Booted {
  Booted() { system.boot(); }
  Walk walk(const std::string& device, std::uint64_t address) {
    iommu::FetchLog fetches;
    return platforms::walk(machine, machine.find_function(device), test::write_request({}, address), fetches);
  }

  Description description = load_platform_text(platform, "aliases.yaml");
  Machine machine{description};
  MachineBus bus{machine};
  OperatingSystem system{machine, bus};
};

}  // namespace

TEST_CASE("ACS-030 What is behind a PCIe-to-PCI bridge shares the requester ID secondary bus, device 0", "[acs]") {
  Booted booted;
  // modem0 is in no domain, but the IOMMU takes it for tuner0.
  for (const char* device : {"tuner0", "modem0"}) {
    const Walk way = booted.walk(device, 0x10'0040);
    CHECK(way.landing.kind == LandingKind::memory);
    CHECK(way.landing.address == 0x1000'0040);
  }
}

TEST_CASE("ACS-031 Software keys the IOMMU with the alias of the bridge and with those of a quirk", "[acs]") {
  Booted booted;
  const auto lands = [&booted](RequesterId requester, std::uint64_t iova) {
    iommu::FetchLog fetches;
    iommu::TranslationRequest request;
    request.requester = requester;
    request.address = Iova{iova};
    request.size = 4;
    return booted.machine.iommu(0).decide(request, fetches).outcome == iommu::Outcome::translated;
  };
  CHECK(lands(RequesterId{2, 0, 0}, 0x10'0000));
  CHECK(lands(RequesterId{3, 0, 0}, 0x20'0000));
  CHECK(lands(RequesterId{3, 0, 1}, 0x20'0000));
  // An ID that nobody told the IOMMU of.
  CHECK_FALSE(lands(RequesterId{3, 0, 2}, 0x20'0000));
}

TEST_CASE("ACS-031 A completion finds the bridge by its alias", "[acs]") {
  using namespace iommusim::pcie;
  using namespace iommusim::test;
  // Two ports of a switch, a bridge below the left one: a completion from the right for the alias goes left.
  TopologyBuilder builder;
  const NodeIndex upstream = builder.upstream_port(builder.root_port());
  const NodeIndex left = builder.downstream_port(upstream);
  const NodeIndex bridge = builder.pci_bridge(left);
  const NodeIndex right = builder.downstream_port(upstream);
  const RequesterId alias = alias_of(builder.topology()[bridge]);
  REQUIRE(alias == RequesterId{4, 0, 0});
  const RouteDecision completion = route_completion_from_below(builder.topology(), right, alias, false);
  CHECK(completion.action == Action::downstream);
  CHECK(completion.target == left);
}
