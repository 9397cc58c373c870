// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/page_request_queue.h"

#include "base/endian.h"
#include "iommu/vtd/page_request_descriptor.h"

#include <array>

namespace iommusim::vtd {
namespace {

constexpr std::uint64_t entry_bytes = PageRequestDescriptor::bytes;

/// Last of its group and asks for nothing: the device has stopped using the PASID (PCIe base specification, 10.4.1.2).
bool is_stop_marker(const iommu::PageRequest& request) {
  return request.last && request.pasid && !request.read && !request.write;
}

}  // namespace

bool PageRequestQueue::put(const iommu::PageRequest& request) {
  const std::uint64_t tail = offset(RegisterId::pqt);
  const std::uint64_t next = (tail + entry_bytes) & (size() - 1);
  const bool overflows = status().get<PageRequestStatus::PRO>() || next == offset(RegisterId::pqh);
  if (overflows) raise<PageRequestStatus::PRO>();
  if (overflows || !write(tail, request)) {
    // The device may ask again.
    answer(request, iommu::PageResponse::success);
    return false;
  }
  registers_.store(RegisterId::pqt, PageRequestQueuePointer{next});
  raise<PageRequestStatus::PPR>();
  return true;
}

void PageRequestQueue::answer(const iommu::PageRequest& request, iommu::PageResponse code) const {
  if (request.last && !is_stop_marker(request) && responses_)
    responses_({request.requester, request.pasid, request.group, code});
}

void PageRequestQueue::status_written() {
  if (status().raw() == 0) event_.conditions_cleared();
}

/// A condition is an event only while the other does not stand.
template <class Condition>
void PageRequestQueue::raise() {
  const PageRequestStatus before = status();
  PageRequestStatus after = before;
  after.set<Condition>(true);
  registers_.store(RegisterId::prs, after);
  if (before.raw() == 0) event_.raise();
}

bool PageRequestQueue::write(std::uint64_t at, const iommu::PageRequest& request) {
  const PageRequestDescriptor descriptor = descriptor_of(request);
  std::array<std::uint8_t, entry_bytes> bytes{};
  for (std::size_t i = 0; i < PageRequestDescriptor::words; ++i)
    store_le(&bytes[i * sizeof(std::uint64_t)], descriptor.word(i));
  const auto queue = registers_.load<PageRequestQueueAddress>(RegisterId::pqa);
  return bus_.write(PhysAddr{(queue.raw() & PageRequestQueueAddress::PQA::mask) + at}, bytes.data(), bytes.size());
}

/// Bytes: 4 KiB << PQA.PQS.
std::uint64_t PageRequestQueue::size() const {
  return page_4k << registers_.load<PageRequestQueueAddress>(RegisterId::pqa).get<PageRequestQueueAddress::PQS>();
}

/// Software that shrinks a queue must not lead the unit outside of it.
std::uint64_t PageRequestQueue::offset(RegisterId pointer) const {
  return registers_.load<PageRequestQueuePointer>(pointer).raw() & (size() - 1);
}

}  // namespace iommusim::vtd
