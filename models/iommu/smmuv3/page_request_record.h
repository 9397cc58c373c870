// SPDX-License-Identifier: Apache-2.0
// What stands in a PRI queue (SMMUv3 architecture, 8.1).
#pragma once

#include "base/word.h"
#include "iommu/ats.h"

#include <cstdint>

namespace iommusim::smmuv3 {

struct PageRequestRecord : Word<128> {
  using Word::Word;
  struct StreamID : Field<31, 0, std::uint32_t> {};
  struct SubstreamID : Field<51, 32, std::uint32_t> {};
  struct Priv : Field<58, 58, bool> {};
  struct Exec : Field<59, 59, bool> {};
  struct Read : Field<60, 60, bool> {};
  struct Write : Field<61, 61, bool> {};
  struct Last : Field<62, 62, bool> {};
  struct SSV : Field<63, 63, bool> {};
  struct PRGIndex : Field<72, 64, std::uint16_t> {};
  struct PageAddr : Field<127, 76> {};
};
static_assert(
    fields_disjoint<PageRequestRecord::StreamID, PageRequestRecord::SubstreamID, PageRequestRecord::Priv,
                    PageRequestRecord::Exec, PageRequestRecord::Read, PageRequestRecord::Write, PageRequestRecord::Last,
                    PageRequestRecord::SSV, PageRequestRecord::PRGIndex, PageRequestRecord::PageAddr>());

inline PageRequestRecord record_of(const iommu::PageRequest& request, std::uint32_t stream) {
  PageRequestRecord record;
  record.set<PageRequestRecord::StreamID>(stream);
  if (request.pasid) {
    record.set<PageRequestRecord::SSV>(true);
    record.set<PageRequestRecord::SubstreamID>(request.pasid->value());
    record.set<PageRequestRecord::Priv>(request.privileged);
    record.set<PageRequestRecord::Exec>(request.execute);
  }
  record.set<PageRequestRecord::Read>(request.read);
  record.set<PageRequestRecord::Write>(request.write);
  record.set<PageRequestRecord::Last>(request.last);
  record.set<PageRequestRecord::PRGIndex>(request.group);
  record.set<PageRequestRecord::PageAddr>(request.address.value() >> 12);
  return record;
}

/// What software reads in a record; `requester` has its StreamID.
inline iommu::PageRequest request_of(const PageRequestRecord& record, RequesterId requester) {
  iommu::PageRequest request;
  request.requester = requester;
  if (record.get<PageRequestRecord::SSV>()) request.pasid = Pasid{record.get<PageRequestRecord::SubstreamID>()};
  request.address = Iova{record.get<PageRequestRecord::PageAddr>() << 12};
  request.group = record.get<PageRequestRecord::PRGIndex>();
  request.last = record.get<PageRequestRecord::Last>();
  request.read = record.get<PageRequestRecord::Read>();
  request.write = record.get<PageRequestRecord::Write>();
  request.execute = record.get<PageRequestRecord::Exec>();
  request.privileged = record.get<PageRequestRecord::Priv>();
  return request;
}

}  // namespace iommusim::smmuv3
