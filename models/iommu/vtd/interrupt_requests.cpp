// SPDX-License-Identifier: Apache-2.0
// The effects of interrupt requests on a unit: interrupt-entry cache, posted interrupt descriptors, fault log,
// counters.
#include "base/endian.h"
#include "iommu/vtd/answers.h"
#include "iommu/vtd/unit_state.h"

#include <array>

namespace iommusim::vtd {

InterruptInputs Unit::State::interrupt_inputs() const {
  return {interrupt_remapping, caches.interrupt_entries, bus, config.posted_interrupts, format.host_bits()};
}

iommu::TranslationResult Unit::State::remap(const iommu::TranslationRequest& interrupt_request,
                                            iommu::FetchLog& fetches) {
  last_outcome = iommu::Outcome::interrupt;
  InterruptEffects made;
  iommu::TranslationResult result = decide_interrupt(interrupt_inputs(), interrupt_request, fetches, made);
  ++statistics.requests;
  statistics.fetches += fetches.size();
  if (made.slot != InterruptEntryCache::none) {
    ++statistics.interrupt_entry_hits;
    caches.interrupt_entries.touch(made.slot);
  } else if (fetches.size() != 0) {
    ++statistics.interrupt_entry_misses;
    if (made.fills_entry) caches.interrupt_entries.insert(InterruptEntryTag{made.index}, made.entry);
  }
  if (made.posting && !post(made)) {
    result = refuse(interrupt_request, FaultReason::posted_descriptor_access_error, made.fpd);
    caches.interrupt_entries.invalidate({false, static_cast<std::uint16_t>(made.index), 0});
  }
  if (result.outcome == iommu::Outcome::fault)
    count_fault(result.fault_recorded &&
                faults.record(interrupt_fault_record(interrupt_request, made.index, result.fault_reason)));
  return result;
}

/// Writes the descriptor back and notifies. False: nobody takes the descriptor.
bool Unit::State::post(const InterruptEffects& posted) {
  std::array<std::uint8_t, PostedInterruptDescriptor::bytes> bytes{};
  for (std::size_t i = 0; i < PostedInterruptDescriptor::words; ++i)
    store_le(&bytes[i * sizeof(std::uint64_t)], posted.posting->descriptor.word(i));
  if (!bus.write(posted.descriptor, bytes.data(), bytes.size())) return false;
  ++statistics.posted_interrupts;
  if (!posted.posting->notifies) return true;
  ++statistics.notifications;
  if (message_sink) message_sink(posted.notification);
  return true;
}

}  // namespace iommusim::vtd
