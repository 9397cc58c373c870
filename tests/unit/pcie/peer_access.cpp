// SPDX-License-Identifier: Apache-2.0
// Oracle: the RR/EC table of the PCIe base specification, 6.12.3, retyped row by row.
#include "pcie/peer_access.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;

TEST_CASE("Request Redirect and Egress Control decide as the table says", "[pcie]") {
  struct Row {
    bool redirect, egress, bit;
    PeerRoute route;
  };
  const Row row = GENERATE(Row{false, false, false, PeerRoute::direct}, Row{false, false, true, PeerRoute::direct},
                           Row{true, false, false, PeerRoute::redirect}, Row{true, false, true, PeerRoute::redirect},
                           Row{false, true, false, PeerRoute::direct}, Row{true, true, false, PeerRoute::direct},
                           Row{false, true, true, PeerRoute::violation}, Row{true, true, true, PeerRoute::redirect});
  const bool direct_translated = GENERATE(false, true);
  CAPTURE(row.redirect, row.egress, row.bit, direct_translated);
  Decoded ingress;
  ingress.acs = AcsControl{(row.redirect ? 0x04U : 0U) | (row.egress ? 0x20U : 0U) | (direct_translated ? 0x40U : 0U)};
  ingress.egress_control[200] = row.bit;
  CHECK(decide_peer_access(ingress, 200, AddressType::untranslated).route == row.route);
  CHECK(decide_peer_access(ingress, 200, AddressType::translation_request).route == row.route);
  const PeerRoute translated = direct_translated ? PeerRoute::direct : row.route;
  CHECK(decide_peer_access(ingress, 200, AddressType::translated).route == translated);
}
