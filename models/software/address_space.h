// SPDX-License-Identifier: Apache-2.0
// What software believes of the addresses that it gave to devices: which are mapped now, and which were.
#pragma once

#include "base/interval_map.h"
#include "base/quantity.h"
#include "base/range.h"
#include "software/permissions.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace iommusim::software {

enum class MappingState : std::uint8_t { none, live, past };

/// What an address meant to software. Only `state` has a meaning when that is none.
struct Intent {
  MappingState state = MappingState::none;
  PhysAddr physical;
  Permissions permissions;
  /// Index of the buffer that was mapped; nullopt: memory that is no named buffer.
  std::optional<std::size_t> buffer;
  /// When it was mapped and, when past, until when.
  Duration since;
  Duration until;
};

/// One mapping as software makes it.
struct NewMapping {
  Range<Iova> range;
  /// Of the range's first byte.
  PhysAddr physical;
  Permissions permissions;
  std::optional<std::size_t> buffer;
};

/// The mappings of one domain. Of the past it remembers, for each address, only the last mapping that ended
/// there.
class AddressSpace {
 public:
  AddressSpace() = default;
  ~AddressSpace() = default;
  AddressSpace(const AddressSpace&) = delete;
  AddressSpace& operator=(const AddressSpace&) = delete;

  /// False, and nothing changes, when some of the range is mapped already.
  bool map(const NewMapping& mapping, Duration now);
  /// Ends what is mapped in `range`; mappings that reach over its borders keep the rest.
  void unmap(const Range<Iova>& range, Duration now);

  /// Live if mapped now, else past if it ever was.
  Intent lookup(Iova iova) const;
  /// What was mapped here before the present state: past or none. A translation that hardware kept too long
  /// leads there.
  Intent lookup_past(Iova iova) const;

  /// Grows with every change: what lookups said is true until then.
  std::uint64_t changes() const { return changes_; }
  std::size_t live_ranges() const { return live_.size(); }
  std::size_t past_ranges() const { return past_.size(); }
  /// Calls visit(range, intent) for the live ranges in ascending order; the intent is that of the first byte.
  template <class Visitor>
  void for_each_live(Visitor visit) const {
    for (const auto& [first, entry] : live_)
      visit(entry.range, intent(MappingState::live, entry.value, first));
  }

 private:
  struct Mapping {
    /// Physical minus I/O virtual address, modulo 2^64: stays true when the interval map splits the range.
    std::uint64_t offset = 0;
    Permissions permissions;
    std::optional<std::size_t> buffer;
    Duration since;
    Duration until;
  };

  static Intent intent(MappingState state, const Mapping& mapping, Iova iova);

  IntervalMap<Iova, Mapping> live_;
  IntervalMap<Iova, Mapping> past_;
  /// What lookup() found last in live_, as one access follows another in the same mapping; nullptr when it may be gone.
  mutable const IntervalMap<Iova, Mapping>::Entry* last_found_ = nullptr;
  std::uint64_t changes_ = 0;
};

}  // namespace iommusim::software
