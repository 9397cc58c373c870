// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/table_space.h"

#include "base/endian.h"
#include "iommu/smmuv3/capabilities.h"

#include <algorithm>
#include <array>

namespace iommusim::smmuv3 {
namespace {

/// Scratch for one walk.
struct Walking {
  explicit Walking(const DecisionInputs& unit) : context{unit, fetches, effects} {}
  iommu::FetchLog fetches;
  DecisionEffects effects;
  WalkContext context;
};

/// A walk for no access in particular.
constexpr AccessNeeds nothing_needed(bool privileged) {
  return {0, privileged, false, false};
}

}  // namespace

void TableSpace::run() {
  if (!stream_.translates_stage_1()) {
    const Stage2& stage = stream_.stage_2;
    return table({stage.geometry, nullptr}, stage.table, stage.geometry.start_level, 0);
  }
  const auto& halves = stream_.stage_1.halves;
  for (std::size_t i = 0; i < halves.size(); ++i) {
    const Stage1Half& half = halves[i];
    if (half.disabled || (half.e0pd && !privileged_)) continue;
    const std::uint64_t first = i == 0 ? 0 : ~std::uint64_t{0} << half.geometry.input_bits;
    table({half.geometry, &half}, half.table, half.geometry.start_level, first);
  }
}

/// Page by page, as stage 2 may place each page of a table elsewhere.
void TableSpace::table(const Tables& tables, std::uint64_t address, unsigned level, std::uint64_t first) {
  const bool is_first = level == tables.geometry.start_level;
  const std::uint64_t granule_bytes = std::uint64_t{1} << static_cast<unsigned>(tables.geometry.granule);
  const std::uint64_t bytes = is_first ? tables.geometry.start_bytes() : granule_bytes;
  const std::uint64_t entry_size = std::uint64_t{1} << tables.geometry.shift(level);
  std::array<std::uint8_t, page_4k> page{};
  for (std::uint64_t done = 0; done < bytes && pieces_.complete(); done += page.size()) {
    const std::uint64_t size = std::min<std::uint64_t>(bytes - done, page.size());
    const std::uint64_t input = first + done / descriptor_bytes * entry_size;
    bool exists = false;
    const PhysAddr place = table_place(tables, address + done, exists);
    if (!exists || !unit_.bus.read(place, page.data(), size)) {
      pieces_.border(Iova{input}, size / descriptor_bytes * entry_size);
      continue;
    }
    for (std::uint64_t at = 0; at < size && pieces_.complete(); at += descriptor_bytes)
      entry(tables, load_le<std::uint64_t>(&page[at]), level, input + at / descriptor_bytes * entry_size);
  }
}

void TableSpace::entry(const Tables& tables, std::uint64_t descriptor, unsigned level, std::uint64_t first) {
  const DescriptorFormat format{tables.geometry.granule, has_wide_output(unit_.config)};
  const DescriptorKind kind = format.kind_of(descriptor, level);
  if (kind == DescriptorKind::invalid) return;
  const std::uint64_t size = std::uint64_t{1} << tables.geometry.shift(level);
  if (kind == DescriptorKind::table) {
    // What a table takes away, it takes from everything below.
    pieces_.border(Iova{first}, size);
    const std::uint64_t next = format.table_of(descriptor);
    const unsigned bits = tables.half != nullptr ? stream_.stage_1.output_bits : stream_.stage_2.output_bits;
    if (!exceeds(next, bits)) table(tables, next, level + 1, first);
    return;
  }
  if (tables.half != nullptr) return stage_1_leaf(*tables.half, first);
  const Place place = place_of(first);
  if (!place.exists) return pieces_.border(Iova{first}, size);
  map(first, place, {}, size);
}

/// Piece by piece of stage 2.
void TableSpace::stage_1_leaf(const Stage1Half& half, std::uint64_t first) {
  Walking walking{unit_};
  Stage2Walk second{walking.context, stream_};
  Stage1Walk walk{walking.context, stream_, stream_.has_stage_2 ? &second : nullptr};
  const Stage1Result found = walk.run(half, first, nothing_needed(privileged_));
  const std::uint64_t size = std::uint64_t{1} << found.shift;
  if (found.fault) return pieces_.border(Iova{first}, page_4k);
  if (!stream_.has_stage_2) return map(first, {true, PhysAddr{found.block}, {}, size}, found.once_dirty, size);
  for (std::uint64_t done = 0; done < size && pieces_.complete();) {
    const Place place = place_of(found.block + done);
    const std::uint64_t part = std::min(place.left, size - done);
    if (place.exists)
      map(first + done, place, found.once_dirty, part);
    else
      pieces_.miss();
    done += part;
  }
}

void TableSpace::map(std::uint64_t first, const Place& place, Permissions permissions, std::uint64_t size) {
  const Permissions both = permissions & place.permissions;
  // INSTCFG may make reads instruction fetches.
  const bool executes = stream_.overrides.instruction == 3;
  const bool readable = both.allow(executes ? Permissions::execute : Permissions::read, privileged_);
  const bool writable = both.allow(Permissions::write, privileged_);
  if (!readable && !writable) return pieces_.border(Iova{first}, size);
  pieces_.map({{Iova{first}, Iova{first + (size - 1)}}, place.address, readable, writable});
}

TableSpace::Place TableSpace::place_of(std::uint64_t ipa) const {
  Walking walking{unit_};
  Stage2Walk second{walking.context, stream_};
  const Stage2Result found = second.find(ipa, nothing_needed(privileged_));
  Place place;
  if (found.shift != 0)
    place.left = (std::uint64_t{1} << found.shift) - (ipa & ((std::uint64_t{1} << found.shift) - 1));
  if (found.fault) return place;
  place.exists = true;
  place.address = found.address_of(ipa);
  place.permissions = found.is_clean ? found.permissions.with_write() : found.permissions;
  return place;
}

/// Tables of stage 2, and of stage 1 alone, stand at output addresses.
PhysAddr TableSpace::table_place(const Tables& tables, std::uint64_t address, bool& exists) const {
  exists = true;
  if (tables.half == nullptr || !stream_.has_stage_2) return PhysAddr{address};
  Walking walking{unit_};
  Stage2Walk second{walking.context, stream_};
  Stage2Result found;
  second.find_structure(address, FaultClass::table_walk, found);
  exists = !found.fault;
  return exists ? found.address_of(address) : PhysAddr{};
}

}  // namespace iommusim::smmuv3
