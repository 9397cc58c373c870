// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 9.3.3 (SR-IOV), 7.8.8 (ARI), 7.7.11 (egress control); offsets and bits by hand.
#include "software/sriov_setup.h"

#include "software/driver_error.h"
#include "support/config_bus.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::software;
using tests::ConfigBus;

namespace {

constexpr RequesterId id{1, 0, 0};

pcie::FunctionConfig physical_function(bool lowest = true) {
  pcie::FunctionConfig config;
  config.vendor_id = 0x8086;
  config.acs = pcie::AcsCapability{0x2820};  // P2P Egress Control with 40 bits.
  config.ari = pcie::AriConfig{0, true};
  pcie::SriovConfig sriov;
  sriov.total_vfs = 8;
  sriov.first_vf_offset = 16;
  sriov.vf_stride = 2;
  sriov.vf_bars = {{0, 0x1'0000, true, true}};
  sriov.lowest = lowest;
  config.sriov = sriov;
  return config;
}

/// A function alone on a bus. ACS takes 16 bytes with a vector of 40 bits, ARI 8, then comes SR-IOV.
struct Bench {
  explicit Bench(const pcie::FunctionConfig& config = physical_function()) { bus.add(id, config); }
  static constexpr unsigned acs = 0x100;
  static constexpr unsigned ari = 0x110;
  static constexpr unsigned sriov = 0x118;

  ConfigBus bus;
  PciFunction function{bus, 0, id};
};

}  // namespace

TEST_CASE("A physical function tells how many virtual functions it has, and where", "[software]") {
  const Bench bench;
  const auto facts = vf_facts(bench.function);
  REQUIRE(facts.has_value());
  CHECK(facts->total_vfs == 8);
  CHECK(facts->placement.first_offset == 16);
  CHECK(facts->placement.stride == 2);
  const Bench plain{pcie::FunctionConfig{}};
  CHECK_FALSE(vf_facts(plain.function).has_value());
}

TEST_CASE("Sizing a VF BAR finds what one virtual function has, and restores everything", "[software]") {
  const Bench bench;
  program_vf_bar(bench.function, 0, BusAddr{0x38'0000'0000});
  enable_virtual_functions(bench.function, 4, false);
  CHECK(probe_vf_bar(bench.function, 0) == BarFacts{0x1'0000, true, true});
  CHECK_FALSE(probe_vf_bar(bench.function, 2).has_value());
  CHECK(bench.function.read(Bench::sriov + 0x28, 4) == 0x38);
  CHECK(bench.function.read(Bench::sriov + 0x08, 2) == 0x9);
}

TEST_CASE("Enabling virtual functions writes NumVFs, VF Memory Space Enable and VF Enable", "[software]") {
  const Bench bench;
  enable_virtual_functions(bench.function, 5, true);
  CHECK(bench.function.read(Bench::sriov + 0x10, 2) == 5);
  CHECK(bench.function.read(Bench::sriov + 0x08, 2) == 0x19);
  CHECK_THROWS_AS(enable_virtual_functions(bench.function, 9, true), DriverError);
}

TEST_CASE("Only the lowest physical function knows whether the hierarchy is ARI capable", "[software]") {
  const Bench bench{physical_function(false)};
  enable_virtual_functions(bench.function, 5, true);
  CHECK(bench.function.read(Bench::sriov + 0x08, 2) == 0x9);
}

TEST_CASE("A VF BAR that does not take its address is an error", "[software]") {
  const Bench bench;
  CHECK_THROWS_AS(program_vf_bar(bench.function, 0, BusAddr{0x8000}), DriverError);
  CHECK_THROWS_AS(program_vf_bar(bench.function, 3, BusAddr{0x1'0000}), DriverError);
}

TEST_CASE("An egress control vector is written as far as it reaches", "[software]") {
  const Bench bench;
  set_egress_control(bench.function, pcie::EgressControlVector{}.set(1).set(39));
  CHECK(bench.function.read(Bench::acs + 0x08, 4) == 0x2);
  CHECK(bench.function.read(Bench::acs + 0x0C, 4) == 0x80);
  CHECK_THROWS_AS(set_egress_control(bench.function, pcie::EgressControlVector{}.set(40)), DriverError);
  CHECK_THROWS_AS(set_egress_control(bench.function, pcie::EgressControlVector{}.set(64)), DriverError);
}

TEST_CASE("Function groups are written to ARI Control", "[software]") {
  const Bench bench;
  set_function_group(bench.function, 5, true);
  CHECK(bench.function.read(Bench::ari + 0x06, 2) == 0x52);
  const Bench plain{pcie::FunctionConfig{}};
  CHECK_THROWS_AS(set_function_group(plain.function, 1, false), DriverError);
}

TEST_CASE("ARI forwarding is a service of ports", "[software]") {
  pcie::FunctionConfig port;
  port.type = pcie::PortType::downstream_port;
  const Bench bench{port};
  set_ari_forwarding(bench.function, true);
  CHECK(bench.function.read(0x40 + 0x28, 2) == 0x20);
  const Bench endpoint;
  CHECK_THROWS_AS(set_ari_forwarding(endpoint.function, true), DriverError);
}

TEST_CASE("A virtual function answers although it has no vendor ID", "[software]") {
  pcie::FunctionConfig config;
  config.virtual_function = true;
  const Bench bench{config};
  CHECK_FALSE(bench.function.present());
  CHECK(answers(bench.function));
  ConfigBus empty;
  CHECK_FALSE(answers(PciFunction{empty, 0, id}));
}
