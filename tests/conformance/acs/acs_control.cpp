// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements of docs/compliance.md, each in the test that bears its number. Addresses and bits are set
// by hand.

#include "pcie/routing.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

TEST_CASE("ACS-048 Control 0x001D is source validation, both redirects and upstream forwarding", "[acs]") {
  SwitchBench bench{with_acs(0)};
  bench.builder.set_acs_control(bench.left, 0x001D);
  const AcsControl acs = bench.topology()[bench.left].decoded.acs;
  CHECK(acs.get<AcsControl::SourceValidation>() == 1);
  CHECK(acs.get<AcsControl::TranslationBlocking>() == 0);
  CHECK(acs.get<AcsControl::P2pRequestRedirect>() == 1);
  CHECK(acs.get<AcsControl::P2pCompletionRedirect>() == 1);
  CHECK(acs.get<AcsControl::UpstreamForwarding>() == 1);
  CHECK(acs.get<AcsControl::P2pEgressControl>() == 0);
  CHECK(acs.get<AcsControl::DirectTranslatedP2p>() == 0);
}
