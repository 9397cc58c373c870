// SPDX-License-Identifier: Apache-2.0
// Descriptors of the invalidation queue (VT-d specification, 6.5.2): 128 bits each.
#pragma once

#include "base/word.h"
#include "iommu/vtd/invalidation.h"

#include <cstdint>

namespace iommusim::vtd {

/// {bits 11:9, bits 3:0}. The types that other capabilities bring (device-TLB, PASID) are 3 and 6 to 9.
enum class DescriptorType : std::uint8_t { context_cache = 1, iotlb = 2, interrupt_entry_cache = 4, wait = 5 };

/// What every descriptor has.
struct InvalidationDescriptor : Word<128> {
  using Word::Word;
  struct TypeHigh : Field<11, 9> {};
  struct TypeLow : Field<3, 0> {};
  static constexpr std::uint64_t type_bits = TypeHigh::mask | TypeLow::mask;

  DescriptorType type() const { return static_cast<DescriptorType>(get<TypeHigh>() << 4 | get<TypeLow>()); }
  bool has_bits_outside(std::uint64_t low, std::uint64_t high) const {
    return (word(0) & ~(type_bits | low)) != 0 || (word(1) & ~high) != 0;
  }
};

/// cc_inv_dsc (6.5.2.1).
struct ContextCacheDescriptor : InvalidationDescriptor {
  explicit ContextCacheDescriptor(const InvalidationDescriptor& raw) : InvalidationDescriptor{raw} {}
  struct FM : Field<49, 48, std::uint8_t> {};
  struct SID : Field<47, 32, std::uint16_t> {};
  struct DID : Field<31, 16, std::uint16_t> {};
  struct G : Field<5, 4, ContextGranularity> {};

  bool has_reserved_bits() const { return has_bits_outside(FM::mask | SID::mask | DID::mask | G::mask, 0); }
  ContextInvalidation request() const { return {get<G>(), get<DID>(), RequesterId{get<SID>()}, get<FM>()}; }
};

/// iotlb_inv_dsc (6.5.2.3).
struct IotlbDescriptor : InvalidationDescriptor {
  explicit IotlbDescriptor(const InvalidationDescriptor& raw) : InvalidationDescriptor{raw} {}
  struct ADDR : Field<127, 76> {};
  struct IH : Field<70, 70, bool> {};
  struct AM : Field<69, 64, std::uint8_t> {};
  struct DID : Field<31, 16, std::uint16_t> {};
  struct DR : Field<7, 7, bool> {};
  struct DW : Field<6, 6, bool> {};
  struct G : Field<5, 4, IotlbGranularity> {};

  bool has_reserved_bits() const {
    return has_bits_outside(DID::mask | DR::mask | DW::mask | G::mask, ADDR::mask | IH::mask | AM::mask);
  }
  IotlbInvalidation request() const { return {get<G>(), get<DID>(), Iova{word(1) & ADDR::mask}, get<AM>()}; }
};

/// iec_inv_dsc (6.5.2.7).
struct InterruptEntryCacheDescriptor : InvalidationDescriptor {
  explicit InterruptEntryCacheDescriptor(const InvalidationDescriptor& raw) : InvalidationDescriptor{raw} {}
  struct IIDX : Field<47, 32, std::uint16_t> {};
  struct IM : Field<31, 27, std::uint8_t> {};
  /// Index-selective.
  struct G : Field<4, 4, bool> {};

  bool has_reserved_bits() const { return has_bits_outside(IIDX::mask | IM::mask | G::mask, 0); }
  InterruptEntryInvalidation request() const { return {!get<G>(), get<IIDX>(), get<IM>()}; }
};

/// inv_wait_dsc (6.5.2.8). PD needs ECAP.PDS and is reserved here.
struct WaitDescriptor : InvalidationDescriptor {
  explicit WaitDescriptor(const InvalidationDescriptor& raw) : InvalidationDescriptor{raw} {}
  struct STADDR : Field<127, 66> {};
  struct STDATA : Field<63, 32, std::uint32_t> {};
  struct FN : Field<6, 6, bool> {};
  struct SW : Field<5, 5, bool> {};
  struct IF : Field<4, 4, bool> {};

  bool has_reserved_bits() const {
    return has_bits_outside(STDATA::mask | FN::mask | SW::mask | IF::mask, STADDR::mask);
  }
  PhysAddr status_address() const { return PhysAddr{word(1) & STADDR::mask}; }
};

}  // namespace iommusim::vtd
