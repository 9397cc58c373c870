// SPDX-License-Identifier: Apache-2.0
// May a request go to a peer directly? P2P Request Redirect, P2P Egress Control and Direct Translated P2P
// together (PCIe base specification, 6.12.3).
#pragma once

#include "base/access.h"
#include "base/rule.h"
#include "pcie/decoded.h"

#include <cstdint>
#include <optional>

namespace iommusim::pcie {

enum class PeerRoute : std::uint8_t { direct, redirect, violation };

struct PeerAccess {
  PeerRoute route = PeerRoute::direct;
  /// nullptr: direct because no service is enabled; the caller knows what it is direct to.
  const Rule* rule = nullptr;
};

/// `ingress` is the port or function that the request came from below of; its controls decide, not the
/// target's. `egress` is the target's number: port number, in a multi-function device function or function
/// group number. nullopt: no bit of the egress control vector means the target, so Egress Control leaves it alone.
PeerAccess decide_peer_access(const Decoded& ingress, std::optional<std::uint8_t> egress, AddressType address_type);

}  // namespace iommusim::pcie
