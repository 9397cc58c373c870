// SPDX-License-Identifier: Apache-2.0
// ATS translation requests (SMMUv3 architecture, 3.9.1.2, 3.13.7, 13.6 and 13.7).
#include "oracle/smmuv3/decision.h"
#include "oracle/smmuv3/record.h"

#include <algorithm>

namespace iommusim::oracle::smmuv3 {

/// Configuration errors and external aborts: CA; the faults of translation: success without rights.
Answer Decision::refused_request(const Fault& fault) {
  if (fault.is_translation_related()) return without_rights();
  bool recorded = facts_.records_ats_errors();
  if (fault.code == event::c_bad_streamid) recorded = recorded && facts_.records_bad_streams();
  Answer answer = faulted(fault, {true, recorded, false});
  answer.status = CompletionStatus::completer_abort;
  return answer;
}

Answer Decision::without_rights() {
  Answer answer;
  answer.outcome = Outcome::completed;
  return with_effects(answer);
}

Answer Decision::translation_request(const StreamEntry& stream) {
  if (stream.ats_mode() == 0) {
    Answer answer = faulted(fault_of(event::f_bad_ats_treq));
    answer.status = CompletionStatus::unsupported_request;
    return answer;
  }
  if (const auto fault = check_substream(stream)) return refused_request(*fault);
  if (stage_1_use_ != Stage1Use::translates) {
    const unsigned width = stream.has_stage_2() ? facts_.intermediate_bits() : facts_.output_bits();
    if (exceeds(request_.address, width)) return without_rights();
    return stream.has_stage_2() ? request_through_stage_2(stream, request_.address) : identity(0);
  }
  if (const auto fault = find_context(stream)) return refused_request(*fault);
  const ContextEntry context{facts_, stream, *cd_};
  Dispute dispute = Dispute::none;
  const bool illegal = context.is_illegal(dispute);
  in_doubt(dispute);
  if (illegal) return refused_request(fault_of(event::c_bad_cd));
  return request_through_stage_1(stream, context);
}

/// 13.6.4: U=0, R=W=1.
Answer Decision::identity(std::uint64_t page_bytes) {
  Answer answer;
  answer.outcome = Outcome::completed;
  answer.address = request_.address;
  answer.page_bytes = page_bytes;
  answer.readable = true;
  answer.writable = true;
  return with_effects(answer);
}

/// 13.7.1; `rights` as they stand after all updates.
Answer Decision::completed(const StreamEntry& stream, const Rights& rights, std::uint64_t address,
                           std::uint64_t page_bytes) {
  const bool execute_asked = request_.substream && request_.instruction;
  Answer answer;
  answer.outcome = Outcome::completed;
  switch (stream.instruction_override()) {
    case 3:
      answer.readable = rights.execute;
      answer.executable = execute_asked && rights.execute;
      break;
    case 2:
      answer.readable = rights.read;
      answer.executable = execute_asked && rights.read;
      break;
    default:
      answer.readable = rights.read;
      answer.executable = execute_asked && rights.read && rights.execute;
      break;
  }
  answer.writable = rights.write;
  answer.write_open = request_.no_write;
  answer.address = address;
  answer.page_bytes = page_bytes;
  return with_effects(answer);
}

bool Decision::grants_something(const StreamEntry& stream, const Rights& rights) const {
  const bool reads = stream.instruction_override() == 3 ? rights.execute : rights.read;
  return reads || (!request_.no_write && rights.writable());
}

/// Nothing that has to be granted; write permission may be, with NW too (13.7).
Answer Decision::refused_rights(const Leaf& leaf, const Rights& rights) {
  leave_open(memory_, leaf);
  Answer answer = without_rights();
  answer.writable = answer.write_open = request_.no_write && rights.write;
  return answer;
}

/// Stage 2 alone: stage 1 is not there or skipped. Split-stage, the device gets its own address back.
Answer Decision::request_through_stage_2(const StreamEntry& stream, std::uint64_t ipa) {
  Stage2 stage_2{facts_, stream, memory_};
  const Leaf leaf = stage_2.find(ipa, During::input);
  in_doubt(stage_2.dispute());
  if (leaf.fault) return refused_request(*leaf.fault);
  Rights rights = stage_2.rights(leaf, privileged_);
  const bool split = stream.ats_mode() == 2;
  if (split) leave_open(memory_, leaf);
  if (!grants_something(stream, rights)) {
    Answer answer = refused_rights(leaf, rights);
    answer.address = split ? ipa : leaf.output;
    return answer;
  }
  const bool mark_dirty = !request_.no_write && rights.clean;
  if (!split && !stage_2.update(leaf, mark_dirty)) return refused_request(stage_2.failed_update(leaf, During::input));
  rights.write = rights.write || mark_dirty;
  return completed(stream, rights, split ? ipa : leaf.output, leaf.page_bytes);
}

Answer Decision::request_through_stage_1(const StreamEntry& stream, const ContextEntry& context) {
  Stage2 stage_2{facts_, stream, memory_};
  Stage1 stage_1{context, memory_, stream.has_stage_2() ? &stage_2 : nullptr};
  const Leaf leaf = stage_1.find(request_.address, privileged_);
  in_doubt(stage_1.dispute());
  in_doubt(stage_2.dispute());
  if (leaf.fault) return refused_request(*leaf.fault);
  Rights rights = stage_1.rights(leaf, privileged_, true);
  // What may be fetched is not subject to PAN.
  rights.execute = stage_1.rights(leaf, privileged_, false).execute;
  if (!grants_something(stream, rights)) {
    // Stage 2 is not asked, unless write permission is to be granted.
    if (stream.has_stage_2() && request_.no_write && rights.write) return combined(stream, stage_1, leaf);
    Answer answer = refused_rights(leaf, rights);
    answer.address = leaf.output;
    return answer;
  }
  if (stream.has_stage_2()) return combined(stream, stage_1, leaf);
  const bool mark_dirty = !request_.no_write && rights.clean;
  if (const auto fault = stage_1.update(leaf, mark_dirty)) return refused_request(*fault);
  rights.write = rights.write || mark_dirty;
  return completed(stream, rights, leaf.output, leaf.page_bytes);
}

/// Both stages: what one refuses, the other does not mark dirty.
Answer Decision::combined(const StreamEntry& stream, Stage1& stage_1, const Leaf& first) {
  Rights rights = stage_1.rights(first, privileged_, true);
  rights.execute = stage_1.rights(first, privileged_, false).execute;
  const bool wants_write = !request_.no_write;
  Stage2 stage_2{facts_, stream, memory_};
  const Leaf second = stage_2.find(first.output, During::input);
  in_doubt(stage_2.dispute());
  // Stage 1 may be updated before stage 2 is asked (3.13.5).
  const bool both = !second.fault && stage_2.rights(second, privileged_).writable();
  const bool first_dirty = wants_write && rights.clean && both;
  if (wants_write && rights.clean && !both) leave_open(memory_, first);
  if (stage_1.needs_update(first, first_dirty)) {
    const bool for_write_alone = !stage_1.needs_update(first, false);
    if (const auto fault = stage_1.update(first, first_dirty)) {
      in_doubt(stage_1.dispute());
      if (for_write_alone) in_doubt(Dispute::ats_dirty_update_refused);
      return refused_request(*fault);
    }
  }
  if (second.fault) {
    leave_open(memory_, first);
    return refused_request(*second.fault);
  }
  const bool split = stream.ats_mode() == 2;
  const Rights below = stage_2.rights(second, privileged_);
  const bool second_dirty = wants_write && below.clean && rights.writable();
  Rights all;
  all.read = rights.read && below.read;
  all.execute = rights.execute && below.execute;
  all.clean = rights.writable() && below.writable();
  all.write = wants_write ? all.clean : rights.write && below.write;
  if (!grants_something(stream, all)) {
    leave_open(memory_, first);
    leave_open(memory_, second);
  }
  if (split) leave_open(memory_, second);
  if (!split && grants_something(stream, all) && !stage_2.update(second, second_dirty))
    return refused_request(stage_2.failed_update(second, During::input));
  return completed(stream, all, split ? first.output : second.output, std::min(first.page_bytes, second.page_bytes));
}

}  // namespace iommusim::oracle::smmuv3
