// SPDX-License-Identifier: Apache-2.0
#include "oracle/vtd/decision.h"

#include "oracle/vtd/walker.h"

#include <algorithm>

namespace iommusim::oracle::vtd {

Answer answer(const Facts& facts, const Memory& memory, const Request& request) {
  return Decision{facts, memory, request}.run();
}

/// 3.14 first: the interrupt range is no DMA, whether translation is on or off.
Answer Decision::run() {
  Answer result = [this] {
    const bool special = is_in_interrupt_range(request_.address) && !request_.page_request;
    if (special && request_.pasid) in_doubt(Dispute::interrupt_range_with_pasid);
    if (special && (!request_.pasid || request_.address_type == AddressType::translated)) return interrupt_range();
    return facts_.translation_enabled() ? table_mode() : translation_disabled();
  }();
  result.dispute = dispute_;
  result.updates = tables_.updates();
  return result;
}

Answer Decision::interrupt_range() {
  if (request_.wants_translation()) {
    in_doubt(Dispute::interrupt_range_translation_request);
    Answer result = passes(request_.address);
    result.readable = false;
    return result;
  }
  if (request_.address_type == AddressType::translated) {
    in_doubt(Dispute::interrupt_range_translated);
    return silent();
  }
  if (request_.operation != Operation::write) {
    in_doubt(Dispute::interrupt_range_read);
    return silent();
  }
  if (request_.size == 4 && request_.address % 4 == 0) return interrupt_request();
  in_doubt(Dispute::interrupt_range_other_write);
  return unqualified_fault(0x29);
}

/// 11.4.4.1 (TE) and 11.4.8.
Answer Decision::translation_disabled() const {
  if (request_.page_request || request_.address_type != AddressType::untranslated) return silent();
  return in_protected_region() ? silent() : passes(request_.address);
}

/// 11.4.5, TTM.
Answer Decision::table_mode() {
  switch (facts_.ttm()) {
    case 0:
      if (request_.page_request) return unqualified_fault(0x32);
      return request_.pasid ? unqualified_fault(0x31) : legacy_root();
    case 1: {
      if (!facts_.scalable_mode()) return unqualified_fault(0x30);
      const bool possible = !request_.pasid || (facts_.pasid() && !any_from(*request_.pasid, facts_.pasid_bits()));
      if (possible) return scalable_root();
      in_doubt(Dispute::pasid_beyond_capability);
      return silent();
    }
    case 3: return facts_.abort_mode() ? silent() : unqualified_fault(0x30);
    default: return unqualified_fault(0x30);
  }
}

bool Decision::in_protected_region() const {
  const std::uint64_t last = request_.address + (request_.size == 0 ? 0 : request_.size - 1);
  return std::any_of(facts_.protected_regions.begin(), facts_.protected_regions.end(),
                     [&](const Region& region) { return region.base <= last && request_.address <= region.limit; });
}

Answer Decision::pass_through() {
  const bool legacy = facts_.ttm() == 0;
  if (any_from(request_.address, facts_.host_address_width)) {
    in_doubt(legacy ? Dispute::legacy_address_beyond_host_width : Dispute::pass_through_beyond_host_width);
    return legacy ? silent() : fault(0x83);
  }
  if (in_protected_region()) return silent();
  Walk identity;
  identity.end = Walk::End::mapped;
  identity.address = request_.address;
  identity.readable = true;
  identity.writable = !(request_.no_write && facts_.no_write_flag());
  return end_of_walk(identity);
}

/// A translated request that the device may make: nothing is walked.
Answer Decision::translated() {
  if (any_from(request_.address, facts_.host_address_width)) {
    const bool legacy = facts_.ttm() == 0;
    in_doubt(legacy ? Dispute::legacy_address_beyond_host_width : Dispute::translated_beyond_host_width);
    return legacy ? silent() : fault(0x83);
  }
  return in_protected_region() ? silent() : passes(request_.address);
}

Answer Decision::end_of_walk(const Walk& walk) {
  in_doubt(walk.dispute);
  Answer result;
  if (walk.end == Walk::End::no_rights) {
    result.outcome = Outcome::no_rights;
  } else if (walk.end == Walk::End::fault) {
    result = fault(walk.reason);
  } else if (is_in_interrupt_range(walk.address)) {
    if (request_.wants_translation()) in_doubt(Dispute::translation_request_output_in_interrupt_range);
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
  Answer result = unqualified_fault(reason);
  if (fault_processing_disabled_) result.record.reset();
  return result;
}

/// 11.4.7.6: (T1,T2) is 00 write, 01 page request, 10 read, 11 AtomicOp.
Answer Decision::unqualified_fault(std::uint8_t reason) const {
  Answer result;
  result.reason = reason;
  Record record;
  record.reason = reason;
  record.source = request_.source;
  record.fault_page = request_.address / 4096;
  const bool is_write = request_.operation == Operation::write && !request_.wants_translation();
  record.t1 = !request_.page_request && !is_write;
  record.t2 = request_.page_request || (request_.operation == Operation::atomic && !request_.wants_translation());
  if (facts_.device_tlb()) record.address_type = static_cast<std::uint8_t>(request_.address_type);
  record.pasid_present = request_.pasid.has_value();
  record.pasid = request_.pasid.value_or(0);
  record.execute = request_.pasid && request_.execute;
  record.privileged = request_.pasid && request_.privileged;
  result.record = record;
  return result;
}

}  // namespace iommusim::oracle::vtd
