// SPDX-License-Identifier: Apache-2.0
// How a request may end (SMMUv3 architecture, 3.12, 5.5).
#include "oracle/smmuv3/decision.h"
#include "oracle/smmuv3/record.h"

namespace iommusim::oracle::smmuv3 {

Fault Decision::fault_of(std::uint8_t code) {
  Fault fault;
  fault.code = code;
  return fault;
}

Answer Decision::with_effects(Answer answer) const {
  answer.updates = memory_.tables.updates();
  answer.open_words = memory_.open;
  answer.dispute = dispute_;
  const bool in_doubt = answer.outcome != Outcome::passes && memory_.open_and_read_only;
  if (answer.dispute == Dispute::none && in_doubt) answer.dispute = Dispute::update_of_refused_leaf_aborted;
  return answer;
}

Answer Decision::passes(std::uint64_t address, std::uint64_t page_bytes, const Rights& rights) {
  memory_.open.clear();
  Answer answer;
  answer.outcome = Outcome::passes;
  answer.address = address;
  answer.page_bytes = page_bytes;
  answer.readable = rights.read || instruction_;
  answer.writable = rights.write;
  return with_effects(answer);
}

/// Ends here, and nobody is told but the device.
Answer Decision::silent() const {
  return with_effects({});
}

Answer Decision::faulted(const Fault& fault, const Response& response) const {
  Answer answer;
  answer.code = fault.code;
  if (response.stalls)
    answer.outcome = Outcome::stalled;
  else if (!response.aborts)
    answer.outcome = Outcome::ignored;
  if (response.records || response.stalls)
    answer.record = record_of(request_, fault, {privileged_, instruction_, response.stalls});
  return with_effects(answer);
}

/// 5.5: only the four faults of translation ask A, R and S; stage 2 always aborts.
Answer Decision::faulted(const Fault& fault, const StreamEntry& stream, const ContextEntry* context) const {
  if (!fault.is_translation_related()) return faulted(fault);
  if (fault.stage_2) return faulted(fault, {true, stream.stage_2_records(), stream.stage_2_stalls()});
  if (context == nullptr) return faulted(fault);
  return faulted(fault, {context->aborts(), context->records(), context->stalls()});
}

}  // namespace iommusim::oracle::smmuv3
