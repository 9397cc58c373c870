// SPDX-License-Identifier: Apache-2.0
#include "software/page_request_service.h"

#include "iommu/vtd/page_request_descriptor.h"

namespace iommusim::software {

using vtd::EventControl;
using vtd::PageRequestDescriptor;
using vtd::PageRequestQueueAddress;
using vtd::PageRequestQueuePointer;
using vtd::PageRequestStatus;
using vtd::RegisterId;

namespace {

using Word32 = Word<32>;

/// One page: PQS is 0.
constexpr std::uint64_t queue_bytes = page_4k;

iommu::PageRequest request_of(const PageRequestDescriptor& descriptor) {
  using D = PageRequestDescriptor;
  iommu::PageRequest request;
  request.requester = RequesterId{descriptor.get<D::RID>()};
  if (descriptor.get<D::PP>()) request.pasid = Pasid{descriptor.get<D::PASID>()};
  request.address = Iova{descriptor.get<D::ADDR>() * page_4k};
  request.group = descriptor.get<D::PRGI>();
  request.last = descriptor.get<D::LPIG>();
  request.read = descriptor.get<D::R>();
  request.write = descriptor.get<D::W>();
  request.execute = descriptor.get<D::EXE>();
  request.privileged = descriptor.get<D::PRIV>();
  return request;
}

}  // namespace

PageRequestService::PageRequestService(RemappingRegisters& registers, InvalidationSubmitter& invalidation,
                                       PageAllocator& pages)
    : registers_{registers}, invalidation_{invalidation}, queue_{pages.allocate()} {}

void PageRequestService::start(const interrupts::MsiMessage& event) {
  registers_.write(RegisterId::pqh, PageRequestQueuePointer{});
  registers_.write(RegisterId::pqt, PageRequestQueuePointer{});
  PageRequestQueueAddress address;
  address.set<PageRequestQueueAddress::PQA>(queue_.value() / page_4k);
  registers_.write(RegisterId::pqa, address);
  registers_.write(RegisterId::pedata, Word32{event.data});
  registers_.write(RegisterId::peaddr, Word32{event.address.value() & 0xFFFF'FFFF});
  registers_.write(RegisterId::peuaddr, Word32{event.address.value() >> 32});
  registers_.write(RegisterId::pectl, EventControl{});
}

/// The pending bit is cleared first: what comes meanwhile raises it again (7.4.2).
std::uint64_t PageRequestService::serve(const PageFaultHandler& handler) {
  PageRequestStatus pending;
  pending.set<PageRequestStatus::PPR>(true);
  registers_.write(RegisterId::prs, pending);
  const std::uint64_t tail = registers_.read<PageRequestQueuePointer>(RegisterId::pqt).raw() & (queue_bytes - 1);
  std::uint64_t head = registers_.read<PageRequestQueuePointer>(RegisterId::pqh).raw() & (queue_bytes - 1);
  std::uint64_t served = 0;
  for (; head != tail; head = (head + PageRequestDescriptor::bytes) & (queue_bytes - 1), ++served) {
    PageRequestDescriptor descriptor;
    for (std::size_t i = 0; i < PageRequestDescriptor::words; ++i)
      descriptor.set_word(i, registers_.bus().load64(queue_ + head + 8 * i));
    const iommu::PageRequest request = request_of(descriptor);
    answer(request, handler(request));
  }
  registers_.write(RegisterId::pqh, PageRequestQueuePointer{tail});
  if (registers_.read<PageRequestStatus>(RegisterId::prs).get<PageRequestStatus::PRO>()) {
    PageRequestStatus overflow;
    overflow.set<PageRequestStatus::PRO>(true);
    registers_.write(RegisterId::prs, overflow);
  }
  return served;
}

/// Only the last request of a group is answered, and a device that has stopped waits for nothing.
void PageRequestService::answer(const iommu::PageRequest& request, iommu::PageResponse code) {
  const bool is_stop_marker = request.pasid && !request.read && !request.write;
  if (!request.last || is_stop_marker) return;
  // A response that the unit does not take leaves the device waiting, as it would on real hardware.
  static_cast<void>(
      invalidation_.submit(iommu::PageGroupResponse{request.requester, request.pasid, request.group, code}));
}

}  // namespace iommusim::software
