// SPDX-License-Identifier: Apache-2.0
// The walk through first-stage tables (VT-d specification, 3.6), which lie in memory of the host, or of the guest when
// nested (3.8).
#pragma once

#include "iommu/vtd/pasid_lookup.h"
#include "iommu/vtd/second_stage_lookup.h"

#include <cstdint>

namespace iommusim::vtd {

/// The request as the first stage sees it.
struct FirstStageNeeds {
  bool write = false;
  bool execute = false;
  bool privileged = false;
  /// Write permission that the tables grant will be used without another walk, after take_write().
  bool takes_write = false;
};

struct FirstStageResult {
  FaultReason fault = FaultReason::none;
  FirstStageRights rights;
  /// Level of the entry that ended the walk, and without fault the page that it maps: when nested, a guest-physical
  /// address.
  unsigned level = 0;
  std::uint64_t page = 0;
  /// A write has no D left to set.
  bool dirty = false;
  /// It has, but take_write() can set it.
  bool can_be_dirty = false;
};

/// R/W does not bind supervisors while WPE is 0.
constexpr bool may_write(const FirstStageRights& rights, bool privileged, const PasidContext& pasid) {
  return rights.write || (privileged && !pasid.write_protect);
}

/// SMEP keeps supervisors from executing pages of users.
constexpr bool may_execute(const FirstStageRights& rights, bool privileged, const PasidContext& pasid) {
  return rights.execute && !(privileged && pasid.smep && rights.user);
}

/// The address repeats its highest translated bit.
constexpr bool is_canonical(std::uint64_t address, unsigned levels) {
  const std::uint64_t upper = address >> (input_width(levels) - 1);
  return upper == 0 || upper == ~std::uint64_t{0} >> (input_width(levels) - 1);
}

class FirstStageWalk {
 public:
  struct Context : WalkContext {
    iommu::FetchLog& fetches;
  };

  /// `nested`: the second stage that holds the tables, or null.
  FirstStageWalk(const Context& context, const PasidContext& pasid, Pasid number, const SecondStageLookup* nested)
      : context_{context}, pasid_{pasid}, number_{number}, nested_{nested} {}

  /// At each level: fetch, present, user, write, execute, reserved bits, accessed and dirty, then leaf or descend.
  /// Precondition: the address is canonical.
  FirstStageResult run(Iova address, const FirstStageNeeds& needs);

  /// The page of the last run() is granted to be written without another walk: its leaf becomes dirty. Precondition:
  /// can_be_dirty.
  void take_write();
  /// The page of the last run() is not written after all: its leaf does not become dirty.
  void withdraw_write();

 private:
  /// A table, and what the second stage said of the page that it fills.
  struct Table {
    PhysAddr address;
    bool writable = true;
    bool dirty = true;
    /// Where the D bit of that page is, unless the table came from the cache.
    std::size_t leaf_fetch = 0;
    bool is_cached = false;
  };

  FirstStageResult walk(Iova address, const FirstStageNeeds& needs, PagingStructureCache::Slot cached);
  PagingStructureCache::Slot find_cached(Iova address, const FirstStageNeeds& needs) const;
  FaultReason find_table(std::uint64_t entry_address, bool at_top, Table& table) const;
  FaultReason check(FirstStageEntry entry, unsigned level, bool leaf, const FirstStageRights& rights,
                    const FirstStageNeeds& needs) const;
  FaultReason update(FirstStageEntry entry, bool is_written, Table& table);
  void finish(FirstStageEntry leaf, const FirstStageNeeds& needs, const Table& table, FirstStageResult& result);
  void set_bits(std::size_t fetch, std::uint64_t bits, Table& table);
  void note_table(Iova address, unsigned level, const Table& table, const FirstStageRights& rights);

  Context context_;
  const PasidContext& pasid_;
  Pasid number_;
  const SecondStageLookup* nested_;
  /// An update met a cached table of which too little is known: the walk must begin at the top.
  bool wants_full_walk_ = false;
  /// Of the leaf.
  Table leaf_table_;
  std::size_t leaf_fetch_ = 0;
};

/// What a failing second-stage walk is called in scalable mode.
FaultReason scalable_reason(SecondStageFault fault);

}  // namespace iommusim::vtd
