// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/pasid_lookup.h"

#include "iommu/vtd/context_entry.h"

namespace iommusim::vtd {
namespace {

using Entry = PasidTableEntry;

/// A directory entry serves 64 PASIDs.
constexpr unsigned table_index_bits = 6;
constexpr std::uint32_t table_index_mask = (1U << table_index_bits) - 1;

FaultReason check(const TableFormat& format, PasidDirectoryEntry entry) {
  if (!entry.get<PasidDirectoryEntry::P>()) return FaultReason::pasid_directory_not_present;
  const std::uint64_t beyond = PasidDirectoryEntry::SMPTBLPTR::mask & ~format.host_bits();
  const bool has_reserved = (entry.raw() & (PasidDirectoryEntry::reserved | beyond)) != 0;
  return has_reserved ? FaultReason::pasid_directory_reserved : FaultReason::none;
}

bool has_first_stage(const Entry& entry) {
  return entry.get<Entry::PGTT>() == Pgtt::first_stage || entry.get<Entry::PGTT>() == Pgtt::nested;
}

bool has_second_stage(const Entry& entry) {
  return entry.get<Entry::PGTT>() == Pgtt::second_stage || entry.get<Entry::PGTT>() == Pgtt::nested;
}

bool has_reserved_bits(const TableFormat& format, const Entry& entry) {
  for (std::size_t i = 0; i < Entry::words; ++i)
    if ((entry.word(i) & format.scalable().reserved_in_pasid_entry[i]) != 0) return true;
  return false;
}

/// FSPM 0 is four levels, 1 five.
unsigned first_stage_levels(const Entry& entry) {
  return entry.get<Entry::FSPM>() + 4U;
}

bool has_supported_first_stage(const TableFormat& format, const Entry& entry) {
  return first_stage_levels(entry) == 4 || (first_stage_levels(entry) == 5 && format.scalable().first_stage_5_levels);
}

bool has_valid_programming(const TableFormat& format, const Entry& entry) {
  const unsigned levels = levels_of(entry.get<Entry::AW>());
  const bool second_stage_is_supported = format.supports_levels(levels);
  switch (entry.get<Entry::PGTT>()) {
    case Pgtt::first_stage: return format.scalable().first_stage && has_supported_first_stage(format, entry);
    case Pgtt::second_stage: return format.scalable().second_stage && second_stage_is_supported;
    case Pgtt::nested:
      // SPT.4.4: the second stage must be able to translate the place of the first stage's tables.
      return format.scalable().nested && second_stage_is_supported && has_supported_first_stage(format, entry) &&
             (entry.get<Entry::FSPTPTR>() << 12 & format.excess_input_bits(levels)) == 0;
    case Pgtt::pass_through: return format.supports_pass_through();
  }
  return false;
}

FaultReason check(const TableFormat& format, const Entry& entry) {
  if (!entry.get<Entry::P>()) return FaultReason::pasid_entry_not_present;
  if (has_reserved_bits(format, entry)) return FaultReason::pasid_entry_reserved;
  return has_valid_programming(format, entry) ? FaultReason::none : FaultReason::pasid_entry_invalid;
}

void take_fields(const Entry& entry, PasidContext& context) {
  context.domain = entry.get<Entry::DID>();
  context.type = entry.get<Entry::PGTT>();
  context.supervisor_requests = entry.get<Entry::SRE>();
  context.execute_requests = entry.get<Entry::ERE>();
  context.write_protect = entry.get<Entry::WPE>();
  context.no_execute = entry.get<Entry::NXE>();
  context.smep = entry.get<Entry::SMEP>();
  context.extended_accessed = entry.get<Entry::EAFE>();
  context.second_stage_execute = entry.get<Entry::SSEE>();
  context.second_stage_access_dirty = entry.get<Entry::SSADE>();
  context.snooped_walk = entry.get<Entry::PWSNP>();
  context.snooped_page = entry.get<Entry::PGSNP>();
  if (has_first_stage(entry)) {
    context.first_stage_table = entry.get<Entry::FSPTPTR>() << 12;
    context.first_stage_levels = static_cast<std::uint8_t>(first_stage_levels(entry));
  }
  if (has_second_stage(entry)) {
    context.second_stage_table = PhysAddr{entry.word(0) & Entry::SSPTPTR::mask};
    context.second_stage_levels = static_cast<std::uint8_t>(levels_of(entry.get<Entry::AW>()));
  }
}

}  // namespace

void look_up_pasid(const PasidQuery& query, TableReader& tables, PasidContext& context) {
  context = {};
  PasidDirectoryEntry in_directory;
  const std::uint64_t directory_index = query.pasid.value() >> table_index_bits;
  context.fault = FaultReason::pasid_directory_access_error;
  if (!tables.read("PASID directory entry", query.directory + directory_index * PasidDirectoryEntry::bytes,
                   in_directory))
    return;
  context.fpd = in_directory.get<PasidDirectoryEntry::FPD>();
  context.fault = check(query.format, in_directory);
  if (context.fault != FaultReason::none) return;

  const PhysAddr table{in_directory.raw() & PasidDirectoryEntry::SMPTBLPTR::mask};
  const std::uint64_t index = query.pasid.value() & table_index_mask;
  Entry entry;
  context.fault = FaultReason::pasid_entry_access_error;
  if (!tables.read("PASID table entry", table + index * Entry::bytes, entry)) return;
  context.fpd = context.fpd || entry.get<Entry::FPD>();
  context.fault = check(query.format, entry);
  if (context.fault == FaultReason::none) take_fields(entry, context);
}

}  // namespace iommusim::vtd
