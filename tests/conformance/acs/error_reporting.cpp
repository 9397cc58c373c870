// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements of docs/compliance.md; PCIe base specification, 7.5.1 and 7.8.4. AER stands at 0x100, the PCI
// Express capability at 0x40.

#include "pcie/error_logging.h"
#include "pcie/routing.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

namespace {

constexpr std::uint32_t acs_violation = 0x0020'0000;
constexpr std::uint32_t signaled_target_abort = 0x0800;

/// A downstream port whose Source Validation stops what claims to come from bus 9.
struct Violation {
  explicit Violation(Operation operation) : bench{options()} {
    const Access forged = request(operation, RequesterId{9, 0, 0}, 0x1000, 4);
    const RouteDecision decision = route_from_below(bench.topology(), bench.left, forged);
    REQUIRE(decision.action == Action::reject);
    log_refusal(bench.builder.topology(), decision.target, forged, *decision.rule);
    log_completion(bench.builder.topology(), bench.device_a, decision.status);
  }
  static FunctionOptions options() {
    FunctionOptions port = with_acs(0x0001);
    port.error_reporting = true;
    return port;
  }
  std::uint32_t port(unsigned offset, unsigned width) const { return bench.builder.read(bench.left, offset, width); }
  std::uint32_t requester_status() const { return bench.builder.read(bench.device_a, 0x06, 2); }

  SwitchBench bench;
};

}  // namespace

TEST_CASE("ACS-018 A violating posted write is logged at the ingress port, without Signaled Target Abort", "[acs]") {
  const Violation violation{Operation::write};
  CHECK(violation.port(0x104, 4) == acs_violation);
  CHECK((violation.port(0x118, 4) & 0x1F) == 21);
  CHECK(violation.port(0x11C, 4) == 0x4000'0001);
  CHECK(violation.port(0x120, 4) == 0x0900'000F);
  CHECK((violation.port(0x1E, 2) & signaled_target_abort) == 0);
  CHECK((violation.port(0x06, 2) & signaled_target_abort) == 0);
  CHECK((violation.requester_status() & 0x3000) == 0);
}

TEST_CASE("ACS-019 A violating read makes the port signal and the requester receive target abort", "[acs]") {
  const Violation violation{Operation::read};
  CHECK(violation.port(0x104, 4) == acs_violation);
  CHECK((violation.port(0x1E, 2) & signaled_target_abort) != 0);
  CHECK((violation.requester_status() & 0x3000) == 0x1000);
}
