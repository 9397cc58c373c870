// SPDX-License-Identifier: Apache-2.0
#include "oracle/smmuv3/decision.h"

#include "oracle/smmuv3/stream_table.h"
#include "oracle/smmuv3/walker.h"

namespace iommusim::oracle::smmuv3 {
namespace {

constexpr Rights everything{true, true, true, false};

}  // namespace

Answer answer(const Facts& facts, const Memory& memory, const Request& request) {
  return Decision{facts, memory, request}.run();
}

Answer Decision::run() {
  if (!facts_.enabled()) return disabled();
  if (request_.is_translated()) return translated();
  return locate_stream();
}

/// 3.11: global bypass, and what ATS meets there.
Answer Decision::disabled() {
  if (request_.is_translated()) return faulted(fault_of(event::f_transl_forbidden));
  if (request_.wants_translation()) {
    Answer answer = faulted(fault_of(event::f_bad_ats_treq));
    answer.status = CompletionStatus::unsupported_request;
    return answer;
  }
  if (facts_.aborts_all() || exceeds(request_.address, facts_.output_bits())) return silent();
  return passes(request_.address, 0, everything);
}

Answer Decision::locate_stream() {
  const FoundEntry found = find_stream_entry(facts_, memory_, request_.stream);
  in_doubt(found.dispute);
  if (!found.ste) {
    if (request_.wants_translation()) return refused_request(found.fault);
    const bool recorded = found.fault.code != event::c_bad_streamid || facts_.records_bad_streams();
    return faulted(found.fault, {true, recorded, false});
  }
  ste_ = found.ste;
  return with_stream();
}

Answer Decision::with_stream() {
  const StreamEntry stream{facts_, *ste_};
  const bool asks = request_.wants_translation();
  if (!stream.valid()) {
    const Fault fault = fault_of(event::c_bad_ste);
    return asks ? refused_request(fault) : faulted(fault);
  }
  if (stream.passes_nothing()) {
    Answer answer = silent();
    if (asks) answer.status = CompletionStatus::unsupported_request;
    return answer;
  }
  Dispute dispute = Dispute::none;
  const bool illegal = stream.is_illegal(dispute);
  in_doubt(dispute);
  if (illegal) {
    const Fault fault = fault_of(event::c_bad_ste);
    return asks ? refused_request(fault) : faulted(fault);
  }
  privileged_ = stream.privileged(request_.privileged);
  instruction_ = stream.instruction(request_.instruction, request_.is_read());
  return asks ? translation_request(stream) : untranslated(stream);
}

Access Decision::access() const {
  Access access;
  access.read = request_.operation != Operation::write;
  access.write = request_.operation != Operation::read;
  access.instruction = instruction_;
  access.privileged = privileged_;
  return access;
}

Answer Decision::untranslated(const StreamEntry& stream) {
  if (const auto fault = check_substream(stream)) return faulted(*fault);
  if (stage_1_use_ != Stage1Use::translates) {
    if (!stream.has_stage_2()) return bypassed(stream, facts_.output_bits());
    if (exceeds(request_.address, facts_.intermediate_bits())) return bypassed(stream, facts_.intermediate_bits());
    return through_stage_2(stream, request_.address, nullptr);
  }
  if (const auto fault = find_context(stream)) return faulted(*fault, stream, nullptr);
  const ContextEntry context{facts_, stream, *cd_};
  Dispute dispute = Dispute::none;
  const bool illegal = context.is_illegal(dispute);
  in_doubt(dispute);
  if (illegal) return faulted(fault_of(event::c_bad_cd));
  return through_stage_1(stream, context);
}

/// 3.4: an address beyond the size is a fault of stage 1, which no CD governs.
Answer Decision::bypassed(const StreamEntry& /*stream*/, unsigned address_bits) {
  if (exceeds(request_.address, address_bits)) return faulted(fault_of(event::f_addr_size));
  return passes(request_.address, 0, everything);
}

Answer Decision::through_stage_1(const StreamEntry& stream, const ContextEntry& context) {
  Stage2 stage_2{facts_, stream, memory_};
  Stage1 stage_1{context, memory_, stream.has_stage_2() ? &stage_2 : nullptr};
  const Result first = stage_1.translate(request_.address, access());
  in_doubt(stage_1.dispute());
  in_doubt(stage_2.dispute());
  if (first.fault) return faulted(*first.fault, stream, &context);
  if (stream.has_stage_2()) return through_stage_2(stream, first.address, &first);
  return passes(first.address, first.page_bytes, first.rights);
}

/// `stage_1`: what came before; nullptr where that is bypassed.
Answer Decision::through_stage_2(const StreamEntry& stream, std::uint64_t ipa, const Result* stage_1) {
  Stage2 stage_2{facts_, stream, memory_};
  const Result second = stage_2.translate(ipa, During::input, access());
  in_doubt(stage_2.dispute());
  if (second.fault) {
    if (facts_.version() == 0 && second.fault->for_reading && request_.operation == Operation::atomic)
      in_doubt(Dispute::atomic_without_read_in_version_0);
    return faulted(*second.fault, stream, nullptr);
  }
  Rights rights = second.rights;
  std::uint64_t page_bytes = second.page_bytes;
  if (stage_1 != nullptr) {
    rights.read = rights.read && stage_1->rights.read;
    rights.write = rights.write && stage_1->rights.write;
    page_bytes = std::min(page_bytes, stage_1->page_bytes);
  }
  return passes(second.address, page_bytes, rights);
}

}  // namespace iommusim::oracle::smmuv3
