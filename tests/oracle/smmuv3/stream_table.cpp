// SPDX-License-Identifier: Apache-2.0
#include "oracle/smmuv3/stream_table.h"

#include <algorithm>

namespace iommusim::oracle::smmuv3 {
namespace {

FoundEntry bad_stream() {
  FoundEntry found;
  found.fault.code = event::c_bad_streamid;
  return found;
}

FoundEntry failed_fetch(std::uint64_t where, Dispute dispute) {
  FoundEntry found;
  found.fault.code = event::f_ste_fetch;
  found.fault.fetch = where;
  found.dispute = dispute;
  return found;
}

std::uint64_t truncated(const Facts& facts, std::uint64_t address, Dispute& dispute) {
  if (!exceeds(address, facts.output_bits())) return address;
  dispute = Dispute::stream_table_pointer_beyond_output_size;
  return bits(address, facts.output_bits() - 1, 0);
}

FoundEntry read_entry(const Effects& memory, std::uint64_t where, Dispute dispute) {
  FoundEntry found;
  found.ste = memory.read_structure(where);
  if (!found.ste) return failed_fetch(where, dispute);
  found.dispute = dispute;
  return found;
}

FoundEntry through_level_1(const Facts& facts, const Effects& memory, std::uint32_t stream, unsigned stream_bits) {
  std::uint64_t split = bits(facts.strtab_base_cfg, 10, 6);
  if (split != 8 && split != 10) split = 6;
  const unsigned index_bits = stream_bits > split ? stream_bits - static_cast<unsigned>(split) : 0;
  Dispute dispute = Dispute::none;
  const std::uint64_t base = truncated(facts, in_place(facts.strtab_base, 55, std::max(6U, index_bits + 3)), dispute);
  const std::uint64_t where = base + (stream >> split) * std::uint64_t{8};
  const auto descriptor = memory.read(where);
  if (!descriptor) return failed_fetch(where, dispute);
  const std::uint64_t span = bits(*descriptor, 4, 0);
  const std::uint64_t index = stream & ((std::uint64_t{1} << split) - 1);
  if (span == 0 || span > 11 || span > split + 1 || index >> (span - 1) != 0) return bad_stream();
  const auto aligned_to = static_cast<unsigned>(6 + span - 1);
  const std::uint64_t table = truncated(facts, in_place(*descriptor, 55, aligned_to), dispute);
  return read_entry(memory, table + index * 64, dispute);
}

}  // namespace

FoundEntry find_stream_entry(const Facts& facts, const Effects& memory, std::uint32_t stream) {
  const auto configured = static_cast<unsigned>(bits(facts.strtab_base_cfg, 5, 0));
  const unsigned stream_bits = std::min(configured, facts.stream_bits());
  if (exceeds(stream, stream_bits)) return bad_stream();
  const bool two_level = facts.two_level_streams() && bits(facts.strtab_base_cfg, 17, 16) == 1;
  if (two_level) return through_level_1(facts, memory, stream, stream_bits);
  Dispute dispute = Dispute::none;
  const std::uint64_t base = truncated(facts, in_place(facts.strtab_base, 55, stream_bits + 6), dispute);
  return read_entry(memory, base + std::uint64_t{stream} * 64, dispute);
}

}  // namespace iommusim::oracle::smmuv3
