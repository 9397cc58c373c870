// SPDX-License-Identifier: Apache-2.0
#include "oracle/vtd/decision.h"

#include "oracle/vtd/conditions.h"
#include "oracle/vtd/walker.h"

#include <algorithm>

namespace iommusim::oracle::vtd {

Answer answer(const Facts& facts, const Memory& memory, const Request& request) {
  return Decision{facts, memory, request}.run();
}

/// 3.15: an untranslated request without PASID to the interrupt range is no DMA, whether translation is on or off. 3.1:
/// a PASID means nothing while it is off.
Answer Decision::run() {
  const bool untranslated = !request_.page_request && request_.address_type == AddressType::untranslated;
  const bool special = untranslated && without_pasid() && is_in_interrupt_range(request_.address);
  Answer result = special ? interrupt_range() : facts_.translation_enabled() ? table_mode() : translation_disabled();
  result.dispute = dispute_;
  result.updates = tables_.updates();
  return result;
}

/// 3.15, and 0x29 of 5.1.4.1.
Answer Decision::interrupt_range() {
  if (request_.operation == Operation::read && request_.size == 0) {
    Answer result;
    result.outcome = Outcome::done;
    return result;
  }
  const bool doubleword = request_.size == 4 && request_.address % 4 == 0;
  return request_.operation == Operation::write && doubleword ? interrupt_request() : fault(0x29);
}

/// 11.4.4.1 (TE) and 11.4.8.
Answer Decision::translation_disabled() const {
  if (request_.page_request || request_.address_type != AddressType::untranslated) return silent();
  return in_protected_region() ? silent() : passes(request_.address);
}

/// 4.2.1, then 11.4.5, TTM.
Answer Decision::table_mode() {
  const bool is_translated = !request_.page_request && request_.address_type == AddressType::translated;
  switch (facts_.ttm()) {
    case 0:
      if (request_.page_request) return fault(0x32);
      if (request_.pasid) return is_translated ? silent() : fault(0x31);
      return legacy_root();
    case 1: {
      if (!facts_.scalable_mode()) return fault(0x30);
      if (request_.pasid && is_translated) return silent();
      if (!request_.pasid || facts_.pasid()) return scalable_root();
      in_doubt(Dispute::pasid_without_capability);
      return silent();
    }
    case 3: return facts_.abort_mode() ? silent() : fault(0x30);
    default: return fault(0x30);
  }
}

bool Decision::in_protected_region() const {
  const std::uint64_t last = request_.address + (request_.size == 0 ? 0 : request_.size - 1);
  return std::any_of(facts_.protected_regions.begin(), facts_.protected_regions.end(),
                     [&](const Region& region) { return region.base <= last && request_.address <= region.limit; });
}

/// 3.9: HAW is all that is checked, beside the interrupt range.
Answer Decision::pass_through() {
  if (any_from(request_.address, facts_.host_address_width)) return fault(facts_.ttm() == 0 ? 0x4 : 0x83);
  if (!is_in_interrupt_range(request_.address) && in_protected_region()) return silent();
  Walk identity;
  identity.end = Walk::End::mapped;
  identity.address = request_.address;
  identity.readable = true;
  identity.writable = !(request_.no_write && facts_.no_write_flag());
  return end_of_walk(identity);
}

/// 4.2.5. A translated request that the device may make: nothing is walked.
Answer Decision::translated() {
  const bool legacy = facts_.ttm() == 0;
  if (any_from(request_.address, facts_.host_address_width)) return fault(legacy ? 0x4 : 0x83);
  if (is_in_interrupt_range(request_.address)) return fault(legacy ? 0xE : 0x87);
  return in_protected_region() ? silent() : passes(request_.address);
}

/// S.1 and S.2 of 7.1.3: a translation request without PASID in the interrupt range that met no error.
Answer Decision::interrupt_range_translation() const {
  const bool writes = !(request_.no_write && facts_.no_write_flag());
  Answer result;
  result.outcome = writes ? Outcome::passes : Outcome::no_rights;
  result.address = request_.address;
  result.writable = writes;
  return result;
}

Answer Decision::end_of_walk(const Walk& walk) {
  in_doubt(walk.dispute);
  Answer result;
  if (walk.end == Walk::End::no_rights) {
    result.outcome = Outcome::no_rights;
  } else if (walk.end == Walk::End::fault) {
    result = fault(walk.reason);
  } else if (is_in_interrupt_range(walk.address)) {
    result = fault(facts_.ttm() == 0 ? 0xE : 0x87);
    result.updates_open = true;
  } else {
    result = passes(walk.address);
    result.page_bytes = walk.page_bytes;
    result.readable = walk.readable;
    result.writable = walk.writable;
    result.executable = walk.executable;
  }
  result.updates_open = result.updates_open || walk.updates_open;
  return result;
}

Use Decision::use() const {
  Use use;
  use.reads = request_.reads();
  use.writes = request_.writes();
  use.executes = request_.executes();
  use.zero_length = request_.size == 0 && request_.operation == Operation::read;
  use.translation_request = request_.wants_translation();
  use.no_write = request_.no_write;
  return use;
}

Answer Decision::passes(std::uint64_t address) const {
  Answer result;
  result.outcome = Outcome::passes;
  result.address = address;
  result.readable = true;
  result.writable = true;
  return result;
}

Answer Decision::silent() const {
  return {};
}

Answer Decision::fault(std::uint8_t reason) const {
  using End = TranslationRequestEnd;
  const Condition condition = condition_of(reason);
  const bool fpd = condition.qualified && fault_processing_disabled_;
  Answer result;
  if (!fpd) result.record = record_of(reason);
  if (!request_.page_request && request_.wants_translation()) {
    result.completer_abort = condition.end == End::aborted;
    if (condition.end == End::without_rights) result.record.reset();
    if (condition.end == End::without_rights || condition.end == End::without_rights_recorded)
      result.outcome = Outcome::no_rights;
  }
  if (result.outcome == Outcome::blocked) result.reason = reason;
  return result;
}

/// 11.4.7.6: (T1,T2) is 00 write, 01 page request, 10 read, 11 AtomicOp.
Record Decision::record_of(std::uint8_t reason) const {
  Record record;
  record.reason = reason;
  record.source = request_.source;
  record.fault_page = request_.address / 4096;
  const bool is_write = request_.operation == Operation::write && !request_.wants_translation();
  record.t1 = !request_.page_request && !is_write;
  record.t2 = request_.page_request || (request_.operation == Operation::atomic && !request_.wants_translation());
  if (facts_.device_tlb()) record.address_type = static_cast<std::uint8_t>(request_.address_type);
  record.pasid_present = request_.pasid && facts_.pasid();
  record.pasid = request_.pasid.value_or(0);
  record.execute = record.pasid_present && request_.execute;
  record.privileged = record.pasid_present && request_.privileged;
  return record;
}

}  // namespace iommusim::oracle::vtd
