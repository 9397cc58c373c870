// SPDX-License-Identifier: Apache-2.0
// Direct memory access through a translating fabric: never more than the 4 KiB page that was asked for.
#pragma once

#include "base/address.h"

#include <tlm>

namespace iommusim::modules {

/// The page of a DMI request in the requester's address space.
class DmiPage {
 public:
  explicit DmiPage(const tlm::tlm_generic_payload& payload)
      : first_{payload.get_address() & ~(page_4k - 1)}, last_{first_ + page_4k - 1} {}

  /// Names the page in the requester's addresses; the pointer already points at its first byte. Always true.
  bool clip(tlm::tlm_dmi& dmi) const {
    dmi.set_start_address(first_);
    dmi.set_end_address(last_);
    return true;
  }

  /// No direct access to this page. Always false.
  bool deny(tlm::tlm_dmi& dmi) const {
    clip(dmi);
    dmi.allow_none();
    return false;
  }

 private:
  sc_dt::uint64 first_;
  sc_dt::uint64 last_;
};

}  // namespace iommusim::modules
