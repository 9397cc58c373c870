// SPDX-License-Identifier: Apache-2.0
// What an error leaves in status registers and logs (PCIe base specification, 6.2 and 6.12.5).
// Routing decides without effect; whoever carries a decision out calls these functions.
#pragma once

#include "base/access.h"
#include "base/rule.h"
#include "pcie/topology.h"

namespace iommusim::pcie {

/// True for the rules by which ACS stops a request (6.12.5). All other refusals are unsupported requests.
bool is_acs_violation(const Rule& rule);

/// `by` received `access` and refused it for `rule`: AER status with header log and first error pointer where it has
/// the capability, Device Status, and Signaled Target Abort when an ACS violation was answered with completer abort. A
/// request that was answered is an advisory error (6.2.3.2.4.1): Device Status tells it as correctable.
void log_refusal(Topology& topology, NodeIndex by, const Access& access, const Rule& rule);

/// The completion of a request of `requester` says `status`: Received Master Abort or Received Target Abort; a
/// completion that never came is an AER error. Nothing for what succeeded or has no completion.
void log_completion(Topology& topology, NodeIndex requester, CompletionStatus status);

}  // namespace iommusim::pcie
