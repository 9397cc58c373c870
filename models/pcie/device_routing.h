// SPDX-License-Identifier: Apache-2.0
// Requests between the functions of one device, which no port and no IOMMU sees (PCIe base specification, 6.12.1.2
// and 6.12.3).
#pragma once

#include "pcie/routing.h"

#include <optional>

namespace iommusim::pcie {

/// Endpoint functions of one device: all those on one link, virtual functions included, or those with one device
/// number on any other bus.
bool same_device(const Topology& topology, NodeIndex a, NodeIndex b);

/// Who the bits of `from`'s egress control vector mean by `to`, another function of its device: a function number
/// (with ARI 8 bits), or with ACS Function Groups enabled in function 0 a function group number.
std::uint8_t egress_number(const Topology& topology, NodeIndex from, NodeIndex to);

/// `function` has issued a request (see issue()). nullopt: no other function of its device holds the address, so the
/// request goes upstream. Otherwise the ACS controls of `function` answer
///   downstream  inside the device to the function `target`, whose BAR then claims it,
///   upstream    redirected: the port above meets it as a request for its own window,
///   reject      an ACS violation.
std::optional<RouteDecision> route_in_device(const Topology& topology, NodeIndex function, const Access& access);

/// The same, and what leaves the device must cross its link: with the link disabled it is lost, and who expects a
/// completion waits for its time-out (7.5.3.7). nullopt: it leaves, and no rule was needed.
std::optional<RouteDecision> leave_device(const Topology& topology, NodeIndex function, const Access& access);

/// A completion of `completer` for another function of its device: downstream to `requester`, or with P2P Completion
/// Redirect and without relaxed ordering upstream.
RouteDecision route_completion_in_device(const Topology& topology, NodeIndex completer, NodeIndex requester,
                                         bool relaxed_ordering);

}  // namespace iommusim::pcie
