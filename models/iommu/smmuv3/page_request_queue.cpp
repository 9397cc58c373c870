// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/page_request_queue.h"

#include "base/endian.h"
#include "iommu/smmuv3/page_request_record.h"

#include <array>

namespace iommusim::smmuv3 {
namespace {

/// Last of its group and asks for nothing: the device has stopped using the PASID, and no answer is due (PCIe base
/// specification, 10.4.1.2).
bool wants_answer(const iommu::PageRequest& request) {
  const bool is_stop_marker = request.pasid && !request.read && !request.write;
  return request.last && !is_stop_marker;
}

PageRequestQueue::Outcome refused(const iommu::PageRequest& request, iommu::PageResponse code) {
  if (!wants_answer(request)) return {};
  return {false, code};
}

}  // namespace

PageRequestQueue::Outcome PageRequestQueue::put(const iommu::PageRequest& request, std::uint32_t stream) {
  if (!is_enabled()) return refused(request, iommu::PageResponse::response_failure);
  // The device may ask again.
  if (overflows()) return refused(request, iommu::PageResponse::success);
  if (!write(request, stream)) return refused(request, iommu::PageResponse::response_failure);
  return {true, std::nullopt};
}

bool PageRequestQueue::is_enabled() const {
  return registers_.in_force<Control0::SMMUEN>() && registers_.in_force<Control0::PRIQEN>() &&
         !errors_.is_active<GlobalError::PRIQ_ABT_ERR>();
}

QueueGeometry PageRequestQueue::geometry() const {
  return {registers_.load<QueueBase>(RegisterId::priq_base), config_.page_request_queue_bits, PageRequestRecord::bytes,
          config_.output_address_bits};
}

/// Nothing gets in from the first request that found the queue full until software has acknowledged that (8.2).
bool PageRequestQueue::overflows() {
  auto prod = producer();
  const auto cons = consumer();
  if (prod.get<OutputQueueProducer::OVFLG>() != cons.get<OutputQueueConsumer::OVACKFLG>()) return true;
  if (!geometry().is_full(prod.raw(), cons.raw())) return false;
  prod.set<OutputQueueProducer::OVFLG>(!prod.get<OutputQueueProducer::OVFLG>());
  registers_.store(RegisterId::priq_prod, prod);
  return true;
}

bool PageRequestQueue::write(const iommu::PageRequest& request, std::uint32_t stream) {
  const QueueGeometry queue = geometry();
  auto prod = producer();
  const PageRequestRecord record = record_of(request, stream);
  std::array<std::uint8_t, PageRequestRecord::bytes> bytes{};
  for (std::size_t i = 0; i < PageRequestRecord::words; ++i)
    store_le(&bytes[i * sizeof(std::uint64_t)], record.word(i));
  if (!bus_.write(queue.address(prod.raw()), bytes.data(), bytes.size())) {
    errors_.raise<GlobalError::PRIQ_ABT_ERR>();
    return false;
  }
  const bool was_empty = queue.is_empty(prod.raw(), consumer().raw());
  prod.set<OutputQueueProducer::WR>(queue.next(prod.raw()));
  registers_.store(RegisterId::priq_prod, prod);
  announce(was_empty, request.last);
  return true;
}

/// PRIQ_IRQ_CFG2.LO: a group is worth an interrupt when it is complete.
void PageRequestQueue::announce(bool was_empty, bool is_last) {
  const bool last_only = registers_.load<InterruptConfig2>(RegisterId::priq_irq_cfg2).get<InterruptConfig2::LO>();
  if (!(last_only ? is_last : was_empty)) return;
  if (!interrupts_.raise(InterruptSource::page_request_queue)) errors_.raise<GlobalError::MSI_PRIQ_ABT_ERR>();
}

}  // namespace iommusim::smmuv3
