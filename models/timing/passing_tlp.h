// SPDX-License-Identifier: Apache-2.0
// A request as the ordering rules see it (pcie/ordering.h). TLPs of different traffic classes have no order (PCIe base
// specification, 2.4.1).
#pragma once

#include "pcie/ordering.h"
#include "timing/tlp.h"

namespace iommusim::timing {

constexpr pcie::TlpClass class_of(Operation operation) {
  switch (operation) {
    case Operation::write: return pcie::TlpClass::posted;
    case Operation::read: return pcie::TlpClass::non_posted_read;
    case Operation::atomic: break;
  }
  return pcie::TlpClass::non_posted_with_data;
}

/// With the attributes of its header. ID-based ordering counts towards TLPs of other requesters only: who knows that
/// they are of the same takes it out.
inline pcie::PassingTlp passing_tlp(const Tlp& request) {
  pcie::PassingTlp passing;
  passing.type = class_of(request.operation);
  passing.relaxed_ordering = request.relaxed_ordering;
  passing.id_based_ordering = request.id_based_ordering;
  return passing;
}

inline bool may_pass_posted(const pcie::PassingTlp& passing) {
  return pcie::may_pass(passing, pcie::TlpClass::posted) != pcie::Passing::never;
}

/// The same among requests of one requester, where ID-based ordering lets nothing pass.
inline bool may_pass_own_posted(const Tlp& request) {
  pcie::PassingTlp passing = passing_tlp(request);
  passing.id_based_ordering = false;
  return may_pass_posted(passing);
}

}  // namespace iommusim::timing
