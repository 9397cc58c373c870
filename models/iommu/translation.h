// SPDX-License-Identifier: Apache-2.0
// What an IOMMU is asked and what it answers: the same for VT-d and SMMUv3.
#pragma once

#include "base/access.h"
#include "base/landing.h"
#include "base/rule.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace iommusim::iommu {

/// One request at an IOMMU's DMA port. Never crosses a 4 KiB boundary (callers split).
struct TranslationRequest {
  RequesterId requester;
  std::optional<Pasid> pasid;
  AddressType address_type = AddressType::untranslated;
  Operation operation = Operation::read;
  bool privileged = false;
  bool execute = false;
  /// NW of a translation request: the device will not write (PCIe ATS).
  bool no_write = false;
  Iova address;
  /// Bytes; 0 is a zero-length read.
  std::uint32_t size = 0;
  /// What a 4-byte write carries, as an interrupt request means it. Other requests: 0.
  std::uint32_t message_data = 0;
};

/// What the unit does with the request.
enum class Outcome : std::uint8_t {
  /// Goes on to `address`. A translation request is answered with `address` and the rights; without any right the
  /// completion is successful and grants nothing.
  translated,
  /// Is an interrupt request; the unit emits it as a message of `message_data` to `address`.
  interrupt,
  /// Is an interrupt request that the unit takes down for a virtual processor: in the form of a message, `message_data`
  /// has the virtual vector and `address` the processor that is to be notified.
  posted,
  /// Is refused; `fault_reason` says why (0: refused without a reason that is recorded).
  fault,
  /// Ends here without an error: a read gives zeros, a write goes nowhere (RAZ/WI). `fault_reason` says why.
  ignored,
  /// Is held until software says what is to become of it; `message_data` is the stall tag. `fault_reason` says why.
  stalled,
};

/// The answer. Plain data, returned by value.
struct TranslationResult {
  Outcome outcome = Outcome::fault;
  PhysAddr address;
  /// Bytes of the page that the translation covers (translated only); pass-through reports 4 KiB.
  std::uint64_t page_size = page_4k;
  /// Rights of the translation (translated only): DMI grants depend on them.
  bool readable = false;
  bool writable = false;
  /// For the completion of a translation request only. Execution was asked for and is permitted.
  bool executable = false;
  /// Untranslated access only (U): the device shall use the address that it has.
  bool untranslated_only = false;
  /// The page is always snooped, whatever the request says.
  bool snooped = false;
  /// VT-d fault reason or SMMUv3 event code.
  std::uint16_t fault_reason = 0;
  /// False when the fault is qualified by FPD, or has no record by architecture.
  bool fault_recorded = false;
  CompletionStatus status = CompletionStatus::successful;
  const Rule* rule = nullptr;
  /// Which caches answered.
  bool translation_cached = false;
  bool context_cached = false;
  /// interrupt, posted: see Outcome.
  std::uint32_t message_data = 0;
};

/// One word group that the unit fetched from memory for a request, in order.
struct Fetch {
  /// Name in the unit's specification: "root entry", "context entry", "PDPTE".
  const char* what = "";
  PhysAddr address;
  /// 64-bit words fetched, at most 8.
  std::uint8_t words = 0;
  std::array<std::uint64_t, 8> value{};
  /// Bits of `value[0]` that the unit sets in memory: accessed and dirty.
  std::uint64_t sets = 0;
  /// Bits of `value[0]` that the unit clears in memory: read-only, where that stands for "clean".
  std::uint64_t clears = 0;
  /// The fetch met an access error; `value` is meaningless.
  bool failed = false;
};

/// The fetches of one request, without allocation. A nested 5x5 walk with its tables needs fewer than `capacity`.
class FetchLog {
 public:
  static constexpr std::size_t capacity = 48;

  void clear() { size_ = 0; }
  std::size_t size() const { return size_; }
  const Fetch* begin() const { return fetches_.data(); }
  const Fetch* end() const { return fetches_.data() + size_; }
  const Fetch& back() const { return fetches_[size_ - 1]; }
  Fetch& operator[](std::size_t index) { return fetches_[index]; }
  /// Forgets what came after the first `size` fetches.
  void truncate(std::size_t size) { size_ = size; }

  /// The slot of the next fetch, to be filled in; the last slot is reused once full.
  Fetch& next() { return size_ < capacity ? fetches_[size_++] : fetches_[capacity - 1]; }

 private:
  std::array<Fetch, capacity> fetches_;
  std::size_t size_ = 0;
};

}  // namespace iommusim::iommu
