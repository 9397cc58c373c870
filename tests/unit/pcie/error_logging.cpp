// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 2.7.2.2, 6.2.3.2.3, 6.2.3.2.4.1, 6.2.3.2.4.2, 6.2.4, 7.5.1.1.4, 7.5.3.5 and 7.8.4;
// bits retyped from reference pcie-acs, sections 1.1 and 6. The PCI Express capability stands at 0x40, AER at 0x100.
#include "pcie/error_logging.h"

#include "pcie/rules.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

namespace {

constexpr unsigned device_status = 0x4A;
constexpr unsigned uncorrectable_status = 0x104;
constexpr unsigned correctable_status = 0x110;
constexpr unsigned first_error = 0x118;
constexpr unsigned header_log = 0x11C;
constexpr std::uint32_t unsupported_request = 1U << 20;
constexpr std::uint32_t acs_violation = 1U << 21;
constexpr std::uint32_t poisoned_tlp = 1U << 12;
constexpr std::uint32_t egress_blocked = 1U << 26;
constexpr std::uint32_t detected_parity_error = 0x8000;

struct Bench {
  Bench() {
    FunctionOptions options;
    options.error_reporting = true;
    root = builder.root_port(options);
    device = builder.endpoint(root);
  }
  std::uint32_t at_root(unsigned offset, unsigned width = 4) const { return builder.read(root, offset, width); }
  void refuse(const Access& access, const Rule& rule) { log_refusal(builder.topology(), root, access, rule); }

  TopologyBuilder builder;
  NodeIndex root = NodeIndex::none;
  NodeIndex device = NodeIndex::none;
};

}  // namespace

TEST_CASE("An unsupported posted request is a non-fatal error with its header", "[pcie]") {
  Bench bench;
  bench.refuse(write_request(bench.builder.id(bench.device), 0x1000, 4), rules::port_u_turn);
  CHECK(bench.at_root(uncorrectable_status) == unsupported_request);
  CHECK(bench.at_root(correctable_status) == 0);
  CHECK((bench.at_root(first_error) & 0x1F) == 20);
  CHECK(bench.at_root(header_log) == 0x4000'0001);
  CHECK(bench.at_root(header_log + 4) == 0x0100'000F);
  CHECK(bench.at_root(header_log + 8) == 0x0000'1000);
  CHECK(bench.at_root(header_log + 12) == 0);
  CHECK(bench.at_root(device_status, 2) == 0x000A);
}

TEST_CASE("An unsupported request that was answered is an advisory error", "[pcie]") {
  Bench bench;
  bench.refuse(read_request({1, 0, 0}, 0x1000), rules::port_u_turn);
  CHECK(bench.at_root(uncorrectable_status) == unsupported_request);
  CHECK(bench.at_root(correctable_status) == 0x2000);
  CHECK(bench.at_root(device_status, 2) == 0x0009);
}

TEST_CASE("The severity of an error makes it fatal", "[pcie]") {
  Bench bench;
  bench.builder.write(bench.root, 0x10C, 4, unsupported_request);
  bench.refuse(read_request({1, 0, 0}, 0x1000), rules::port_u_turn);
  CHECK(bench.at_root(device_status, 2) == 0x000C);
  CHECK(bench.at_root(correctable_status) == 0);
}

TEST_CASE("The log keeps the first error until software clears its status bit", "[pcie]") {
  Bench bench;
  bench.refuse(write_request({1, 0, 0}, 0x1000), rules::acs_source_validation);
  bench.refuse(write_request({1, 0, 0}, 0x2000), rules::port_u_turn);
  CHECK(bench.at_root(uncorrectable_status) == (acs_violation | unsupported_request));
  CHECK((bench.at_root(first_error) & 0x1F) == 21);
  CHECK(bench.at_root(header_log + 8) == 0x1000);

  bench.builder.write(bench.root, uncorrectable_status, 4, acs_violation);
  CHECK(bench.at_root(uncorrectable_status) == unsupported_request);
  bench.refuse(write_request({1, 0, 0}, 0x3000), rules::port_u_turn);
  CHECK((bench.at_root(first_error) & 0x1F) == 20);
  CHECK(bench.at_root(header_log + 8) == 0x3000);
}

TEST_CASE("A masked error has its status bit and no log", "[pcie]") {
  Bench bench;
  bench.builder.write(bench.root, 0x108, 4, unsupported_request);
  bench.refuse(write_request({1, 0, 0}, 0x1000), rules::port_u_turn);
  CHECK(bench.at_root(uncorrectable_status) == unsupported_request);
  CHECK(bench.at_root(first_error) == 0);
  CHECK(bench.at_root(header_log + 8) == 0);
}

TEST_CASE("A function without AER tells an unsupported request in Device Status", "[pcie]") {
  Bench bench;
  log_refusal(bench.builder.topology(), bench.device, write_request({}, 0x1000), rules::bar_unclaimed);
  CHECK(bench.builder.read(bench.device, device_status, 2) == 0x000A);
  CHECK(bench.builder.read(bench.device, 0x100, 4) == 0);
}

TEST_CASE("A requester sets Received Master Abort or Received Target Abort by its completion", "[pcie]") {
  Bench bench;
  const auto status = [&bench] { return bench.builder.read(bench.device, 0x06, 2) & 0xF900; };
  log_completion(bench.builder.topology(), bench.device, CompletionStatus::successful);
  log_completion(bench.builder.topology(), bench.device, CompletionStatus::none);
  CHECK(status() == 0);
  log_completion(bench.builder.topology(), bench.device, CompletionStatus::unsupported_request);
  CHECK(status() == 0x2000);
  log_completion(bench.builder.topology(), bench.device, CompletionStatus::completer_abort);
  CHECK(status() == 0x3000);
}

TEST_CASE("A completion that never comes is a completion timeout of the requester", "[pcie]") {
  Bench bench;
  log_completion(bench.builder.topology(), bench.root, CompletionStatus::timeout);
  CHECK(bench.at_root(uncorrectable_status) == 1U << 14);
  CHECK((bench.at_root(first_error) & 0x1F) == 14);
}

TEST_CASE("AER stands before ACS in the list, and its registers have the reset values and rules of 7.8.4", "[pcie]") {
  FunctionConfig config;
  config.type = PortType::root_port;
  config.error_reporting = true;
  config.acs = AcsCapability{0x1F};
  ConfigSpace space = build_config_space(config);
  CHECK(space.read(0x100, 4) == 0x1382'0001);
  CHECK(space.read(0x138, 4) == 0x0001'000D);
  CHECK(space.read(0x10C, 4) == 0x0006'2030);
  CHECK(space.read(0x114, 4) == 0x0000'2000);
  space.write(0x108, 4, 0xFFFF'FFFF);
  CHECK(space.read(0x108, 4) == 0x003F'F030);
  space.write(header_log, 4, 0xFFFF'FFFF);
  CHECK(space.read(header_log, 4) == 0);
  space.write(0x12C, 4, 0xFFFF'FFFF);
  CHECK(space.read(0x12C, 4) == 0x7);
}

TEST_CASE("A poisoned TLP that passes a port from below is an advisory error with its header", "[pcie]") {
  Bench bench;
  const Access access = poisoned(write_request({1, 0, 0}, 0x1000, 4));
  log_poisoned(bench.builder.topology(), bench.root, Side::secondary, access, Poisoned::passes);
  CHECK(bench.at_root(uncorrectable_status) == poisoned_tlp);
  CHECK(bench.at_root(correctable_status) == 0x2000);
  CHECK((bench.at_root(first_error) & 0x1F) == 12);
  CHECK(bench.at_root(header_log) == 0x4000'4001);
  CHECK(bench.at_root(header_log + 8) == 0x1000);
  CHECK(bench.at_root(device_status, 2) == 0x0001);
  CHECK((bench.at_root(0x1E, 2) & detected_parity_error) != 0);
  CHECK((bench.at_root(0x06, 2) & detected_parity_error) == 0);
}

TEST_CASE("A poisoned TLP from above is a parity error of the primary side", "[pcie]") {
  Bench bench;
  const Access access = poisoned(write_request({1, 0, 0}, 0x1000, 4));
  log_poisoned(bench.builder.topology(), bench.root, Side::primary, access, Poisoned::passes);
  CHECK((bench.at_root(0x1E, 2) & detected_parity_error) == 0);
  CHECK((bench.at_root(0x06, 2) & detected_parity_error) != 0);
}

TEST_CASE("A poisoned TLP of fatal severity is no advisory error", "[pcie]") {
  Bench bench;
  bench.builder.write(bench.root, 0x10C, 4, poisoned_tlp);
  const Access access = poisoned(write_request({1, 0, 0}, 0x1000, 4));
  log_poisoned(bench.builder.topology(), bench.root, Side::secondary, access, Poisoned::passes);
  CHECK(bench.at_root(device_status, 2) == 0x0004);
  CHECK(bench.at_root(correctable_status) == 0);
}

TEST_CASE("An error of higher precedence leaves of the poison the parity error only", "[pcie]") {
  Bench bench;
  const Access access = poisoned(write_request({1, 0, 0}, 0x1000, 4));
  log_poisoned(bench.builder.topology(), bench.root, Side::secondary, access, Poisoned::ends);
  bench.refuse(access, rules::acs_source_validation);
  CHECK(bench.at_root(uncorrectable_status) == acs_violation);
  CHECK((bench.at_root(0x1E, 2) & detected_parity_error) != 0);
}

TEST_CASE("A completer that discards poisoned data tells no advisory error, even where it answers", "[pcie]") {
  FunctionOptions options;
  options.error_reporting = true;
  Bench bench;
  const NodeIndex device = bench.builder.function(bench.root, 1, options);
  for (const Operation operation : {Operation::write, Operation::atomic}) {
    const Access access = poisoned(request(operation, {}, 0x1000, 4));
    log_refusal(bench.builder.topology(), device, access, rules::completer_poisoned);
    CHECK(bench.builder.read(device, uncorrectable_status, 4) == poisoned_tlp);
    CHECK(bench.builder.read(device, correctable_status, 4) == 0);
    CHECK(bench.builder.read(device, device_status, 2) == 0x0002);
    CHECK((bench.builder.read(device, 0x06, 2) & detected_parity_error) != 0);
    bench.builder.write(device, uncorrectable_status, 4, poisoned_tlp);
    bench.builder.write(device, device_status, 2, 0x000F);
    bench.builder.write(device, 0x06, 2, 0xF900);
  }
}

TEST_CASE("A function receives a poisoned TLP that it does not support, too", "[pcie]") {
  Bench bench;
  log_refusal(bench.builder.topology(), bench.device, poisoned(write_request({}, 0x1000, 4)), rules::bar_unclaimed);
  CHECK((bench.builder.read(bench.device, 0x06, 2) & detected_parity_error) != 0);
  CHECK(bench.builder.read(bench.device, device_status, 2) == 0x000A);
}

TEST_CASE("A function whose own ACS stops a poisoned request has received nothing", "[pcie]") {
  Bench bench;
  log_refusal(bench.builder.topology(), bench.device, poisoned(write_request({}, 0x1000, 4)),
              rules::acs_egress_blocked);
  CHECK((bench.builder.read(bench.device, 0x06, 2) & detected_parity_error) == 0);
}

TEST_CASE("A blocked poisoned TLP is an error of the egress port, masked until software wants it", "[pcie]") {
  FunctionOptions options;
  options.error_reporting = true;
  options.blocks_poisoned = true;
  TopologyBuilder builder;
  const NodeIndex port = builder.root_port(options);
  const Access access = poisoned(write_request({1, 0, 0}, 0x1000, 4));
  log_refusal(builder.topology(), port, access, rules::port_poisoned_egress_blocked);
  CHECK(builder.read(port, uncorrectable_status, 4) == egress_blocked);
  CHECK(builder.read(port, first_error, 4) == 0);
  CHECK(builder.read(port, header_log, 4) == 0);
  CHECK(builder.read(port, device_status, 2) == 0x0002);

  builder.write(port, uncorrectable_status, 4, egress_blocked);
  builder.write(port, 0x108, 4, 0);
  log_refusal(builder.topology(), port, access, rules::port_poisoned_egress_blocked);
  CHECK((builder.read(port, first_error, 4) & 0x1F) == 26);
  CHECK(builder.read(port, header_log, 4) == 0x4000'4001);
}

TEST_CASE("Poisoned TLP Egress Blocked exists where the port can block", "[pcie]") {
  FunctionConfig config;
  config.type = PortType::downstream_port;
  config.error_reporting = true;
  config.poisoned_egress_blocking = true;
  ConfigSpace space = build_config_space(config);
  CHECK(space.read(0x108, 4) == egress_blocked);
  CHECK(space.read(0x10C, 4) == 0x0006'2030);
  space.write(0x10C, 4, 0xFFFF'FFFF);
  CHECK(space.read(0x10C, 4) == (0x003F'F030 | egress_blocked));
}
