// SPDX-License-Identifier: Apache-2.0
// One entry of the page request queue (VT-d specification, 7.4.1): 32 bytes.
#pragma once

#include "base/word.h"
#include "iommu/ats.h"

#include <cstdint>

namespace iommusim::vtd {

/// page_req_dsc. The upper half, once private data of the device, is 0.
struct PageRequestDescriptor : Word<256> {
  using Word::Word;
  struct ADDR : Field<127, 76> {};
  struct PRGI : Field<75, 67, std::uint16_t> {};
  struct LPIG : Field<66, 66, bool> {};
  struct W : Field<65, 65, bool> {};
  struct R : Field<64, 64, bool> {};
  struct PRIV : Field<53, 53, bool> {};
  struct EXE : Field<52, 52, bool> {};
  struct PASID : Field<51, 32, std::uint32_t> {};
  struct RID : Field<31, 16, std::uint16_t> {};
  struct PP : Field<8, 8, bool> {};
  struct TYPE : Field<7, 0, std::uint8_t> {};

  static constexpr std::uint8_t page_request = 0x01;
};
static_assert(fields_disjoint<PageRequestDescriptor::ADDR, PageRequestDescriptor::PRGI, PageRequestDescriptor::LPIG,
                              PageRequestDescriptor::W, PageRequestDescriptor::R, PageRequestDescriptor::PRIV,
                              PageRequestDescriptor::EXE, PageRequestDescriptor::PASID, PageRequestDescriptor::RID,
                              PageRequestDescriptor::PP, PageRequestDescriptor::TYPE>());

inline PageRequestDescriptor descriptor_of(const iommu::PageRequest& request) {
  using D = PageRequestDescriptor;
  D descriptor;
  descriptor.set<D::TYPE>(D::page_request);
  descriptor.set<D::RID>(request.requester.raw());
  if (request.pasid) {
    descriptor.set<D::PP>(true);
    descriptor.set<D::PASID>(request.pasid->value());
    descriptor.set<D::EXE>(request.execute);
    descriptor.set<D::PRIV>(request.privileged);
  }
  descriptor.set<D::R>(request.read);
  descriptor.set<D::W>(request.write);
  descriptor.set<D::LPIG>(request.last);
  descriptor.set<D::PRGI>(request.group);
  descriptor.set<D::ADDR>(request.address.value() / page_4k);
  return descriptor;
}

}  // namespace iommusim::vtd
