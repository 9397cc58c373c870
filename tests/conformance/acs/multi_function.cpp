// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements of docs/compliance.md, for the functions of one device.
// Addresses and bits are set by hand.

#include "pcie/device_routing.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

namespace {

constexpr std::uint64_t bar_0 = 0xE000'0000;
constexpr std::uint64_t bar_1 = 0xE010'0000;

/// Redirect, completion redirect, egress control (8 bits) and direct translated: all that functions can have.
FunctionOptions function_acs(std::uint64_t bar, std::uint16_t control) {
  FunctionOptions options = with_acs(control, 0x086C);
  options.bars = {{0, 0x10'0000, BusAddr{bar}}};
  return options;
}

/// A root port with a device of two functions, 01:00.0 and 01:00.1, with 1 MiB each.
struct DeviceBench {
  explicit DeviceBench(const FunctionOptions& first_options = with_bar(bar_0, 0x10'0000),
                       const FunctionOptions& port_options = {})
      : port{builder.root_port(port_options)},
        first{builder.function(port, 0, first_options)},
        second{builder.function(port, 1, with_bar(bar_1, 0x10'0000))} {}

  std::optional<RouteDecision> route(const Access& access) const {
    return route_in_device(builder.topology(), first, access);
  }
  RequesterId id() const { return builder.id(first); }

  TopologyBuilder builder;
  NodeIndex port;
  NodeIndex first;
  NodeIndex second;
};

}  // namespace

TEST_CASE("ACS-005 A function without ACS reaches the other function inside the device", "[acs]") {
  const DeviceBench bench;
  const auto decision = bench.route(write_request(bench.id(), bar_1));
  REQUIRE(decision.has_value());
  CHECK(decision->action == Action::downstream);
  CHECK(decision->target == bench.second);
  CHECK(decision->rule->id == "device.direct-peer");
  CHECK(claim(bench.builder.topology(), bench.second, write_request(bench.id(), bar_1)).action == Action::claim);
}

TEST_CASE("ACS-005 What no other function of the device holds goes upstream, its own BAR included", "[acs]") {
  const DeviceBench bench;
  CHECK_FALSE(bench.route(write_request(bench.id(), 0x1000)).has_value());
  CHECK_FALSE(bench.route(write_request(bench.id(), bar_0)).has_value());
}

TEST_CASE("ACS-006 Request Redirect of the requesting function, not of the target, sends a request upstream", "[acs]") {
  const DeviceBench bench{function_acs(bar_0, 0x0004)};
  const auto redirected = bench.route(write_request(bench.id(), bar_1));
  REQUIRE(redirected.has_value());
  CHECK(redirected->action == Action::upstream);
  CHECK(redirected->rule->id == "acs.p2p-request-redirect");
  const auto other_way =
      route_in_device(bench.builder.topology(), bench.second, write_request(bench.builder.id(bench.second), bar_0));
  REQUIRE(other_way.has_value());
  CHECK(other_way->action == Action::downstream);
}

TEST_CASE("ACS-050 A request that a function redirects needs Upstream Forwarding in the port above", "[acs]") {
  const Access access = write_request(RequesterId{1, 0, 0}, bar_1);
  const DeviceBench without{function_acs(bar_0, 0x0004)};
  const RouteDecision turned = route_from_below(without.builder.topology(), without.port, access);
  CHECK(turned.action == Action::reject);
  CHECK(turned.rule->id == "port.u-turn");
  const DeviceBench with{function_acs(bar_0, 0x0004), with_acs(0x0010)};
  CHECK(route_from_below(with.builder.topology(), with.port, access).rule->id == "acs.upstream-forwarding");
}

TEST_CASE("ACS-014 Direct Translated P2P lets a translated request reach the other function although redirected",
          "[acs]") {
  const DeviceBench bench{function_acs(bar_0, 0x0044)};
  const auto translated = bench.route(request(Operation::write, bench.id(), bar_1, 64, AddressType::translated));
  REQUIRE(translated.has_value());
  CHECK(translated->action == Action::downstream);
  CHECK(translated->rule->id == "acs.direct-translated-p2p");
  CHECK(bench.route(write_request(bench.id(), bar_1))->action == Action::upstream);
}

TEST_CASE("ACS-016 Egress Control of a function blocks, redirects or opens the way to another", "[acs]") {
  FunctionOptions blocked = function_acs(bar_0, 0x0020);
  blocked.egress_controlled = {1};
  const DeviceBench set{blocked};
  const auto read = set.route(read_request(set.id(), bar_1));
  REQUIRE(read.has_value());
  CHECK(read->action == Action::reject);
  CHECK(read->target == set.first);
  CHECK(read->status == CompletionStatus::completer_abort);
  CHECK(read->rule->id == "acs.p2p-egress-control");
  CHECK(set.route(write_request(set.id(), bar_1))->status == CompletionStatus::none);

  blocked.acs_control = 0x0024;
  CHECK(DeviceBench{blocked}.route(read_request(set.id(), bar_1))->action == Action::upstream);
  const DeviceBench clear{function_acs(bar_0, 0x0024)};
  CHECK(clear.route(read_request(clear.id(), bar_1))->action == Action::downstream);
}

TEST_CASE("ACS-017 Egress vector bits of a function mean function numbers, with function groups group numbers",
          "[acs]") {
  FunctionOptions first = function_acs(bar_0, 0x0020);
  first.egress_controlled = {3};
  first.ari = AriConfig{1, true};
  FunctionOptions second = with_bar(bar_1, 0x10'0000);
  second.ari = AriConfig{};
  TopologyBuilder builder;
  const NodeIndex port = builder.root_port();
  const NodeIndex from = builder.function(port, 0, first);
  const NodeIndex to = builder.function(port, 1, second);
  const auto ari = [&](NodeIndex node) {
    return *find_extended_capability(reader_of(builder.topology()[node].config),
                                     ExtendedCapabilityId::alternative_routing_id);
  };
  builder.write(to, ari(to) + 6, 2, 3 << 4);  // Function group 3.
  const Access access = read_request(builder.id(from), bar_1);
  CHECK(route_in_device(builder.topology(), from, access)->action == Action::downstream);
  builder.write(from, ari(from) + 6, 2, 1 << 1);  // ACS Function Groups Enable.
  CHECK(route_in_device(builder.topology(), from, access)->action == Action::reject);
}

TEST_CASE("ACS-009 Completion Redirect of a function sends completions without relaxed ordering upstream", "[acs]") {
  const DeviceBench bench{function_acs(bar_0, 0x0008)};
  const Topology& topology = bench.builder.topology();
  CHECK(route_completion_in_device(topology, bench.first, bench.second, false).action == Action::upstream);
  CHECK(route_completion_in_device(topology, bench.first, bench.second, true).action == Action::downstream);
  CHECK(route_completion_in_device(topology, bench.second, bench.first, false).action == Action::downstream);
}

TEST_CASE("ACS-005 Functions of one integrated device reach each other, those of two devices do not", "[acs]") {
  TopologyBuilder builder;
  const NodeIndex alone = builder.integrated_endpoint(with_bar(0xE020'0000, 0x1000));  // 00:00.0
  const NodeIndex first = builder.integrated_function(0, with_bar(bar_0, 0x1000));
  const NodeIndex second = builder.integrated_function(1, with_bar(bar_1, 0x1000));
  const Access access = write_request(builder.id(first), bar_1);
  const auto inside = route_in_device(builder.topology(), first, access);
  REQUIRE(inside.has_value());
  CHECK(inside->target == second);
  CHECK_FALSE(route_in_device(builder.topology(), alone, access).has_value());
}

TEST_CASE("ACS-003 A function without Memory Space Enable is no target inside its device", "[acs]") {
  DeviceBench bench;
  bench.builder.set_command(bench.second, false, true);
  CHECK_FALSE(bench.route(write_request(bench.id(), bar_1)).has_value());
}
