// SPDX-License-Identifier: Apache-2.0
// Primary fault logging (VT-d specification, 7.3): fault records, FSTS and the fault event.
#pragma once

#include "iommu/ats.h"
#include "iommu/translation.h"
#include "iommu/vtd/config.h"
#include "iommu/vtd/event_interrupt.h"
#include "iommu/vtd/fault_reasons.h"
#include "iommu/vtd/register_file.h"

namespace iommusim::vtd {

/// What FRCD holds of a refused request, with F set.
FaultRecord fault_record_of(const iommu::TranslationRequest& request, FaultReason reason);

class FaultRecording {
 public:
  FaultRecording(RegisterFile& registers, EventInterrupt& event, const UnitConfig& config)
      : registers_{registers},
        event_{event},
        compression_{config.fault_compression},
        records_address_type_{config.device_tlb},
        records_pasid_{config.pasid_bits != 0} {}

  /// Records a fault that is to be recorded. False: dropped, because of an overflow or compression.
  bool record(const iommu::TranslationRequest& request, FaultReason reason);
  bool record(const iommu::PageRequest& request, FaultReason reason);
  bool record(const FaultRecord& record);
  /// The next fault goes to the first record.
  void restart() { next_ = 0; }

  /// FSTS.IQE, ICE and ITE.
  void raise_queue_error() { raise<FaultStatus::IQE>(); }
  void raise_completion_error() { raise<FaultStatus::ICE>(); }
  void raise_completion_timeout() { raise<FaultStatus::ITE>(); }
  /// The invalidation queue waits for software to clear IQE or ITE.
  bool stops_queue() const { return status().get<FaultStatus::IQE>() || status().get<FaultStatus::ITE>(); }

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
  template <class Condition>
  void raise();

  RegisterFile& registers_;
  EventInterrupt& event_;
  /// A fault of a requester that has a pending record is merged into it.
  bool compression_;
  /// FRCD.AT exists with ECAP.DT; PV, PP, EXE and PRIV exist with ECAP.PASID.
  bool records_address_type_;
  bool records_pasid_;
  /// The record that the next fault goes to.
  unsigned next_ = 0;
};

/// A condition is an event only while no other stands (11.4.7.1).
template <class Condition>
void FaultRecording::raise() {
  const FaultStatus before = status();
  FaultStatus after = before;
  after.set<Condition>(true);
  registers_.store(RegisterId::fsts, after);
  if (before.get<FaultStatus::Conditions>() == 0) event_.raise();
}

}  // namespace iommusim::vtd
