// SPDX-License-Identifier: Apache-2.0
// Direct memory access through a translating fabric: never more than the 4 KiB page that was asked for.
#pragma once

#include "base/access.h"

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

  /// True when `dmi`, in the requester's addresses, reaches over all of the page.
  bool lies_in(const tlm::tlm_dmi& dmi) const {
    return dmi.get_start_address() <= first_ && last_ <= dmi.get_end_address();
  }
  /// Of the page's first byte from that of `dmi`.
  std::uint64_t offset_in(const tlm::tlm_dmi& dmi) const { return first_ - dmi.get_start_address(); }

  /// True when `holds(access)` is true all over the page. Asked in pieces of 128 bytes: no BAR is smaller, and a window
  /// that ends inside a piece does not hold all of it.
  template <class Predicate>
  bool is_uniform(Access access, Predicate holds) const {
    access.size = piece;
    for (std::uint64_t offset = 0; offset < page_4k; offset += piece) {
      access.address = BusAddr{first_ + offset};
      if (!holds(access)) return false;
    }
    return true;
  }

  /// No direct access to this page. Always false.
  bool deny(tlm::tlm_dmi& dmi) const {
    clip(dmi);
    dmi.allow_none();
    return false;
  }

 private:
  static constexpr std::uint32_t piece = 128;

  sc_dt::uint64 first_;
  sc_dt::uint64 last_;
};

}  // namespace iommusim::modules
