// SPDX-License-Identifier: Apache-2.0
#include "pcie/peer_access.h"

#include "pcie/rules.h"

namespace iommusim::pcie {

PeerAccess decide_peer_access(const Decoded& ingress, std::optional<std::uint8_t> egress, AddressType address_type) {
  const AcsControl acs = ingress.acs;
  const bool direct_translated = acs.get<AcsControl::DirectTranslatedP2p>() != 0;
  if (direct_translated && address_type == AddressType::translated)
    return {PeerRoute::direct, &rules::acs_direct_translated};

  const bool redirect = acs.get<AcsControl::P2pRequestRedirect>() != 0;
  if (egress && acs.get<AcsControl::P2pEgressControl>() != 0) {
    if (!ingress.egress_control[*egress]) return {PeerRoute::direct, &rules::acs_egress_direct};
    if (redirect) return {PeerRoute::redirect, &rules::acs_egress_redirect};
    return {PeerRoute::violation, &rules::acs_egress_blocked};
  }
  if (redirect) return {PeerRoute::redirect, &rules::acs_request_redirect};
  return {PeerRoute::direct, nullptr};
}

}  // namespace iommusim::pcie
