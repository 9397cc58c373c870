// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 6.2.3.2.4.1, 6.2.4, 7.5.1.1.4, 7.5.3.5 and 7.8.4; bits retyped from reference
// pcie-acs, sections 1.1 and 6. The PCI Express capability stands at 0x40, AER at 0x100.
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
