// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/input_space.h"

#include "base/endian.h"
#include "interrupts/msi.h"
#include "iommu/vtd/context_lookup.h"

#include <array>
#include <utility>

namespace iommusim::vtd {
namespace {

constexpr std::size_t entries_of_table = 512;
using Entries = std::array<SecondStageEntry, entries_of_table>;

/// Goes through the tables in the order of their input addresses; what is not present costs one look at its entry.
class Enumeration {
 public:
  Enumeration(const DecisionInputs& unit, InputSpace& space) : unit_{unit}, space_{space} {}

  void table(PhysAddr address, unsigned level, Iova base, AccessRights rights) {
    Entries entries;
    if (!read(address, entries)) return unreadable(address, level, base, rights);
    for (std::size_t i = 0; i < entries.size() && space_.complete; ++i)
      entry(entries[i], level, base + i * page_size(level), rights);
  }

 private:
  bool read(PhysAddr address, Entries& entries) const {
    std::array<std::uint8_t, page_4k> bytes{};
    if (!unit_.bus.read(address, bytes.data(), bytes.size())) return false;
    for (std::size_t i = 0; i < entries.size(); ++i)
      entries[i] = SecondStageEntry{load_le<std::uint64_t>(&bytes[i * SecondStageEntry::bytes])};
    return true;
  }

  /// A table that is not wholly in memory: entry by entry, as a walk reads it.
  void unreadable(PhysAddr address, unsigned level, Iova base, AccessRights rights) {
    for (std::size_t i = 0; i < entries_of_table && space_.complete; ++i) {
      std::array<std::uint8_t, SecondStageEntry::bytes> bytes{};
      const Iova first = base + i * page_size(level);
      if (unit_.bus.read(address + i * bytes.size(), bytes.data(), bytes.size()))
        entry(SecondStageEntry{load_le<std::uint64_t>(bytes.data())}, level, first, rights);
      else
        border(first, level);
    }
  }

  void entry(SecondStageEntry entry, unsigned level, Iova first, AccessRights rights) {
    rights.restrict_to(entry);
    if (!rights.any()) return;
    const bool leaf = unit_.format.is_leaf(level, entry);
    if ((entry.raw() & unit_.format.reserved_bits(level, leaf)) != 0) return border(first, level);
    const PhysAddr target{entry.raw() & SecondStageEntry::ADDR::mask};
    if (leaf) return map({{first, first + (page_size(level) - 1)}, target, rights});
    // Rights that were lost on the way end the walk above the leaf.
    border(first, level);
    table(target, level - 1, first, rights);
  }

  /// Both ends of the part that one entry translates.
  void border(Iova first, unsigned level) {
    note(first);
    note(first + page_size(level));
  }

  void note(Iova address) {
    space_.borders.push_back(address);
    if (space_.borders.size() >= 2 * most_pieces) space_.complete = false;
  }

  void map(const MappedRange& next) {
    if (!space_.mapped.empty()) {
      MappedRange& last = space_.mapped.back();
      const bool follows = last.input.last + 1 == next.input.first && last.output + last.input.size() == next.output &&
                           last.rights.read == next.rights.read && last.rights.write == next.rights.write;
      if (follows) {
        last.input.last = next.input.last;
        return;
      }
    }
    space_.mapped.push_back(next);
    if (space_.mapped.size() >= most_pieces) space_.complete = false;
  }

  const DecisionInputs& unit_;
  InputSpace& space_;
};

/// What does not depend on the requester.
void add_fixed_borders(const DecisionInputs& unit, std::vector<Iova>& borders) {
  const auto around = [&borders](std::uint64_t first, std::uint64_t last) {
    borders.emplace_back(first);
    borders.push_back(Iova{last} + 1);
  };
  around(interrupts::local_apic_window.first.value(), interrupts::local_apic_window.last.value());
  for (const Range<PhysAddr>& region : unit.protected_memory.regions())
    around(region.first.value(), region.last.value());
  // Pass-through refuses what is wider than the host's addresses.
  borders.emplace_back(unit.format.host_bits() + 1);
}

}  // namespace

InputSpace input_space(const DecisionInputs& unit, RequesterId requester) {
  InputSpace space;
  add_fixed_borders(unit, space.borders);
  if (!unit.remapping.enabled || unit.remapping.table_mode != TableMode::legacy) return space;
  iommu::FetchLog fetches;
  TableReader reader{unit.bus, fetches};
  const Context context = look_up_context(unit.format, unit.remapping.root_table, requester, reader);
  if (context.fault != FaultReason::none || context.type == TranslationType::pass_through) return space;
  // One bit for each address bit that the tables take: the first excess address follows the last.
  const std::uint64_t last_input = ~unit.format.excess_input_bits(context.levels);
  space.borders.emplace_back(last_input + 1);
  Enumeration{unit, space}.table(context.second_stage_table, context.levels, Iova{0}, {});
  for (const MappedRange& range : space.mapped) {
    space.borders.push_back(range.input.first);
    space.borders.push_back(range.input.last + 1);
  }
  return space;
}

}  // namespace iommusim::vtd
