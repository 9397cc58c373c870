// SPDX-License-Identifier: Apache-2.0
// Address Translation Services, Page Request Interface and Process Address Space ID capabilities (PCIe base
// specification, 7.8.9, 10.5.1 and 10.5.2). What functions do with them is
// in iommu/device_tlb.h.
#pragma once

#include "base/word.h"
#include "pcie/config_space.h"
#include "pcie/function_config.h"

namespace iommusim::pcie {

/// Offsets in bytes from the extended capability.
namespace ats {
constexpr unsigned capability = 0x04;
constexpr unsigned control = 0x06;
constexpr unsigned bytes = 0x08;
}  // namespace ats

namespace page_request {
constexpr unsigned control = 0x04;
constexpr unsigned status = 0x06;
constexpr unsigned outstanding_capacity = 0x08;
constexpr unsigned outstanding_allocation = 0x0C;
constexpr unsigned bytes = 0x10;
}  // namespace page_request

namespace pasid {
constexpr unsigned capability = 0x04;
constexpr unsigned control = 0x06;
constexpr unsigned bytes = 0x08;
}  // namespace pasid

struct AtsCapability : Word<16> {
  using Word::Word;
  /// 0: 32 invalidations.
  struct InvalidateQueueDepth : Field<4, 0> {};
  struct PageAlignedRequest : Field<5, 5> {};
  struct GlobalInvalidateSupported : Field<6, 6> {};
};

struct AtsControl : Word<16> {
  using Word::Word;
  /// Translations cover at least 2^(STU + 12) bytes.
  struct SmallestTranslationUnit : Field<4, 0> {};
  struct Enable : Field<15, 15> {};
};

struct PageRequestControl : Word<16> {
  using Word::Word;
  struct Enable : Field<0, 0> {};
  /// Reads as 0.
  struct Reset : Field<1, 1> {};
};

struct PageRequestStatus : Word<16> {
  using Word::Word;
  struct ResponseFailure : Field<0, 0> {};
  struct UnexpectedGroupIndex : Field<1, 1> {};
  struct Stopped : Field<8, 8> {};
  struct PasidRequired : Field<15, 15> {};
};

struct PasidCapability : Word<16> {
  using Word::Word;
  struct ExecutePermissionSupported : Field<1, 1> {};
  struct PrivilegedModeSupported : Field<2, 2> {};
  struct MaxPasidWidth : Field<12, 8> {};
};

struct PasidControl : Word<16> {
  using Word::Word;
  struct Enable : Field<0, 0> {};
  struct ExecutePermissionEnable : Field<1, 1> {};
  struct PrivilegedModeEnable : Field<2, 2> {};
};

/// A virtual function's Smallest Translation Unit and Invalidate Queue Depth are those of its physical function
/// (10.5.1.2 and 10.5.1.3).
void build_ats(bool virtual_function, unsigned at, ConfigSpace& space);
void build_page_request(unsigned at, ConfigSpace& space);
/// Throws std::invalid_argument for a width above 20.
void build_pasid(const PasidConfig& config, unsigned at, ConfigSpace& space);

/// Outstanding Page Request Allocation; 0 without the capability.
std::uint32_t page_request_allocation(const ConfigSpace& config);

/// Bits of the PASIDs that a function may send, while software has set PASID Enable; else 0. To be asked of the
/// physical function: virtual functions have no such capability and use that one.
unsigned enabled_pasid_bits(const ConfigSpace& config);

}  // namespace iommusim::pcie
