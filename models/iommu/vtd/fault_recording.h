// SPDX-License-Identifier: Apache-2.0
// Primary fault logging (VT-d specification, 7.3): fault records, FSTS and the fault event.
#pragma once

#include "iommu/translation.h"
#include "iommu/vtd/event_interrupt.h"
#include "iommu/vtd/fault_reasons.h"
#include "iommu/vtd/register_file.h"

namespace iommusim::vtd {

/// What FRCD holds of a refused request, with F set.
FaultRecord fault_record_of(const iommu::TranslationRequest& request, FaultReason reason);

class FaultRecording {
 public:
  /// `compression`: a fault of a requester that has a pending record is merged into it.
  FaultRecording(RegisterFile& registers, EventInterrupt& event, bool compression)
      : registers_{registers}, event_{event}, compression_{compression} {}

  /// Records a fault that is to be recorded. False: dropped, because of an overflow or compression.
  bool record(const iommu::TranslationRequest& request, FaultReason reason) {
    return record(fault_record_of(request, reason));
  }
  bool record(const FaultRecord& fault);

  /// Sets FSTS.IQE.
  void raise_queue_error();
  bool has_queue_error() const;

  /// Software wrote FSTS.
  void status_written();
  /// Software wrote a fault record, which may have cleared its F bit.
  void record_written();

 private:
  FaultStatus status() const { return registers_.load<FaultStatus>(RegisterId::fsts); }
  bool has_pending_record_of(std::uint64_t source) const;
  bool has_pending_record() const;
  void set_pending_fault(unsigned index);
  void retire_event_without_conditions();

  RegisterFile& registers_;
  EventInterrupt& event_;
  bool compression_;
  /// The record that the next fault goes to.
  unsigned next_ = 0;
};

}  // namespace iommusim::vtd
