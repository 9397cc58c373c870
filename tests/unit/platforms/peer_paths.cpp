// SPDX-License-Identifier: Apache-2.0
// Oracle: the ready platforms' trees, followed by hand; ACS-050.
#include "pcie/pci_bridge.h"
#include "platforms/loader.h"
#include "platforms/machine.h"
#include "platforms/machine_bus.h"
#include "platforms/operating_system.h"
#include "platforms/walk.h"
#include "support/source_dir.h"
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using test::check_error;
using test::edited;
using test::load;

namespace {

struct Booted {
  Booted(const std::string& name, const std::vector<std::string>& settings = {}) {
    std::vector<Override> overrides;
    for (const std::string& setting : settings)
      overrides.push_back(parse_override(setting));
    description = load_platform(tests::source_dir() + "/platforms/" + name + ".yaml", overrides);
    machine.emplace(description);
    bus.emplace(*machine);
    system.emplace(*machine, *bus);
    system->boot();
  }
  Walk walk(const std::string& device, Operation operation, std::uint64_t address) {
    Access access;
    access.operation = operation;
    access.address = BusAddr{address};
    access.size = 64;
    iommu::FetchLog fetches;
    return platforms::walk(*machine, machine->find_function(device), access, fetches);
  }
  std::string path(const Walk& way) const {
    std::string text;
    for (const Hop& hop : way.path)
      text += (text.empty() ? "" : " ") + machine->name(hop.where);
    return text;
  }

  Description description;
  std::optional<Machine> machine;
  std::optional<MachineBus> bus;
  std::optional<OperatingSystem> system;
};

}  // namespace

TEST_CASE("A redirected request that comes back down crosses every link twice", "[walk]") {
  Booted platform{"redirect-dead-end", {"host_bridges.pcie0.peer_to_peer=through-iommu"}};
  const Walk way = platform.walk("gpu0", Operation::read, 0x3C'0000'0000);
  CHECK(platform.path(way) == "gpu0 sw0-dp0 rp0 pcie0 dmar0 system pcie0 rp0 sw0 gpu1");
  CHECK(way.landing.kind == LandingKind::peer);
  CHECK(platform.machine->name(way.landing.where) == "gpu1");
}

TEST_CASE("A pair can open the way back through its own root port", "[walk]") {
  Booted closed{"redirect-dead-end"};
  const Walk refused = closed.walk("gpu0", Operation::read, 0x3C'0000'0000);
  CHECK(closed.path(refused) == "gpu0 sw0-dp0 rp0 pcie0 dmar0 system pcie0");
  CHECK(refused.landing.rule->id == "host-bridge.peer-denied");
  CHECK(refused.landing.status == CompletionStatus::successful);
  Booted open{"redirect-dead-end",
              {"host_bridges.pcie0.peer_to_peer={default: denied, pairs: [{from: rp0, to: rp0, policy: "
               "through-iommu}]}"}};
  CHECK(open.walk("gpu0", Operation::read, 0x3C'0000'0000).landing.kind == LandingKind::peer);
}

TEST_CASE("What is behind a PCIe-to-PCI bridge goes up under the bridge's ID or stays on the bus", "[walk]") {
  Booted platform{"pci-bridge-alias"};
  CHECK(platform.path(platform.walk("tuner0", Operation::write, 0xFFF0'0000)) == "tuner0 br0 rp0 pcie0 dmar0 system");
  CHECK(platform.path(platform.walk("tuner0", Operation::write, 0x9100'0000)) == "tuner0 modem0 modem0");
}

TEST_CASE("The ID under which a request reaches the root complex is that of the bridge above it", "[walk]") {
  const Booted platform{"pci-bridge-alias"};
  const pcie::Topology& topology = platform.machine->topology();
  for (const char* device : {"tuner0", "modem0"}) {
    const pcie::NodeIndex node = platform.machine->find_function(device);
    CHECK(pcie::requester_above(topology, node, topology[node].requester) == RequesterId{2, 0, 0});
  }
  // A bridge's own requests, and those on PCI Express, keep their ID.
  const pcie::NodeIndex bridge = platform.machine->find_function("br0");
  CHECK(pcie::requester_above(topology, bridge, RequesterId{1, 0, 0}) == RequesterId{1, 0, 0});
}

TEST_CASE("Both ends of a pair stand on a root bus", "[platforms]") {
  const std::string path = "host_bridges.pcie0.peer_to_peer.pairs.0";
  const auto with_pair = [](const std::string& from, const std::string& to) {
    return edited({{"    iommu: dmar0\n", "    iommu: dmar0\n    peer_to_peer: {pairs: [{from: " + from +
                                              ", to: " + to + ", policy: denied}]}\n"}});
  };
  CHECK_NOTHROW(load_platform_text(with_pair("rp0", "rp1"), "sample.yaml"));
  check_error(with_pair("@nic0", "rp1"), path + ".from: found 'nic0', expected a device on the root bus of 'pcie0'");
  check_error(with_pair("rp0", "@nobody"),
              path + ".to: found 'nobody', expected a device on a root bus of its segment");
}

TEST_CASE("Devices that share a requester ID belong in one domain", "[platforms]") {
  const std::string text = R"(platform: shared
memory: [{name: dram, base: 0, size: 2GiB}]
host_bridges:
  - name: pcie0
    iommu: dmar0
    devices:
      - name: br0
        type: pcie-pci-bridge
        at: 1e.0
        devices:
          - {name: a, type: pci-device, at: 01.0}
          - {name: b, type: pci-device, at: 02.0}
iommus: [{name: dmar0, type: vt-d, registers: 0xfed9_0000}]
software:
  domains:
    - {name: first, type: dma, devices: [a]}
    - {name: second, type: dma, devices: [@b]}
)";
  check_error(text,
              "software.domains.second.devices.0: found 'b', whose requests may carry the requester ID 01:00.0, which "
              "the domain 'first' has, expected devices that share a requester ID in one domain");
}
