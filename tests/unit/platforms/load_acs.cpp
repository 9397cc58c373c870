// SPDX-License-Identifier: Apache-2.0
// Oracle: ACS register bits of the reference sheet pcie-acs, 2.1 and 2.2.
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using test::check_error;
using test::edited;
using test::load;

namespace {

std::optional<AcsDescription> port_acs(const std::string& acs) {
  return load({{"at: 01.0", "at: 01.0\n        acs: " + acs}}).host_bridges[0].functions[0].acs;
}

std::string with_acs(const std::string& acs) {
  return edited({{"at: 01.0", "at: 01.0\n        acs: " + acs}});
}

const std::string path = "host_bridges.pcie0.devices.rp0.acs";
const std::string words =
    "source-validation, SrcValid, translation-blocking, TransBlk, p2p-request-redirect, ReqRedir, "
    "p2p-completion-redirect, CmpltRedir, upstream-forwarding, UpstreamFwd, p2p-egress-control, EgressCtrl, "
    "direct-translated-p2p";

}  // namespace

TEST_CASE("The ACS presets give no capability, an idle one, or what Linux enables", "[platforms]") {
  CHECK_FALSE(port_acs("none").has_value());
  const auto idle = port_acs("capable");
  REQUIRE(idle.has_value());
  // SV, TB, RR, CR, UF, DT.
  CHECK(idle->capability.raw() == 0x5F);
  CHECK(idle->control.raw() == 0);
  const auto enabled = port_acs("linux");
  REQUIRE(enabled.has_value());
  CHECK(enabled->capability.raw() == 0x5F);
  // SV, RR, CR, UF.
  CHECK(enabled->control.raw() == 0x1D);
}

TEST_CASE("An endpoint has only the services between functions", "[platforms]") {
  const Description d = load({{"msi: {vectors: 4}", "acs: linux\n          - {name: gpu1, type: endpoint, at: 00.1}"}});
  const auto& acs = d.host_bridges[0].functions[1].children[0].acs;
  REQUIRE(acs.has_value());
  // RR, CR, DT; of those Linux enables RR and CR.
  CHECK(acs->capability.raw() == 0x4C);
  CHECK(acs->control.raw() == 0x0C);
  check_error(edited({{"msi: {vectors: 4}", "acs: {capable: [p2p-request-redirect, @source-validation]}"}}),
              "host_bridges.pcie0.devices.rp1.devices.gpu0.acs.capable.1: found 'source-validation', "
              "expected a service "
              "that endpoint functions can have");
}

TEST_CASE("ACS services are listed by the specification's names or lspci's", "[platforms]") {
  const auto acs = port_acs("{capable: [source-validation, ReqRedir, p2p-egress-control], enabled: [SrcValid]}");
  REQUIRE(acs.has_value());
  CHECK(acs->capability.get<pcie::AcsCapability::SourceValidation>() == 1);
  CHECK(acs->capability.get<pcie::AcsCapability::P2pRequestRedirect>() == 1);
  CHECK(acs->capability.get<pcie::AcsCapability::EgressControlVectorSize>() == 32);
  CHECK(acs->control.raw() == 0x01);
}

TEST_CASE("Enhanced ACS has controls of its own", "[platforms]") {
  const auto acs =
      port_acs("{capable: [enhanced], enabled: [unclaimed-request-redirect], upstream_memory_target: block}");
  REQUIRE(acs.has_value());
  CHECK(acs->capability.raw() == 0x80);
  CHECK(acs->control.raw() == 0x1400);
  check_error(with_acs("{capable: [ReqRedir], upstream_memory_target: @block}"),
              path +
                  ".upstream_memory_target: found 'block', expected nothing unless 'enhanced' is listed "
                  "under capable");
}

TEST_CASE("An ACS service must be capable before it is enabled", "[platforms]") {
  check_error(with_acs("{capable: [ReqRedir], enabled: [@CmpltRedir]}"),
              path + ".enabled.0: found 'CmpltRedir', expected a service that is listed under capable");
}

TEST_CASE("An unknown ACS service brings the known ones", "[platforms]") {
  check_error(with_acs("{capable: [@ReqRedr]}"), path + ".capable.0: found 'ReqRedr', expected 'ReqRedir' (allowed: " +
                                                     words + ", DirectTrans or enhanced)");
}

TEST_CASE("An upstream port cannot have ACS", "[platforms]") {
  check_error(edited({{"          - name: nic0",
                       "          - {name: sw0, type: upstream-port, at: 00.1, acs: @linux}\n          - name: nic0"}}),
              "host_bridges.pcie0.devices.rp0.devices.sw0.acs: found ACS on an upstream-port, expected it on root "
              "ports, "
              "downstream ports and endpoints only");
}
