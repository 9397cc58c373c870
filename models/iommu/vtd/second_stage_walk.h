// SPDX-License-Identifier: Apache-2.0
// The walk through second-stage tables (VT-d specification, 3.7).
#pragma once

#include "base/address.h"
#include "iommu/vtd/access_rights.h"
#include "iommu/vtd/table_format.h"
#include "iommu/vtd/table_reader.h"

#include <cstddef>
#include <cstdint>

namespace iommusim::vtd {

/// Why a walk ends without a page; legacy mode, scalable mode and the first stage name it differently.
enum class SecondStageFault : std::uint8_t {
  none,
  top_access_error,
  access_error,
  /// The entries so far permit nothing at all.
  not_present,
  write,
  read,
  execute,
  reserved,
  /// An accessed or dirty bit is to be set, but the walk is not snooped.
  update_not_snooped,
};

/// The tables of one domain or PASID, and what their entries may say.
struct SecondStage {
  PhysAddr table;
  std::uint8_t levels = 0;
  /// SSEE and SSADE.
  bool counts_execute = false;
  bool sets_accessed = false;
  /// PWSNP.
  bool is_snooped = false;
  const EntryNames* names = &entry_names;
};

/// What a walk looks for, and where it begins: at the top table, or at a cached table further down.
struct WalkStart {
  std::uint64_t address = 0;
  PhysAddr table;
  unsigned level = 0;
  AccessRights rights;
};

/// What the request wants of the page.
struct SecondStageNeeds {
  NeededRights rights;
  /// Write permission that the tables grant will be used without another walk: D is set with it.
  bool takes_write = false;
};

struct SecondStageResult {
  SecondStageFault fault = SecondStageFault::none;
  AccessRights rights;
  /// Level of the entry that ended the walk, and without fault the page that it maps.
  unsigned level = 0;
  PhysAddr page;
  /// SNP of the leaf.
  bool snooped = false;
  /// A write has no D left to set.
  bool dirty = true;
  /// The leaf's place among the fetches.
  std::size_t leaf_fetch = 0;
};

/// At each level: fetch, permission for this request, reserved bits, accessed and dirty, then leaf or descend.
/// `note_table(level, address of the next table, rights so far)` hears of each entry above the leaf.
template <class NoteTable>
SecondStageResult walk_second_stage(const TableFormat& format, const SecondStage& stage, const WalkStart& start,
                                    const SecondStageNeeds& needs, TableReader& tables, NoteTable note_table);

/// The accessed and dirty bits that the walk leaves to be set in an entry that it may use.
inline std::uint64_t missing_bits(SecondStageEntry entry, bool is_written) {
  const std::uint64_t wanted = SecondStageEntry::A::mask | (is_written ? SecondStageEntry::D::mask : 0);
  return wanted & ~entry.raw();
}

/// Notes the bits that the entry just fetched lacks. False: they cannot be set.
inline bool note_use(const SecondStage& stage, SecondStageEntry entry, bool is_written, TableReader& tables) {
  const std::uint64_t bits = missing_bits(entry, is_written);
  if (bits == 0) return true;
  if (stage.is_snooped) tables.set_bits(tables.last(), bits);
  return stage.is_snooped;
}

/// Setting accessed and dirty bits needs snooped walks: without, a page whose D is 0 cannot be written.
inline bool can_be_dirty(const SecondStage& stage, SecondStageEntry leaf) {
  return !stage.sets_accessed || stage.is_snooped || leaf.get<SecondStageEntry::D>();
}

/// `rights`: of all levels so far. Where they permit nothing together, no page is there (7.1.3, SSS.2).
inline SecondStageFault fault_of(MissingRight missing, AccessRights rights, bool counts_execute) {
  if (!rights.any() && !(counts_execute && rights.execute)) return SecondStageFault::not_present;
  if (missing == MissingRight::execute) return SecondStageFault::execute;
  return missing == MissingRight::write ? SecondStageFault::write : SecondStageFault::read;
}

template <class NoteTable>
SecondStageResult walk_second_stage(const TableFormat& format, const SecondStage& stage, const WalkStart& start,
                                    const SecondStageNeeds& needs, TableReader& tables, NoteTable note_table) {
  SecondStageResult result;
  result.rights = start.rights;
  PhysAddr table = start.table;
  if (start.level == 0 || start.level > max_table_levels) {
    result.fault = SecondStageFault::top_access_error;
    return result;
  }
  for (unsigned level = start.level;; --level) {
    SecondStageEntry entry;
    result.level = level;
    if (!tables.read((*stage.names)[level], table + 8 * table_index(start.address, level), entry)) {
      const bool at_top = level == stage.levels;
      result.fault = at_top ? SecondStageFault::top_access_error : SecondStageFault::access_error;
      return result;
    }

    result.rights.restrict_to(entry, stage.counts_execute);
    const MissingRight missing = missing_right(needs.rights, result.rights);
    if (missing != MissingRight::none || !result.rights.any()) {
      result.fault = fault_of(missing, result.rights, stage.counts_execute);
      return result;
    }

    const bool leaf = format.is_leaf(level, entry);
    if ((entry.raw() & format.reserved_bits(level, leaf)) != 0) {
      result.fault = SecondStageFault::reserved;
      return result;
    }

    if (stage.sets_accessed) {
      const bool takes_write = needs.takes_write && result.rights.write && can_be_dirty(stage, entry);
      const bool is_written = leaf && (needs.rights.write || takes_write);
      if (!note_use(stage, entry, is_written, tables)) {
        result.fault = SecondStageFault::update_not_snooped;
        return result;
      }
      result.dirty = is_written || entry.get<SecondStageEntry::D>();
    }

    table = PhysAddr{entry.raw() & SecondStageEntry::ADDR::mask};
    if (!leaf) {
      note_table(level, table, result.rights);
      continue;
    }
    result.page = table;
    result.snooped = entry.get<SecondStageEntry::SNP>();
    result.leaf_fetch = tables.last();
    return result;
  }
}

}  // namespace iommusim::vtd
