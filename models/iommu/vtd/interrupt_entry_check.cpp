// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/interrupt_entry_check.h"

#include "iommu/vtd/invalidation.h"

namespace iommusim::vtd {
namespace {

using Entry = InterruptRemappingEntry;

constexpr std::uint64_t common_low =
    Entry::P::mask | Entry::FPD::mask | Entry::Available::mask | Entry::IM::mask | Entry::V::mask;
constexpr std::uint64_t common_high = Entry::SVT::mask | Entry::SQ::mask | Entry::SID::mask;
constexpr std::uint64_t remapped_low =
    common_low | Entry::DM::mask | Entry::RH::mask | Entry::TM::mask | Entry::DLM::mask;
constexpr std::uint64_t posted_low = common_low | Entry::URG::mask | Entry::PDAL::mask;
constexpr std::uint64_t posted_high = common_high | Entry::PDAH::mask;

bool is_reserved(DeliveryMode mode) {
  const auto value = static_cast<unsigned>(mode);
  return value == 3 || value == 6;
}

bool has_bits_outside(const Entry& entry, std::uint64_t low, std::uint64_t high) {
  return (entry.word(0) & ~low) != 0 || (entry.word(1) & ~high) != 0;
}

/// PDA bits 63:HAW are reserved.
bool is_valid_posted(const Entry& entry, const InterruptEntryFormat& format) {
  return format.posting && !has_bits_outside(entry, posted_low, posted_high) &&
         (entry.posted_descriptor().value() & ~format.host_bits) == 0;
}

}  // namespace

bool has_valid_programming(const Entry& entry, const InterruptEntryFormat& format) {
  if (entry.get<Entry::IM>()) return is_valid_posted(entry, format);
  const std::uint64_t destination = format.extended ? Entry::DST::mask : Entry::DST8::mask;
  return !has_bits_outside(entry, remapped_low | destination, common_high) && !is_reserved(entry.get<Entry::DLM>());
}

bool validates(const Entry& entry, RequesterId source) {
  const auto sid = entry.get<Entry::SID>();
  switch (entry.get<Entry::SVT>()) {
    case SourceValidation::none: return true;
    // SQ leaves out the same function bits as FM of an invalidation.
    case SourceValidation::source_id:
      return (static_cast<unsigned>(sid ^ source.raw()) & compared_source_bits(entry.get<Entry::SQ>())) == 0;
    case SourceValidation::bus_range: return source.bus() >= sid >> 8 && source.bus() <= (sid & 0xFF);
    case SourceValidation::reserved: return false;
  }
  return false;
}

}  // namespace iommusim::vtd
