// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/fault_recording.h"

#include "iommu/vtd/capabilities.h"

namespace iommusim::vtd {
namespace {

/// A condition is an event only while no other stands (11.4.7.1).
bool is_event(FaultStatus before) {
  return before.get<FaultStatus::Conditions>() == 0;
}

void remove_pasid(FaultRecord& record) {
  record.set<FaultRecord::PP>(false);
  record.set<FaultRecord::PV>(0);
  record.set<FaultRecord::EXE>(false);
  record.set<FaultRecord::PRIV>(false);
}

}  // namespace

FaultRecord fault_record_of(const iommu::TranslationRequest& request, FaultReason reason) {
  FaultRecord record;
  record.set<FaultRecord::FI>(request.address.value() >> 12);
  record.set<FaultRecord::SID>(request.requester.raw());
  record.set<FaultRecord::FR>(static_cast<std::uint8_t>(reason));
  // T1 T2: 00 write, 01 page request, 10 read, 11 AtomicOp.
  record.set<FaultRecord::T1>(request.operation != Operation::write);
  record.set<FaultRecord::T2>(request.operation == Operation::atomic);
  if (request.pasid.has_value()) {
    record.set<FaultRecord::PP>(true);
    record.set<FaultRecord::PV>(request.pasid->value());
    record.set<FaultRecord::EXE>(request.execute);
    record.set<FaultRecord::PRIV>(request.privileged);
  }
  record.set<FaultRecord::F>(true);
  return record;
}

FaultRecord fault_record_of(const iommu::PageRequest& request, FaultReason reason) {
  iommu::TranslationRequest as_write;
  as_write.requester = request.requester;
  as_write.pasid = request.pasid;
  as_write.operation = Operation::write;
  as_write.privileged = request.privileged;
  as_write.execute = request.execute;
  as_write.address = request.address;
  FaultRecord record = fault_record_of(as_write, reason);
  record.set<FaultRecord::T2>(true);
  return record;
}

bool FaultRecording::record(const iommu::TranslationRequest& request, FaultReason reason) {
  FaultRecord entry = fault_record_of(request, reason);
  if (!records_pasid_ && request.pasid.has_value()) remove_pasid(entry);
  if (records_address_type_) entry.set<FaultRecord::AT>(static_cast<std::uint64_t>(request.address_type));
  return record(entry);
}

bool FaultRecording::record(const iommu::PageRequest& request, FaultReason reason) {
  return record(fault_record_of(request, reason));
}

bool FaultRecording::record(const FaultRecord& record) {
  if (status().get<FaultStatus::PFO>()) return false;
  if (compression_ && has_pending_record_of(record.get<FaultRecord::SID>())) return false;
  if (registers_.fault_record(next_).get<FaultRecord::F>()) {
    auto overflowed = status();
    overflowed.set<FaultStatus::PFO>(true);
    registers_.store(RegisterId::fsts, overflowed);
    return false;
  }
  const unsigned index = next_;
  next_ = index + 1 < registers_.fault_records() ? index + 1 : 0;
  registers_.store_fault_record(index, record);
  set_pending_fault(index);
  return true;
}

void FaultRecording::set_pending_fault(unsigned index) {
  const FaultStatus before = status();
  if (before.get<FaultStatus::PPF>()) return;
  FaultStatus after = before;
  after.set<FaultStatus::PPF>(true);
  after.set<FaultStatus::FRI>(static_cast<std::uint8_t>(index));
  registers_.store(RegisterId::fsts, after);
  if (is_event(before)) event_.raise();
}

void FaultRecording::status_written() {
  retire_event_without_conditions();
}

void FaultRecording::record_written() {
  if (has_pending_record()) return;
  auto after = status();
  after.set<FaultStatus::PPF>(false);
  registers_.store(RegisterId::fsts, after);
  retire_event_without_conditions();
}

void FaultRecording::retire_event_without_conditions() {
  if (status().get<FaultStatus::Conditions>() == 0) event_.conditions_cleared();
}

bool FaultRecording::has_pending_record() const {
  for (unsigned index = 0; index < registers_.fault_records(); ++index)
    if (registers_.fault_record(index).get<FaultRecord::F>()) return true;
  return false;
}

bool FaultRecording::has_pending_record_of(std::uint64_t source) const {
  for (unsigned index = 0; index < registers_.fault_records(); ++index) {
    const FaultRecord record = registers_.fault_record(index);
    if (record.get<FaultRecord::F>() && record.get<FaultRecord::SID>() == source) return true;
  }
  return false;
}

}  // namespace iommusim::vtd
