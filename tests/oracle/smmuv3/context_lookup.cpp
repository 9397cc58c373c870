// SPDX-License-Identifier: Apache-2.0
// From SubstreamID to CD (SMMUv3 architecture, 3.3.2, 5.3 and STE.S1Fmt, S1CDMax, S1DSS).
#include "oracle/smmuv3/decision.h"

#include <algorithm>

namespace iommusim::oracle::smmuv3 {

std::optional<Fault> Decision::check_substream(const StreamEntry& stream) {
  const bool present = request_.substream.has_value();
  if (!stream.has_stage_1()) {
    if (present) return fault_of(event::c_bad_substreamid);
    return std::nullopt;
  }
  stage_1_use_ = Stage1Use::translates;
  if (!stream.has_substreams()) {
    if (present) return fault_of(event::c_bad_substreamid);
    return std::nullopt;
  }
  const unsigned without = stream.without_substream();
  if (present) {
    if (exceeds(*request_.substream, facts_.substream_bits())) in_doubt(Dispute::substream_beyond_width);
    if (exceeds(*request_.substream, stream.substream_bits())) return fault_of(event::c_bad_substreamid);
    if (without == 2 && *request_.substream == 0) return fault_of(event::f_stream_disabled);
    return std::nullopt;
  }
  if (without == 0 || without == 3) return fault_of(event::f_stream_disabled);
  if (without == 1) stage_1_use_ = Stage1Use::skipped;
  return std::nullopt;
}

/// Nested, the pointers of the STE and of the L1CD are IPAs.
Result Decision::locate_structure(const StreamEntry& stream, std::uint64_t address) {
  Result result;
  result.address = address;
  if (!stream.has_stage_2()) return result;
  Stage2 stage_2{facts_, stream, memory_};
  result = stage_2.translate_structure(address, During::context_descriptor, false);
  in_doubt(stage_2.dispute());
  return result;
}

std::optional<Fault> Decision::find_context(const StreamEntry& stream) {
  const unsigned count_bits = stream.has_substreams() ? stream.substream_bits() : 0;
  const bool two_level = count_bits != 0 && (stream.context_format() == 1 || stream.context_format() == 2);
  std::uint64_t pointer = stream.context_pointer();
  if (two_level) {
    if (const auto fault = level_1_context(stream, pointer)) return fault;
  } else {
    if (bits(pointer, count_bits + 5, 0) != 0) in_doubt(Dispute::context_table_misaligned);
    pointer = in_place(pointer, 55, count_bits + 6) + context_index() * std::uint64_t{64};
  }
  const Result place = locate_structure(stream, pointer);
  if (place.fault) return place.fault;
  cd_ = memory_.read_structure(place.address);
  if (cd_) return std::nullopt;
  Fault fault = fault_of(event::f_cd_fetch);
  fault.fetch = place.address;
  return fault;
}

/// `pointer` is where the L1CDs are, and then where the CD is.
std::optional<Fault> Decision::level_1_context(const StreamEntry& stream, std::uint64_t& pointer) {
  const unsigned leaf_bits = stream.context_format() == 1 ? 6 : 10;
  const unsigned index_bits = stream.substream_bits() > leaf_bits ? stream.substream_bits() - leaf_bits : 0;
  const unsigned alignment = std::max(6U, index_bits + 3);
  if (bits(pointer, alignment - 1, 0) != 0) in_doubt(Dispute::context_table_misaligned);
  const std::uint64_t table = in_place(pointer, 55, alignment);
  const Result place = locate_structure(stream, table + (context_index() >> leaf_bits) * std::uint64_t{8});
  if (place.fault) return place.fault;
  const auto descriptor = memory_.read(place.address);
  if (!descriptor) {
    Fault fault = fault_of(event::f_cd_fetch);
    fault.fetch = place.address;
    return fault;
  }
  if (!bit(*descriptor, 0)) return fault_of(event::c_bad_substreamid);
  std::uint64_t leaf = in_place(*descriptor, 55, 12);
  if (bits(leaf, 55, 52) != 0) in_doubt(Dispute::context_pointer_bits_above_51);
  if (exceeds(leaf, stream.has_stage_2() ? facts_.intermediate_bits() : facts_.output_bits())) {
    if (stream.has_stage_2() || facts_.version() == 0) in_doubt(Dispute::context_pointer_beyond_range);
    return fault_of(event::c_bad_substreamid);
  }
  if (bits(leaf, leaf_bits + 5, 0) != 0) in_doubt(Dispute::context_table_misaligned);
  leaf = in_place(leaf, 55, leaf_bits + 6);
  pointer = leaf + bits(context_index(), leaf_bits - 1, 0) * 64;
  return std::nullopt;
}

}  // namespace iommusim::oracle::smmuv3
