// SPDX-License-Identifier: Apache-2.0
// Oracle: reference pcie-acs, sections 2.2 and 2.3, typed as tables, for functions of one device: of an endpoint,
// virtual ones, and of an integrated endpoint. They have no Source Validation, Translation Blocking, Upstream
// Forwarding and enhanced services; those bits must change nothing.
#include "conformance/fabric/acs_flip.h"
#include "pcie/device_routing.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

namespace {

constexpr std::uint64_t own_bar = 0xE000'0000;
constexpr std::uint64_t peer_bar = 0xE010'0000;
constexpr std::uint16_t request_redirect = 0x0004;

/// Both redirects, egress control with 8 bits, and direct translated P2P.
FunctionOptions sender(unsigned controlled) {
  FunctionOptions options = with_acs(0, 0x086C);
  options.egress_controlled = {controlled};
  return options;
}

Access read_at(std::uint64_t address, RequesterId id, AddressType type = AddressType::untranslated) {
  return request(Operation::read, id, address, 64, type);
}

std::string inside(const Topology& topology, NodeIndex from, const Access& access) {
  const auto decision = route_in_device(topology, from, access);
  return decision ? end_of(*decision) : "up";
}

/// Function 0 of an endpoint with two functions.
class Function {
 public:
  void set_control(std::uint16_t control) { builder_.set_acs_control(first_, control); }

  Ends ends() const {
    const Topology& topology = builder_.topology();
    const RequesterId id = builder_.id(first_);
    const auto at = [&](std::uint64_t address, AddressType type = AddressType::untranslated) {
      return inside(topology, first_, read_at(address, id, type));
    };
    return {{"memory", at(0x1000'0000)},
            {"translated memory", at(0x1000'0000, AddressType::translated)},
            {"own BAR", at(own_bar)},
            {"peer", at(peer_bar)},
            {"peer in another's name", inside(topology, first_, read_at(peer_bar, RequesterId{0x30, 0, 0}))},
            {"translation request to peer", at(peer_bar, AddressType::translation_request)},
            {"translated peer", at(peer_bar, AddressType::translated)},
            {"completion to peer", end_of(route_completion_in_device(topology, first_, second_, false))},
            {"relaxed completion to peer", end_of(route_completion_in_device(topology, first_, second_, true))}};
  }

 private:
  TopologyBuilder builder_;
  NodeIndex port_ = builder_.root_port();
  NodeIndex first_ = builder_.function(port_, 0, [] {
    FunctionOptions options = sender(1);
    options.bars = {{0, 0x10'0000, BusAddr{own_bar}}};
    return options;
  }());
  NodeIndex second_ = builder_.function(port_, 1, with_bar(peer_bar, 0x10'0000));
};

/// The first virtual function, number 4 of its device. The second is number 5, the physical one 0.
class VirtualFunction {
 public:
  VirtualFunction() {
    constexpr std::uint32_t enable_with_memory = 0x9;
    const unsigned sriov = *find_extended_capability(reader_of(builder_.topology()[physical_].config),
                                                     ExtendedCapabilityId::single_root_io_virtualization);
    builder_.write(physical_, sriov + 0x10, 2, 2);
    builder_.write(physical_, sriov + 0x24, 4, static_cast<std::uint32_t>(peer_bar));
    builder_.write(physical_, sriov + 0x08, 2, enable_with_memory);
    const unsigned acs = *find_extended_capability(reader_of(builder_.topology()[first_].config),
                                                   ExtendedCapabilityId::access_control_services);
    builder_.write(first_, acs + acs::egress_control_vector, 4, 1U << 5);
  }
  void set_control(std::uint16_t control) { builder_.set_acs_control(first_, control); }

  Ends ends() const {
    const Topology& topology = builder_.topology();
    const RequesterId id = builder_.id(first_);
    const auto at = [&](std::uint64_t address, AddressType type = AddressType::untranslated) {
      return inside(topology, first_, read_at(address, id, type));
    };
    return {{"memory", at(0x1000'0000)},
            {"translated memory", at(0x1000'0000, AddressType::translated)},
            {"own BAR", at(peer_bar)},
            {"virtual peer", at(peer_bar + 0x1000)},
            {"translated virtual peer", at(peer_bar + 0x1000, AddressType::translated)},
            {"physical function", at(own_bar)},
            {"translated physical function", at(own_bar, AddressType::translated)},
            {"completion to peer", end_of(route_completion_in_device(topology, first_, second_, false))},
            {"relaxed completion to peer", end_of(route_completion_in_device(topology, first_, second_, true))}};
  }

 private:
  static FunctionOptions physical() {
    FunctionOptions options = with_bar(own_bar, 0x10'0000);
    SriovConfig config;
    config.total_vfs = 2;
    config.first_vf_offset = 4;
    config.vf_stride = 1;
    config.vf_bars = {{0, 0x1000, false, false}};
    options.sriov = config;
    return options;
  }

  TopologyBuilder builder_;
  NodeIndex port_ = builder_.root_port();
  NodeIndex physical_ = builder_.function(port_, 0, physical());
  NodeIndex first_ = builder_.virtual_function(physical_, 1, with_acs(0, 0x086C));
  NodeIndex second_ = builder_.virtual_function(physical_, 2);
};

/// Function 0 of an integrated device with two, below a root complex that lets peers speak directly.
class IntegratedFunction {
 public:
  IntegratedFunction() {
    HostBridge bridge;
    bridge.peer_to_peer = PeerToPeer::allowed;
    bridges_ = {bridge};
  }
  void set_control(std::uint16_t control) { builder_.set_acs_control(first_, control); }

  Ends ends() const {
    return {{"memory", at(0x1000'0000)},   {"translated memory", at(0x1000'0000, AddressType::translated)},
            {"function", at(peer_bar)},    {"translated function", at(peer_bar, AddressType::translated)},
            {"root port", at(below_port)}, {"translated root port", at(below_port, AddressType::translated)},
            {"own BAR", at(own_bar)}};
  }

 private:
  static constexpr std::uint64_t below_port = 0xE030'0000;

  std::string at(std::uint64_t address, AddressType type = AddressType::untranslated) const {
    const Access access = read_at(address, builder_.id(first_), type);
    const std::string end = inside(builder_.topology(), first_, access);
    return end != "up" ? end : end_of(decide_inbound(builder_.topology(), bridges_, first_, access));
  }

  TopologyBuilder builder_;
  NodeIndex first_ = builder_.integrated_function(0, [] {
    FunctionOptions options = sender(1);
    options.bars = {{0, 0x1000, BusAddr{own_bar}}};
    return options;
  }());
  NodeIndex second_ = builder_.integrated_function(1, with_bar(peer_bar, 0x1000));
  /// The vector's bit 1 is function 1, not this port.
  NodeIndex port_ = builder_.root_port([] {
    FunctionOptions options;
    options.port_number = 1;
    return options;
  }());
  NodeIndex device_ = builder_.endpoint(port_, with_bar(below_port, 0x10'0000));
  std::vector<HostBridge> bridges_;
};

const Ends function_alone{{"memory", "up"},
                          {"translated memory", "up"},
                          {"own BAR", "up"},
                          {"peer", "peer"},
                          {"peer in another's name", "peer"},
                          {"translation request to peer", "peer"},
                          {"translated peer", "peer"},
                          {"completion to peer", "peer"},
                          {"relaxed completion to peer", "peer"}};

const Ends function_redirected = with(function_alone, {{"peer", "up"},
                                                       {"peer in another's name", "up"},
                                                       {"translation request to peer", "up"},
                                                       {"translated peer", "up"}});

const Ends virtual_function_alone{{"memory", "up"},
                                  {"translated memory", "up"},
                                  {"own BAR", "up"},
                                  {"virtual peer", "peer"},
                                  {"translated virtual peer", "peer"},
                                  {"physical function", "peer"},
                                  {"translated physical function", "peer"},
                                  {"completion to peer", "peer"},
                                  {"relaxed completion to peer", "peer"}};

const Ends virtual_function_redirected = with(virtual_function_alone, {{"virtual peer", "up"},
                                                                       {"translated virtual peer", "up"},
                                                                       {"physical function", "up"},
                                                                       {"translated physical function", "up"}});

const Ends integrated_function_alone{
    {"memory", "up"},      {"translated memory", "up"},      {"function", "peer"}, {"translated function", "peer"},
    {"root port", "peer"}, {"translated root port", "peer"}, {"own BAR", "up"}};

const Ends integrated_function_redirected =
    with(integrated_function_alone,
         {{"function", "up"}, {"translated function", "up"}, {"root port", "up"}, {"translated root port", "up"}});

}  // namespace

TEST_CASE("Each ACS bit alone changes at a function what its service says, and nothing else", "[acs]") {
  Function function;
  check(function, 0, function_alone,
        {{0x0004,
          {{"peer", "up"},
           {"peer in another's name", "up"},
           {"translation request to peer", "up"},
           {"translated peer", "up"}}},
         {0x0008, {{"completion to peer", "up"}}},
         {0x0020,
          {{"peer", "CA"},
           {"peer in another's name", "CA"},
           {"translation request to peer", "CA"},
           {"translated peer", "CA"}}},
         {0x0040, {}}});
}

TEST_CASE("At a redirecting function only Direct Translated P2P opens a way to a controlled peer", "[acs]") {
  Function function;
  check(function, request_redirect, function_redirected,
        {{0x0008, {{"completion to peer", "up"}}}, {0x0040, {{"translated peer", "peer"}}}});
}

TEST_CASE("Each ACS bit alone changes at a virtual function what its service says, and nothing else", "[acs]") {
  VirtualFunction function;
  check(function, 0, virtual_function_alone,
        {{0x0004,
          {{"virtual peer", "up"},
           {"translated virtual peer", "up"},
           {"physical function", "up"},
           {"translated physical function", "up"}}},
         {0x0008, {{"completion to peer", "up"}}},
         {0x0020, {{"virtual peer", "CA"}, {"translated virtual peer", "CA"}}},
         {0x0040, {}}});
}

TEST_CASE("At a redirecting virtual function Egress Control opens the way to whom its vector spares", "[acs]") {
  VirtualFunction function;
  check(function, request_redirect, virtual_function_redirected,
        {{0x0008, {{"completion to peer", "up"}}},
         {0x0020, {{"physical function", "peer"}, {"translated physical function", "peer"}}},
         {0x0040, {{"translated virtual peer", "peer"}, {"translated physical function", "peer"}}}});
}

TEST_CASE("Each ACS bit alone changes at an integrated function what its service says, and nothing else", "[acs]") {
  IntegratedFunction function;
  check(function, 0, integrated_function_alone,
        {{0x0004,
          {{"function", "up"}, {"translated function", "up"}, {"root port", "up"}, {"translated root port", "up"}}},
         {0x0020, {{"function", "CA"}, {"translated function", "CA"}}},
         {0x0040, {}}});
}

TEST_CASE("At a redirecting integrated function only Direct Translated P2P opens a way to peers", "[acs]") {
  IntegratedFunction function;
  check(function, request_redirect, integrated_function_redirected,
        {{0x0040, {{"translated function", "peer"}, {"translated root port", "peer"}}}});
}
