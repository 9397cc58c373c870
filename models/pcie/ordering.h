// SPDX-License-Identifier: Apache-2.0
// Transaction ordering (PCIe base specification, 2.4.1, table 2-40).
#pragma once

#include <cstdint>

namespace iommusim::pcie {

enum class TlpClass : std::uint8_t {
  posted,
  non_posted_read,
  /// Configuration and I/O writes, atomics.
  non_posted_with_data,
  completion,
};

/// May the second of two TLPs pass the first?
enum class Passing : std::uint8_t {
  /// It must not: the first is seen first.
  never,
  /// The fabric may or may not let it.
  optional,
  /// It must be able to, or the fabric can deadlock.
  required,
};

/// Of the TLP that would pass.
struct PassingTlp {
  TlpClass type = TlpClass::posted;
  bool relaxed_ordering = false;
  bool id_based_ordering = false;
  /// Completions: answers the same request as the one before it.
  bool same_transaction = false;
  /// On its way from PCI Express to a conventional bus.
  bool to_conventional_bus = false;
};

constexpr Passing may_pass(const PassingTlp& second, TlpClass first) {
  const bool has_write_data = second.type == TlpClass::non_posted_with_data;
  const bool relaxed = second.relaxed_ordering || (second.id_based_ordering && !has_write_data);
  // Column 2: nothing passes a posted request unless it says that it may.
  if (first == TlpClass::posted) return relaxed ? Passing::optional : Passing::never;
  switch (second.type) {
    case TlpClass::posted:
      if (first == TlpClass::completion && !second.to_conventional_bus) return Passing::optional;
      return Passing::required;
    case TlpClass::non_posted_read:
    case TlpClass::non_posted_with_data: return Passing::optional;
    case TlpClass::completion:
      if (first != TlpClass::completion) return Passing::required;
      return second.same_transaction ? Passing::never : Passing::optional;
  }
  return Passing::never;
}

}  // namespace iommusim::pcie
