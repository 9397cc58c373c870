// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements ACS-023 to ACS-032 and POL-031 to POL-036 of docs/compliance.md.
#include "conformance/linux/hierarchy.h"
#include "software/acs_isolation.h"
#include "software/dma_aliases.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
using pcie::PortType;

namespace {

constexpr auto pci_express_to_pci_bridge = static_cast<PortType>(7);
constexpr auto pci_to_pci_express_bridge = static_cast<PortType>(8);

/// Root port 00:01.0 > switch 01:00.0 > downstream ports 02:00.0 and 02:01.0 (or 02:00.1) > endpoints 03:00.0, 04:00.0.
struct Switch {
  Switch(std::optional<AcsRegisters> root_acs, std::optional<AcsRegisters> left_acs,
         std::optional<AcsRegisters> right_acs, bool ports_are_one_device = false)
      : root{tree.port({0, 1, 0}, PortType::root_port, 1, {std::nullopt, root_acs})},
        upstream{tree.port({1, 0, 0}, PortType::upstream_port, 2, {root})},
        left{tree.port({2, 0, 0}, PortType::downstream_port, 3, {upstream, left_acs, ports_are_one_device})},
        right{ports_are_one_device ? tree.port({2, 0, 1}, PortType::downstream_port, 4, {upstream, right_acs, true})
                                   : tree.port({2, 1, 0}, PortType::downstream_port, 4, {upstream, right_acs})},
        a{tree.add({3, 0, 0}, PortType::endpoint, {left})},
        b{tree.add({4, 0, 0}, PortType::endpoint, {right})} {}

  LinuxHierarchy tree;
  std::size_t root, upstream, left, right, a, b;
};

}  // namespace

TEST_CASE("ACS-023 A redirect that is not among the capabilities counts as effective", "[linux]") {
  // Ampere Altra's root port: SrcValid+ TransBlk+ ReqRedir- CmpltRedir- UpstreamFwd+.
  LinuxHierarchy tree;
  const auto root = tree.port({0, 1, 0}, PortType::root_port, 1, {std::nullopt, AcsRegisters{0x0013, 0x0011}});
  const auto device = tree.add({1, 0, 0}, PortType::endpoint, {root});
  CHECK(software::isolates(tree.devices()[root].function, software::isolating_services()));
  CHECK(tree.groups()[root] != tree.groups()[device]);

  tree.set_acs(root, 0x0001);
  CHECK_FALSE(software::isolates(tree.devices()[root].function, software::isolating_services()));
  CHECK(tree.groups()[root] == tree.groups()[device]);
}

TEST_CASE("ACS-023 P2P Egress Control that is not among the capabilities is no control", "[linux]") {
  LinuxHierarchy tree;
  const auto root = tree.port({0, 1, 0}, PortType::root_port, 1, {std::nullopt, full_acs});
  CHECK_FALSE(software::isolates(tree.devices()[root].function, pcie::AcsControl{0x0020}));
}

TEST_CASE("ACS-024 A root port or downstream port without ACS does not isolate", "[linux]") {
  LinuxHierarchy tree;
  const auto root = tree.port({0, 1, 0}, PortType::root_port, 1, {});
  const auto down = tree.port({2, 0, 0}, PortType::downstream_port, 3, {});
  for (const auto port : {root, down})
    CHECK_FALSE(software::isolates(tree.devices()[port].function, software::isolating_services()));

  // A port that could but does not is no better.
  LinuxHierarchy idle;
  const auto port = idle.port({0, 1, 0}, PortType::root_port, 1, {std::nullopt, idle_acs});
  CHECK_FALSE(software::isolates(idle.devices()[port].function, software::isolating_services()));
}

TEST_CASE("ACS-025 A single-function endpoint passes, with or without the capability", "[linux]") {
  LinuxHierarchy tree;
  const auto bare = tree.add({3, 0, 0}, PortType::endpoint, {});
  const auto idle = tree.add({4, 0, 0}, PortType::endpoint, {std::nullopt, AcsRegisters{0x004C, 0}});
  const auto integrated = tree.add({0, 5, 0}, PortType::root_complex_endpoint, {});
  for (const auto device : {bare, idle, integrated})
    CHECK(software::isolates(tree.devices()[device].function, software::isolating_services()));
}

TEST_CASE("ACS-026 Functions of one device that fail the test share a group", "[linux]") {
  LinuxHierarchy tree;
  const auto root = tree.port({0, 1, 0}, PortType::root_port, 1, {std::nullopt, full_acs});
  const auto first = tree.add({1, 0, 0}, PortType::endpoint, {root, std::nullopt, true});
  const auto second = tree.add({1, 0, 1}, PortType::endpoint, {root, std::nullopt, true});
  const auto groups = tree.groups();
  CHECK(groups[first] == groups[second]);
  CHECK(groups[first] != groups[root]);
}

TEST_CASE("ACS-027 Downstream ports without ACS that are two devices have two groups", "[linux]") {
  Switch bench{full_acs, std::nullopt, std::nullopt};
  const auto groups = bench.tree.groups();
  CHECK(groups[bench.left] == groups[bench.a]);
  CHECK(groups[bench.right] == groups[bench.b]);
  CHECK(groups[bench.a] != groups[bench.b]);
}

TEST_CASE("ACS-028 Downstream ports that are functions of one device and lack ACS share a group", "[linux]") {
  Switch bench{full_acs, std::nullopt, std::nullopt, true};
  const auto groups = bench.tree.groups();
  CHECK(groups[bench.a] == groups[bench.b]);
  CHECK(groups[bench.left] == groups[bench.right]);
  CHECK(groups[bench.a] == groups[bench.left]);

  Switch guarded{full_acs, full_acs, full_acs, true};
  CHECK(guarded.tree.groups()[guarded.a] != guarded.tree.groups()[guarded.b]);
}

TEST_CASE("ACS-029 A single-function upstream port passes whatever it has", "[linux]") {
  Switch bench{full_acs, full_acs, full_acs};
  CHECK(software::isolates(bench.tree.devices()[bench.upstream].function, software::isolating_services()));
  const auto groups = bench.tree.groups();
  CHECK(groups == std::vector<std::size_t>{0, 1, 2, 3, 4, 5});

  LinuxHierarchy tree;
  const auto upstream = tree.port({1, 0, 0}, PortType::upstream_port, 2, {std::nullopt, std::nullopt, true});
  CHECK_FALSE(software::isolates(tree.devices()[upstream].function, software::isolating_services()));
}

TEST_CASE("ACS-030 Everything below a PCI bridge shares its requester ID and its group", "[linux]") {
  LinuxHierarchy tree;
  const auto root = tree.port({0, 1, 0}, PortType::root_port, 1, {std::nullopt, full_acs});
  const auto bridge = tree.port({1, 0, 0}, pci_express_to_pci_bridge, 2, {root});
  const auto a = tree.add({2, 1, 0}, PortType::endpoint, {bridge});
  const auto b = tree.add({2, 2, 0}, PortType::endpoint, {bridge});
  const auto groups = tree.groups();
  CHECK(groups[bridge] == groups[a]);
  CHECK(groups[a] == groups[b]);
  CHECK(groups[root] != groups[a]);
  for (const auto device : {a, b}) {
    const auto aliases = software::dma_aliases(tree.devices(), device);
    REQUIRE(aliases.size() == 2);
    CHECK(aliases[1].id == RequesterId{2, 0, 0});
    CHECK(aliases[1].owner == bridge);
  }
}

TEST_CASE("ACS-031 The aliases of a function are its own ID, its quirks and what bridges make of it", "[linux]") {
  LinuxHierarchy tree;
  const auto root = tree.port({0, 1, 0}, PortType::root_port, 1, {std::nullopt, full_acs});
  // PCI to PCI Express: its own ID.
  const auto bridge = tree.port({1, 0, 0}, pci_to_pci_express_bridge, 2, {root});
  const auto device = tree.add({2, 0, 0}, PortType::endpoint, {bridge, std::nullopt, false, {0x01, 0x08}});
  std::vector<RequesterId> ids;
  for (const auto& alias : software::dma_aliases(tree.devices(), device))
    ids.push_back(alias.id);
  CHECK(ids == std::vector<RequesterId>{{2, 0, 0}, {2, 0, 1}, {2, 1, 0}, {1, 0, 0}});
}

TEST_CASE("ACS-031 Functions of which one may carry the ID of the other share a group", "[linux]") {
  LinuxHierarchy tree;
  const auto root = tree.port({0, 1, 0}, PortType::root_port, 1, {std::nullopt, full_acs});
  const auto first = tree.add({1, 0, 0}, PortType::endpoint, {root});
  const auto second = tree.add({1, 1, 0}, PortType::endpoint, {root, std::nullopt, false, {0x00}});
  const auto third = tree.add({1, 2, 0}, PortType::endpoint, {root});
  const auto groups = tree.groups();
  CHECK(groups[first] == groups[second]);
  CHECK(groups[first] != groups[third]);
}

TEST_CASE("ACS-032 and POL-036 Clearing the redirect bits of one port joins what is below it to the port", "[linux]") {
  Switch bench{full_acs, full_acs, full_acs};
  // SV and UF stay, as with pci=disable_acs_redir.
  bench.tree.set_acs(bench.left, 0x0011);
  const auto groups = bench.tree.groups();
  CHECK(groups[bench.a] == groups[bench.left]);
  CHECK(groups[bench.b] != groups[bench.right]);
  CHECK(groups[bench.a] != groups[bench.b]);
}

TEST_CASE("POL-031 Egress Control, Translation Blocking and Direct Translated P2P do not matter to groups", "[linux]") {
  for (const unsigned unneeded : {0x0000U, 0x0002U, 0x0040U, 0x0042U}) {
    LinuxHierarchy tree;
    const AcsRegisters acs{0x005F, static_cast<std::uint16_t>(0x001D | unneeded)};
    const auto root = tree.port({0, 1, 0}, PortType::root_port, 1, {std::nullopt, acs});
    CHECK(software::isolates(tree.devices()[root].function, software::isolating_services()));
  }
  for (const unsigned missing : {0x0001U, 0x0004U, 0x0008U, 0x0010U}) {
    LinuxHierarchy tree;
    const AcsRegisters acs{0x005F, static_cast<std::uint16_t>(0x001D & ~missing)};
    const auto root = tree.port({0, 1, 0}, PortType::root_port, 1, {std::nullopt, acs});
    CHECK_FALSE(software::isolates(tree.devices()[root].function, software::isolating_services()));
  }
}

TEST_CASE("POL-032 The search ends at the first bridge from which on everything isolates", "[linux]") {
  // The downstream port isolates, the root port does not: the whole chain fails, up to the root port's group.
  Switch bench{std::nullopt, full_acs, full_acs};
  const auto groups = bench.tree.groups();
  for (const auto member : {bench.upstream, bench.left, bench.right, bench.a, bench.b})
    CHECK(groups[member] == groups[bench.root]);

  // The other way round the search ends at the root port: only the port below it is joined.
  Switch lower{full_acs, std::nullopt, full_acs};
  CHECK(lower.tree.groups()[lower.a] == lower.tree.groups()[lower.left]);
  CHECK(lower.tree.groups()[lower.left] != lower.tree.groups()[lower.upstream]);
}

TEST_CASE("POL-033 What bridges alias comes before what ports isolate", "[linux]") {
  // The root port isolates, and yet the two devices are one.
  LinuxHierarchy tree;
  const auto root = tree.port({0, 1, 0}, PortType::root_port, 1, {std::nullopt, full_acs});
  const auto bridge = tree.port({1, 0, 0}, pci_express_to_pci_bridge, 2, {root});
  const auto a = tree.add({2, 1, 0}, PortType::endpoint, {bridge});
  const auto below = tree.port({2, 2, 0}, PortType::downstream_port, 3, {bridge, full_acs});
  const auto b = tree.add({3, 0, 0}, PortType::endpoint, {below});
  CHECK(tree.groups()[a] == tree.groups()[b]);
}

TEST_CASE("POL-034 Single-function endpoints below a root port that isolates have groups of their own", "[linux]") {
  LinuxHierarchy tree;
  const auto first_port = tree.port({0, 1, 0}, PortType::root_port, 1, {std::nullopt, full_acs});
  const auto second_port = tree.port({0, 2, 0}, PortType::root_port, 2, {std::nullopt, full_acs});
  tree.add({1, 0, 0}, PortType::endpoint, {first_port});
  tree.add({2, 0, 0}, PortType::endpoint, {second_port});
  CHECK(tree.groups() == std::vector<std::size_t>{0, 1, 2, 3});
}

TEST_CASE("POL-035 A function with complete ACS stays alone among functions without", "[linux]") {
  LinuxHierarchy tree;
  const auto root = tree.port({0, 1, 0}, PortType::root_port, 1, {std::nullopt, full_acs});
  const auto first = tree.add({1, 0, 0}, PortType::endpoint, {root, std::nullopt, true});
  const auto alone = tree.add({1, 0, 1}, PortType::endpoint, {root, AcsRegisters{0x004C, 0x000C}, true});
  const auto third = tree.add({1, 0, 2}, PortType::endpoint, {root, std::nullopt, true});
  const auto groups = tree.groups();
  CHECK(groups[first] == groups[third]);
  CHECK(groups[alone] != groups[first]);
}
