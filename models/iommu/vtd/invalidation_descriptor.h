// SPDX-License-Identifier: Apache-2.0
// Descriptors of the invalidation queue (VT-d specification, 6.5.2): 128 or 256 bits each, as IQA.DW says. A narrow one
// stands in the low half of a wide one.
#pragma once

#include "base/word.h"
#include "iommu/ats.h"
#include "iommu/vtd/invalidation.h"

#include <cstdint>
#include <optional>

namespace iommusim::vtd {

/// {bits 11:9, bits 3:0}.
enum class DescriptorType : std::uint8_t {
  context_cache = 1,
  iotlb = 2,
  device_tlb = 3,
  wait = 5,
  pasid_iotlb = 6,
  pasid_cache = 7,
  pasid_device_tlb = 8,
  page_group_response = 9,
};

/// What every descriptor has.
struct InvalidationDescriptor : Word<256> {
  using Word::Word;
  struct TypeHigh : Field<11, 9> {};
  struct TypeLow : Field<3, 0> {};
  static constexpr std::uint64_t type_bits = TypeHigh::mask | TypeLow::mask;
  static constexpr std::uint64_t narrow_bytes = 16;
  static constexpr std::uint64_t wide_bytes = 32;

  DescriptorType type() const { return static_cast<DescriptorType>(get<TypeHigh>() << 4 | get<TypeLow>()); }
  bool has_bits_outside(std::uint64_t low, std::uint64_t high) const {
    return has_low_bits_outside(low, high) || word(2) != 0 || word(3) != 0;
  }
  bool has_low_bits_outside(std::uint64_t low, std::uint64_t high) const {
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
  IotlbInvalidation request() const { return {get<G>(), get<DID>(), Iova{word(1) & ADDR::mask}, get<AM>(), get<IH>()}; }
};

/// dev_tlb_inv_dsc (6.5.2.5). MIP and PFSID are hints that throttle; PFSID needs ECAP.DIT.
struct DeviceTlbDescriptor : InvalidationDescriptor {
  explicit DeviceTlbDescriptor(const InvalidationDescriptor& raw) : InvalidationDescriptor{raw} {}
  struct ADDR : Field<127, 76> {};
  struct S : Field<64, 64, bool> {};
  struct PFSIDHigh : Field<63, 52> {};
  struct SID : Field<47, 32, std::uint16_t> {};
  struct MIP : Field<20, 16> {};
  struct PFSIDLow : Field<15, 12> {};

  bool has_reserved_bits(bool throttles) const {
    const std::uint64_t hints = throttles ? PFSIDHigh::mask | PFSIDLow::mask : 0;
    return has_bits_outside(SID::mask | MIP::mask | hints, ADDR::mask | S::mask);
  }
  iommu::DeviceTlbInvalidation request() const {
    return {RequesterId{get<SID>()}, std::nullopt, false, iommu::sized_block(Iova{word(1) & ADDR::mask}, get<S>())};
  }
};

/// p_dev_tlb_inv_dsc (6.5.2.6).
struct PasidDeviceTlbDescriptor : InvalidationDescriptor {
  explicit PasidDeviceTlbDescriptor(const InvalidationDescriptor& raw) : InvalidationDescriptor{raw} {}
  struct ADDR : Field<127, 76> {};
  struct S : Field<75, 75, bool> {};
  struct G : Field<64, 64, bool> {};
  struct PFSIDHigh : Field<63, 52> {};
  struct PASID : Field<51, 32, std::uint32_t> {};
  struct SID : Field<31, 16, std::uint16_t> {};
  struct PFSIDLow : Field<15, 12> {};
  struct MIP : Field<8, 4> {};

  bool has_reserved_bits(bool throttles) const {
    const std::uint64_t hints = throttles ? PFSIDHigh::mask | PFSIDLow::mask : 0;
    return has_bits_outside(SID::mask | PASID::mask | MIP::mask | hints, ADDR::mask | S::mask | G::mask);
  }
  iommu::DeviceTlbInvalidation request() const {
    return {RequesterId{get<SID>()}, Pasid{get<PASID>()}, get<G>(),
            iommu::sized_block(Iova{word(1) & ADDR::mask}, get<S>())};
  }
};

/// pc_inv_dsc (6.5.2.2).
struct PasidCacheDescriptor : InvalidationDescriptor {
  explicit PasidCacheDescriptor(const InvalidationDescriptor& raw) : InvalidationDescriptor{raw} {}
  struct PASID : Field<51, 32, std::uint32_t> {};
  struct DID : Field<31, 16, std::uint16_t> {};
  struct G : Field<5, 4, PasidCacheGranularity> {};

  bool has_reserved_bits() const {
    return has_bits_outside(PASID::mask | DID::mask | G::mask, 0) || get<G>() == PasidCacheGranularity::reserved;
  }
  PasidCacheInvalidation request() const { return {get<G>(), get<DID>(), Pasid{get<PASID>()}}; }
};

/// p_iotlb_inv_dsc (6.5.2.4).
struct PasidIotlbDescriptor : InvalidationDescriptor {
  explicit PasidIotlbDescriptor(const InvalidationDescriptor& raw) : InvalidationDescriptor{raw} {}
  struct ADDR : Field<127, 76> {};
  struct IH : Field<70, 70, bool> {};
  struct AM : Field<69, 64, std::uint8_t> {};
  struct PASID : Field<51, 32, std::uint32_t> {};
  struct DID : Field<31, 16, std::uint16_t> {};
  struct G : Field<5, 4, PasidIotlbGranularity> {};

  bool has_reserved_bits() const {
    const bool known = get<G>() == PasidIotlbGranularity::pasid || get<G>() == PasidIotlbGranularity::page;
    return has_bits_outside(PASID::mask | DID::mask | G::mask, ADDR::mask | IH::mask | AM::mask) || !known;
  }
  PasidIotlbInvalidation request() const {
    return {get<G>(), get<DID>(), Pasid{get<PASID>()}, Iova{word(1) & ADDR::mask}, get<AM>(), get<IH>()};
  }
};

/// inv_wait_dsc (6.5.2.8). PD needs ECAP.PDS.
struct WaitDescriptor : InvalidationDescriptor {
  explicit WaitDescriptor(const InvalidationDescriptor& raw) : InvalidationDescriptor{raw} {}
  struct STADDR : Field<127, 66> {};
  struct STDATA : Field<63, 32, std::uint32_t> {};
  struct PD : Field<7, 7, bool> {};
  struct FN : Field<6, 6, bool> {};
  struct SW : Field<5, 5, bool> {};
  struct IF : Field<4, 4, bool> {};

  bool has_reserved_bits(bool drains_page_requests) const {
    const std::uint64_t drain = drains_page_requests ? PD::mask : 0;
    return has_bits_outside(STDATA::mask | drain | FN::mask | SW::mask | IF::mask, STADDR::mask);
  }
  PhysAddr status_address() const { return PhysAddr{word(1) & STADDR::mask}; }
};

/// pgrp_resp_dsc (7.6.1). PDP, LPIG and the private data of the upper half were a device's to get back in revision 3
/// and are ignored.
struct PageGroupResponseDescriptor : InvalidationDescriptor {
  explicit PageGroupResponseDescriptor(const InvalidationDescriptor& raw) : InvalidationDescriptor{raw} {}
  struct PRGI : Field<75, 67, std::uint16_t> {};
  struct LPIG : Field<66, 66, bool> {};
  struct PASID : Field<51, 32, std::uint32_t> {};
  struct RID : Field<31, 16, std::uint16_t> {};
  struct RC : Field<15, 12, iommu::PageResponse> {};
  struct PDP : Field<5, 5, bool> {};
  struct PP : Field<4, 4, bool> {};

  bool has_reserved_bits() const {
    return has_low_bits_outside(PASID::mask | RID::mask | RC::mask | PDP::mask | PP::mask, PRGI::mask | LPIG::mask);
  }
  iommu::PageGroupResponse response() const {
    iommu::PageGroupResponse response{RequesterId{get<RID>()}, std::nullopt, get<PRGI>(), get<RC>()};
    if (get<PP>()) response.pasid = Pasid{get<PASID>()};
    return response;
  }
};

}  // namespace iommusim::vtd
