// SPDX-License-Identifier: Apache-2.0
// What an error leaves in status registers and logs (PCIe base specification, 6.2 and 6.12.5).
// Routing decides without effect; whoever carries a decision out calls these functions.
#pragma once

#include "base/access.h"
#include "base/rule.h"
#include "pcie/routing.h"
#include "pcie/topology.h"

#include <cstdint>

namespace iommusim::pcie {

/// True for the rules by which ACS stops a request (6.12.5). All other refusals are unsupported requests.
bool is_acs_violation(const Rule& rule);

/// `by` received `access` and refused it for `rule`: AER status with header log and first error pointer where it has
/// the capability, Device Status, and Signaled Target Abort when an ACS violation was answered with completer abort. A
/// request that was answered is an advisory error (6.2.3.2.4.1): Device Status tells it as correctable. Poisoned data
/// that its completer discards is none (2.7.2.2), and what blocks it at an egress port has a status bit of its own.
void log_refusal(Topology& topology, NodeIndex by, const Access& access, const Rule& rule);

/// Which side of a port a TLP comes in by. What is no port has the primary side only.
enum class Side : std::uint8_t { primary, secondary };

/// What becomes of a poisoned request at its receiver.
enum class Poisoned : std::uint8_t {
  /// It goes on as if it were not poisoned (2.7.2.2): Poisoned TLP Received is an advisory error (6.2.3.2.4.2).
  passes,
  /// It ends here, and log_refusal tells how.
  ends,
};

/// `receiver` took the poisoned `access` in from a link: Detected Parity Error, in Secondary Status for what came from
/// below, and Poisoned TLP Received, unless an error of higher precedence ends the request here (6.2.3.2.3).
void log_poisoned(Topology& topology, NodeIndex receiver, Side side, const Access& access, Poisoned fate);

/// The fate of a poisoned request on which `receiver` decided.
inline Poisoned fate_at(NodeIndex receiver, const RouteDecision& decision) {
  return decision.action == Action::reject && decision.target == receiver ? Poisoned::ends : Poisoned::passes;
}

/// The completion of a request of `requester` says `status`: Received Master Abort or Received Target Abort; a
/// completion that never came is an AER error. Nothing for what succeeded or has no completion.
void log_completion(Topology& topology, NodeIndex requester, CompletionStatus status);

}  // namespace iommusim::pcie
