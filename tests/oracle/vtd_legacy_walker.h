// SPDX-License-Identifier: Apache-2.0
// A second, slow implementation of what a VT-d unit does with a request in legacy mode without interrupt
// remapping: the VT-d sheet transcribed line by line (sections 2.1, 2.2, 2.7, 2.8, 3.1, 4.1, 1.11). It caches
// nothing, shares nothing with models/iommu, and says so where the specification leaves an answer open.
#pragma once

#include "base/access.h"

#include <cstdint>
#include <functional>
#include <optional>

namespace iommusim::oracle {

/// Raw register values, as software reads them; `rtaddr` as the last SRTP latched it.
struct VtdFacts {
  std::uint64_t cap = 0;
  std::uint64_t ecap = 0;
  std::uint32_t gsts = 0;
  std::uint64_t rtaddr = 0;
  /// Not in any register: 32 to 52 bits.
  unsigned host_address_width = 48;
};

struct VtdRequest {
  std::uint16_t source = 0;
  AddressType address_type = AddressType::untranslated;
  Operation operation = Operation::read;
  std::uint64_t address = 0;
  std::uint32_t size = 0;
};

enum class VtdOutcome : std::uint8_t { passes, interrupt, blocked };

/// What FRCD holds afterwards.
struct VtdRecord {
  std::uint8_t reason = 0;
  std::uint16_t source = 0;
  std::uint64_t fault_page = 0;
  bool t1 = false;
  bool t2 = false;
};

struct VtdAnswer {
  VtdOutcome outcome = VtdOutcome::blocked;
  /// passes only.
  std::uint64_t address = 0;
  /// blocked only; empty where the specification names no reason.
  std::optional<std::uint8_t> reason;
  /// blocked only; empty: FSTS and FRCD stay as they are.
  std::optional<VtdRecord> record;
  /// The specification leaves open whether a record is made.
  bool record_open = false;
  /// The specification leaves open everything.
  bool open = false;
};

class VtdLegacyWalker {
 public:
  /// The 64-bit word at an address; empty is an access error.
  using Memory = std::function<std::optional<std::uint64_t>(std::uint64_t)>;

  VtdLegacyWalker(const VtdFacts& facts, Memory memory) : facts_{facts}, memory_{std::move(memory)} {}

  VtdAnswer answer(const VtdRequest& request) const;

 private:
  struct Context;
  VtdAnswer interrupt_range(const VtdRequest& request) const;
  VtdAnswer root_entry(const VtdRequest& request) const;
  VtdAnswer context_entry(const VtdRequest& request, std::uint64_t context_table) const;
  VtdAnswer translation_type(const VtdRequest& request, const Context& context) const;
  VtdAnswer walk(const VtdRequest& request, const Context& context) const;
  bool reserved_bits_set(std::uint64_t entry, unsigned level, bool leaf) const;
  bool large_page_supported(unsigned level) const;
  bool address_width_supported(unsigned aw) const;

  VtdFacts facts_;
  Memory memory_;
};

}  // namespace iommusim::oracle
