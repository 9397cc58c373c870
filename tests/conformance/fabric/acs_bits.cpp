// SPDX-License-Identifier: Apache-2.0
// Oracle: reference pcie-acs, section 2.3, typed as tables: for each bit of the ACS Control register, the probes whose
// end it changes. Every probe that a table does not name must end as before.
#include "conformance/fabric/acs_flip.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

namespace {

/// All services, the enhanced ones, and 8 bits of egress vector.
constexpr std::uint16_t everything = 0x08FF;
constexpr std::uint16_t request_redirect = 0x0004;

FunctionOptions port_with_bar(std::uint64_t base, std::uint8_t number) {
  FunctionOptions options = with_bar(base, 0x1000);
  options.port_number = number;
  return options;
}
FunctionOptions ingress_port(std::uint64_t base) {
  FunctionOptions options = port_with_bar(base, 1);
  options.acs_capability = everything;
  options.egress_controlled = {5};
  return options;
}

/// A switch whose left downstream port is asked.
class DownstreamPort {
 public:
  void set_control(std::uint16_t control) { bench_.builder.set_acs_control(bench_.left, control); }

  Ends ends() const {
    const RequesterId id = bench_.id_a();
    return {{"memory", read(0x1000'0000, id)},
            {"spoofed requester", read(0x1000'0000, RequesterId{0x30, 0, 0})},
            {"neighbour's requester", read(0x1000'0000, RequesterId{id.bus(), 0x1F, 7})},
            {"translation request", read(0x1000'0000, id, AddressType::translation_request)},
            {"translated memory", read(0x1000'0000, id, AddressType::translated)},
            {"peer", read(SwitchBench::bar_b, id)},
            {"translated peer", read(SwitchBench::bar_b, id, AddressType::translated)},
            {"own window", read(SwitchBench::bar_a, id)},
            {"own BAR", read(0xE020'0000, id)},
            {"sibling's BAR", read(0xE030'0000, id)},
            {"switch's BAR", read(0xE040'0000, id)},
            {"unclaimed", read(0xE028'0000, id)},
            {"completion to peer", completion(bench_.id_b(), false)},
            {"relaxed completion to peer", completion(bench_.id_b(), true)},
            {"completion back", completion(id, false)},
            {"completion to root", completion(RequesterId{0, 9, 0}, false)}};
  }

 private:
  std::string read(std::uint64_t address, RequesterId id, AddressType type = AddressType::untranslated) const {
    return end_of(route_from_below(bench_.topology(), bench_.left, request(Operation::read, id, address, 64, type)));
  }
  std::string completion(RequesterId requester, bool relaxed) const {
    return end_of(route_completion_from_below(bench_.topology(), bench_.left, requester, relaxed));
  }

  SwitchBench bench_{ingress_port(0xE020'0000), port_with_bar(0xE030'0000, 5), {}, with_bar(0xE040'0000, 0x1000)};
};

/// A root port beside another one, below a root complex that lets peers speak directly.
class RootPort {
 public:
  RootPort() {
    HostBridge bridge;
    bridge.peer_to_peer = PeerToPeer::allowed;
    bridge.outbound = {{{PhysAddr{0xE000'0000}, PhysAddr{0xEFFF'FFFF}}, 0}};
    bridges_ = {bridge};
  }
  void set_control(std::uint16_t control) { builder_.set_acs_control(left_, control); }

  Ends ends() const {
    const RequesterId id = builder_.id(device_a_);
    return {{"memory", read(0x1000'0000, id)},
            {"spoofed requester", read(0x1000'0000, RequesterId{0x30, 0, 0})},
            {"translation request", read(0x1000'0000, id, AddressType::translation_request)},
            {"translated memory", read(0x1000'0000, id, AddressType::translated)},
            {"peer", read(0xE010'0000, id)},
            {"translated peer", read(0xE010'0000, id, AddressType::translated)},
            {"own window", read(0xE000'0000, id)},
            {"own BAR", read(0xE020'0000, id)}};
  }

 private:
  std::string read(std::uint64_t address, RequesterId id, AddressType type = AddressType::untranslated) const {
    const Access access = request(Operation::read, id, address, 64, type);
    const RouteDecision decision = route_from_below(builder_.topology(), left_, access);
    if (decision.action != Action::upstream) return end_of(decision);
    return end_of(decide_inbound(builder_.topology(), bridges_, left_, access));
  }

  TopologyBuilder builder_;
  NodeIndex left_ = builder_.root_port(ingress_port(0xE020'0000));
  NodeIndex device_a_ = builder_.endpoint(left_, with_bar(0xE000'0000, 0x10'0000));
  NodeIndex right_ = builder_.root_port(port_with_bar(0xE030'0000, 5));
  NodeIndex device_b_ = builder_.endpoint(right_, with_bar(0xE010'0000, 0x10'0000));
  std::vector<HostBridge> bridges_;
};

const Ends downstream_port_alone{{"memory", "up"},
                                 {"spoofed requester", "up"},
                                 {"neighbour's requester", "up"},
                                 {"translation request", "up"},
                                 {"translated memory", "up"},
                                 {"peer", "peer"},
                                 {"translated peer", "peer"},
                                 {"own window", "UR"},
                                 {"own BAR", "claim"},
                                 {"sibling's BAR", "claim"},
                                 {"switch's BAR", "claim"},
                                 {"unclaimed", "UR"},
                                 {"completion to peer", "peer"},
                                 {"relaxed completion to peer", "peer"},
                                 {"completion back", "UR"},
                                 {"completion to root", "up"}};

const Ends root_port_alone{
    {"memory", "up"}, {"spoofed requester", "up"}, {"translation request", "up"}, {"translated memory", "up"},
    {"peer", "peer"}, {"translated peer", "peer"}, {"own window", "UR"},          {"own BAR", "claim"}};

}  // namespace

TEST_CASE("Each ACS bit alone changes at a downstream port what its service says, and nothing else", "[acs]") {
  DownstreamPort port;
  check(port, 0, downstream_port_alone,
        {{0x0001, {{"spoofed requester", "CA"}}},
         {0x0002, {{"translation request", "CA"}, {"translated memory", "CA"}, {"translated peer", "CA"}}},
         {0x0004, {{"peer", "up"}, {"translated peer", "up"}}},
         {0x0008, {{"completion to peer", "up"}}},
         {0x0010, {{"own window", "up"}, {"completion back", "up"}}},
         {0x0020, {{"peer", "CA"}, {"translated peer", "CA"}}},
         {0x0040, {}},
         {0x0080, {}},
         {0x0100, {{"own BAR", "CA"}, {"sibling's BAR", "CA"}}},
         {0x0200, {{"own BAR", "up"}, {"sibling's BAR", "up"}}},
         {0x0400, {{"switch's BAR", "CA"}}},
         {0x0800, {{"switch's BAR", "up"}}},
         {0x1000, {{"unclaimed", "up"}}}});
}

TEST_CASE("On a redirecting downstream port only Direct Translated P2P opens a way to the peer", "[acs]") {
  DownstreamPort port;
  check(port, request_redirect, with(downstream_port_alone, {{"peer", "up"}, {"translated peer", "up"}}),
        {{0x0001, {{"spoofed requester", "CA"}}},
         {0x0002, {{"translation request", "CA"}, {"translated memory", "CA"}, {"translated peer", "CA"}}},
         {0x0008, {{"completion to peer", "up"}}},
         {0x0010, {{"own window", "up"}, {"completion back", "up"}}},
         {0x0040, {{"translated peer", "peer"}}},
         {0x0100, {{"own BAR", "CA"}, {"sibling's BAR", "CA"}}},
         {0x0200, {{"own BAR", "up"}, {"sibling's BAR", "up"}}},
         {0x0400, {{"switch's BAR", "CA"}}},
         {0x0800, {{"switch's BAR", "up"}}},
         {0x1000, {{"unclaimed", "up"}}}});
}

TEST_CASE("Each ACS bit alone changes at a root port what its service says, and nothing else", "[acs]") {
  RootPort port;
  check(port, 0, root_port_alone,
        {{0x0001, {{"spoofed requester", "CA"}}},
         {0x0002, {{"translation request", "CA"}, {"translated memory", "CA"}, {"translated peer", "CA"}}},
         {0x0004, {{"peer", "up"}, {"translated peer", "up"}}},
         {0x0010, {{"own window", "up"}}},
         {0x0020, {{"peer", "CA"}, {"translated peer", "CA"}}},
         {0x0040, {}},
         {0x0100, {{"own BAR", "CA"}}},
         {0x0200, {{"own BAR", "up"}}}});
}

TEST_CASE("On a redirecting root port only Direct Translated P2P opens a way to the peer", "[acs]") {
  RootPort port;
  check(port, request_redirect, with(root_port_alone, {{"peer", "up"}, {"translated peer", "up"}}),
        {{0x0001, {{"spoofed requester", "CA"}}},
         {0x0002, {{"translation request", "CA"}, {"translated memory", "CA"}, {"translated peer", "CA"}}},
         {0x0010, {{"own window", "up"}}},
         {0x0040, {{"translated peer", "peer"}}},
         {0x0100, {{"own BAR", "CA"}}},
         {0x0200, {{"own BAR", "up"}}}});
}
