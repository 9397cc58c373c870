// SPDX-License-Identifier: Apache-2.0
// What devices and translation agents say to each other (PCIe base specification, 10: Address Translation Services and
// Page Request Interface).
#pragma once

#include "base/address.h"
#include "base/range.h"
#include "base/requester_id.h"
#include "base/word.h"

#include <cstdint>
#include <optional>

namespace iommusim::iommu {

/// The entry of a translation completion (10.2.3).
struct AddressTranslation : Word<64> {
  using Word::Word;
  struct ADDR : Field<63, 12> {};
  /// The translation is larger than 4 KiB; how large, the lowest zero bit of the address says.
  struct S : Field<11, 11, bool> {};
  /// Accesses are non-snooped.
  struct N : Field<10, 10, bool> {};
  struct Global : Field<5, 5, bool> {};
  struct Priv : Field<4, 4, bool> {};
  struct Exe : Field<3, 3, bool> {};
  /// Accesses are to be sent untranslated.
  struct U : Field<2, 2, bool> {};
  struct W : Field<1, 1, bool> {};
  struct R : Field<0, 0, bool> {};
};
static_assert(fields_disjoint<AddressTranslation::ADDR, AddressTranslation::S, AddressTranslation::N,
                              AddressTranslation::Global, AddressTranslation::Priv, AddressTranslation::Exe,
                              AddressTranslation::U, AddressTranslation::W, AddressTranslation::R>());

/// The block that an address with a size bit names (10.2.3.2, 10.3.1): 4 KiB, or with `sized` twice the alignment that
/// its low ones leave; all ones up to bit 63 name everything.
template <class A>
constexpr Range<A> sized_block(A address, bool sized) {
  if (!sized) return {address.aligned_down(page_4k), address.aligned_down(page_4k) + (page_4k - 1)};
  const std::uint64_t page_bits = address.value() | (page_4k - 1);
  // The lowest zero bit and all below it.
  const std::uint64_t offset_bits = page_bits ^ (page_bits + 1);
  return {A{address.value() & ~offset_bits}, A{address.value() | offset_bits}};
}

/// The address field for a naturally aligned block of 2^`shift` bytes (above 4 KiB: together with the size bit).
constexpr std::uint64_t sized_address(std::uint64_t address, unsigned shift) {
  const std::uint64_t size = std::uint64_t{1} << shift;
  return (address & ~(size - 1)) | ((size / 2 - 1) & ~(page_4k - 1));
}

/// Invalidate Request (10.3.1): a device is to forget what it was told about `block`.
struct DeviceTlbInvalidation {
  RequesterId target;
  std::optional<Pasid> pasid;
  /// In every address space.
  bool global = false;
  Range<Iova> block;
};

/// Of one sender, at most so many Invalidate Requests are under way (10.3.2).
constexpr unsigned invalidation_tags = 32;

/// Page Request (10.4.1).
struct PageRequest {
  RequesterId requester;
  std::optional<Pasid> pasid;
  Iova address;
  /// Page Request Group Index: 9 bits.
  std::uint16_t group = 0;
  /// Last Request in its group.
  bool last = true;
  bool read = false;
  bool write = false;
  bool execute = false;
  bool privileged = false;
};

/// Response Code (10.4.2.1).
enum class PageResponse : std::uint8_t { success = 0, invalid_request = 1, response_failure = 15 };

/// PRG Response (10.4.2).
struct PageGroupResponse {
  RequesterId target;
  std::optional<Pasid> pasid;
  std::uint16_t group = 0;
  PageResponse code = PageResponse::success;
};

}  // namespace iommusim::iommu
