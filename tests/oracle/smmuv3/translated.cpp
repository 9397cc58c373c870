// SPDX-License-Identifier: Apache-2.0
// ATS translated transactions (SMMUv3 architecture, 3.9.1.3).
#include "oracle/smmuv3/decision.h"
#include "oracle/smmuv3/stream_table.h"

namespace iommusim::oracle::smmuv3 {
namespace {

constexpr Rights everything{true, true, true, false};

}  // namespace

Answer Decision::translated() {
  if (!facts_.checks_translated()) {
    if (!exceeds(request_.address, facts_.output_bits())) return passes(request_.address, 0, everything);
    in_doubt(Dispute::translated_beyond_output_size);
    return silent();
  }
  const FoundEntry found = find_stream_entry(facts_, memory_, request_.stream);
  in_doubt(found.dispute);
  // RECINVSID has no say here.
  const Response configuration{true, facts_.records_ats_errors(), false};
  if (!found.ste) return faulted(found.fault, configuration);
  ste_ = found.ste;
  const StreamEntry stream{facts_, *ste_};
  if (!stream.valid()) return faulted(fault_of(event::c_bad_ste), configuration);
  if (stream.passes_nothing()) return silent();
  Dispute dispute = Dispute::none;
  const bool illegal = stream.is_illegal(dispute);
  in_doubt(dispute);
  if (illegal) return faulted(fault_of(event::c_bad_ste), configuration);
  return translated_checked(stream);
}

Answer Decision::translated_checked(const StreamEntry& stream) {
  if (stream.ats_mode() == 0) return faulted(fault_of(event::f_transl_forbidden));
  if (stream.ats_mode() == 1) {
    if (!exceeds(request_.address, facts_.output_bits())) return passes(request_.address, 0, everything);
    in_doubt(Dispute::translated_beyond_output_size);
    return silent();
  }
  // Split-stage: data and unprivileged, with the overrides of the STE.
  privileged_ = stream.privileged(false);
  instruction_ = stream.instruction(false, request_.is_read());
  if (exceeds(request_.address, facts_.intermediate_bits())) return faulted(fault_of(event::f_addr_size));
  return through_stage_2(stream, request_.address, nullptr);
}

}  // namespace iommusim::oracle::smmuv3
