// SPDX-License-Identifier: Apache-2.0
#include "oracle/vtd/second_stage.h"

#include <algorithm>

namespace iommusim::oracle::vtd {
namespace {

/// 7.1.3: the same conditions have other codes in each mode.
struct Reasons {
  std::uint8_t beyond_width;
  std::uint8_t not_present_read;
  std::uint8_t not_present_write;
  std::uint8_t no_write;
  std::uint8_t no_read;
  std::uint8_t top_access;
  std::uint8_t entry_access;
  std::uint8_t reserved;
};
constexpr Reasons legacy_reasons{0x4, 0x6, 0x5, 0x5, 0x6, 0x3, 0x7, 0xC};
constexpr Reasons scalable_reasons{0x84, 0x79, 0x79, 0x85, 0x86, 0x7B, 0x78, 0x7A};

/// Rights that every level so far grants.
struct Rights {
  bool read = true;
  bool write = true;
  bool execute = true;
};

struct Level {
  unsigned number = 0;
  bool top = false;
  bool leaf = false;
  unsigned shift() const { return 12 + 9 * (number - 1); }
};

bool large_page_supported(const Facts& facts, unsigned level) {
  return (level == 2 && facts.second_stage_2m()) || (level == 3 && facts.second_stage_1g());
}

/// 9.8, the fields named reserved. An unsupported PS is one of them.
bool reserved_bits_set(const Facts& facts, std::uint64_t entry, const Level& level) {
  if (level.number > 1 && !level.leaf && bit(entry, 7)) return true;
  if (bit(entry, 11) && !(level.leaf && facts.snoop_control())) return true;
  if (facts.host_address_width < 52 && bits(entry, 51, facts.host_address_width) != 0) return true;
  if (level.leaf && level.number == 2) return bits(entry, 20, 12) != 0;
  if (level.leaf && level.number == 3) return bits(entry, 29, 12) != 0;
  return false;
}

/// What the entry with these rights refuses; mapped when nothing.
Walk refusal(const Facts& facts, const SecondStage& stage, const Use& use, const Rights& rights, bool present) {
  const Reasons& reasons = stage.scalable ? scalable_reasons : legacy_reasons;
  Walk granted;
  granted.end = Walk::End::mapped;
  const bool execute_only = stage.execute_enable && rights.execute && !rights.read;
  if (use.translation_request) {
    if (execute_only && !rights.write) granted.dispute = Dispute::execute_only_page;
    return rights.read || rights.write ? granted : without_rights();
  }
  if (!present) return fault_of(use.writes ? reasons.not_present_write : reasons.not_present_read);
  if (use.writes && !rights.write) return fault_of(reasons.no_write);
  const bool zero_length_passes = use.zero_length && facts.zero_length_read() && rights.write;
  if (use.reads && !rights.read && !zero_length_passes)
    return fault_of(reasons.no_read, use.executes && execute_only ? Dispute::execute_only_page : Dispute::none);
  if (use.executes && stage.execute_enable && !rights.execute) return fault_of(0x82);
  return granted;
}

/// Accessed and dirty bits; 0 or the reason why they could not be set.
std::uint8_t update(Tables& tables, const SecondStage& stage, std::uint64_t where, std::uint64_t entry, bool dirty) {
  if (!stage.accessed_dirty) return 0;
  const std::uint64_t wanted = entry | (1U << 8) | (dirty ? 1U << 9 : 0U);
  if (wanted == entry) return 0;
  if (!stage.snooped) return 0x7C;
  return tables.write(where, wanted) ? 0 : 0x7D;
}

}  // namespace

Walk walk_second_stage(const Facts& facts, Tables& tables, const SecondStage& stage, const Use& use,
                       std::uint64_t address) {
  const Reasons& reasons = stage.scalable ? scalable_reasons : legacy_reasons;
  if (any_from(address, std::min(facts.max_guest_width(), stage.width())))
    return use.translation_request ? without_rights() : fault_of(reasons.beyond_width);

  Rights rights;
  Dispute dispute = Dispute::none;
  std::uint64_t table = stage.table;
  for (Level level{stage.levels(), true, false};; level = {level.number - 1, false, false}) {
    const unsigned shift = level.shift();
    const std::uint64_t where = table + bits(address, shift + 8, shift) * 8;
    const auto entry = tables.read(where);
    if (!entry) return fault_of(level.top ? reasons.top_access : reasons.entry_access, dispute);

    rights = {rights.read && bit(*entry, 0), rights.write && bit(*entry, 1), rights.execute && bit(*entry, 2)};
    // SSS.2 of 7.1.3: nothing is left when all levels are taken together.
    const bool present = rights.read || rights.write || (stage.execute_enable && rights.execute);
    Walk result = refusal(facts, stage, use, rights, present);
    if (dispute == Dispute::none) dispute = result.dispute;
    result.dispute = dispute;
    if (result.end != Walk::End::mapped) return result;

    level.leaf = level.number == 1 || (bit(*entry, 7) && large_page_supported(facts, level.number));
    if (bit(*entry, 62)) dispute = Dispute::transient_mapping;
    if (reserved_bits_set(facts, *entry, level)) return fault_of(reasons.reserved, dispute);
    // 3.7.2: what cannot become dirty cannot be granted for writing.
    const bool stays_clean = stage.accessed_dirty && !stage.snooped && !bit(*entry, 9);
    const bool withheld = use.withholds_write || (use.no_write && facts.no_write_flag()) ||
                          (use.translation_request && level.leaf && stays_clean);
    const bool grants_write = rights.write && !withheld;
    const bool dirty = level.leaf && (use.writes || (use.translation_request && grants_write));
    if (const auto reason = update(tables, stage, where, *entry, dirty)) return fault_of(reason, dispute);

    table = in_place(*entry, 51, 12);
    if (!level.leaf) continue;
    if (use.translation_request && !rights.read && !grants_write) return without_rights(dispute);
    result.page_bytes = std::uint64_t{1} << shift;
    result.address = table + bits(address, shift - 1, 0);
    result.readable = rights.read;
    result.writable = grants_write;
    result.executable = rights.execute || !stage.execute_enable;
    result.dispute = dispute;
    return result;
  }
}

}  // namespace iommusim::oracle::vtd
