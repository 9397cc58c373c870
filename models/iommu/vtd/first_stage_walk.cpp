// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/first_stage_walk.h"

namespace iommusim::vtd {

FaultReason scalable_reason(SecondStageFault fault) {
  switch (fault) {
    case SecondStageFault::none: return FaultReason::none;
    case SecondStageFault::top_access_error: return FaultReason::second_stage_top_access_error;
    case SecondStageFault::access_error: return FaultReason::second_stage_access_error;
    case SecondStageFault::not_present: return FaultReason::second_stage_not_present;
    case SecondStageFault::write: return FaultReason::scalable_write_not_permitted;
    case SecondStageFault::read: return FaultReason::scalable_read_not_permitted;
    case SecondStageFault::execute: return FaultReason::execute_not_permitted;
    case SecondStageFault::reserved: return FaultReason::second_stage_reserved;
    case SecondStageFault::update_not_snooped: return FaultReason::second_stage_update_not_snooped;
  }
  return FaultReason::none;
}

FirstStageResult FirstStageWalk::run(Iova address, const FirstStageNeeds& needs) {
  const std::size_t fetched_before = context_.fetches.size();
  const auto cached = find_cached(address, needs);
  FirstStageResult result = walk(address, needs, cached);
  if (!wants_full_walk_) return result;
  wants_full_walk_ = false;
  context_.fetches.truncate(fetched_before);
  return walk(address, needs, PagingStructureCache::none);
}

PagingStructureCache::Slot FirstStageWalk::find_cached(Iova address, const FirstStageNeeds& needs) const {
  constexpr auto none = PagingStructureCache::none;
  if (!context_.cache.is_present()) return none;
  const auto slot = context_.cache.find_deepest(pasid_.domain, number_, address, pasid_.first_stage_levels);
  if (slot == none) return none;
  const FirstStageRights& rights = context_.cache.value(slot).first_stage;
  const bool serves = (needs.privileged || rights.user) && (!needs.execute || rights.execute) &&
                      (!(needs.write || needs.takes_write) || may_write(rights, needs.privileged, pasid_));
  return serves ? slot : none;
}

FirstStageResult FirstStageWalk::walk(Iova address, const FirstStageNeeds& needs, PagingStructureCache::Slot cached) {
  FirstStageResult result;
  unsigned level = pasid_.first_stage_levels;
  std::uint64_t next = pasid_.first_stage_table;
  Table table;
  if (cached != PagingStructureCache::none) {
    const IotlbEntry& entry = context_.cache.value(cached);
    table = {entry.page, entry.rights.write, entry.dirty, 0, true};
    result.rights = entry.first_stage;
    level = context_.cache.tag(cached).level() - 1;
    context_.effects.hit(Stage::first, cached);
  }
  for (;; --level) {
    const bool at_top = level == pasid_.first_stage_levels;
    result.level = level;
    if (!table.is_cached) {
      result.fault = find_table(next + 8 * table_index(address.value(), level), at_top, table);
      if (result.fault != FaultReason::none) return result;
    }
    FirstStageEntry entry;
    const PhysAddr at = table.address + 8 * table_index(address.value(), level);
    if (!context_.tables.read(first_stage_entry_names[level], at, entry)) {
      result.fault = at_top ? FaultReason::first_stage_top_access_error : FaultReason::first_stage_access_error;
      return result;
    }

    const bool leaf = context_.format.is_leaf(level, entry);
    const FirstStageRights rights_to_table = result.rights;
    result.rights.restrict_to(entry);
    result.fault = check(entry, level, leaf, result.rights, needs);
    if (result.fault != FaultReason::none) return result;

    result.fault = update(entry, leaf && needs.write, table);
    if (result.fault != FaultReason::none || wants_full_walk_) return result;
    if (!at_top && !table.is_cached) note_table(address, level + 1, table, rights_to_table);

    next = entry.raw() & FirstStageEntry::ADDR::mask;
    if (leaf) {
      result.page = next & ~(page_size(level) - 1);
      finish(entry, needs, table, result);
      return result;
    }
    table.is_cached = false;
  }
}

/// The table that holds the entry, in host-physical memory: when nested, the second stage must permit reading it.
FaultReason FirstStageWalk::find_table(std::uint64_t entry_address, bool at_top, Table& table) const {
  if (nested_ == nullptr) {
    table = Table{PhysAddr{entry_address}.aligned_down(page_4k)};
    return FaultReason::none;
  }
  if (nested_->is_beyond_width(entry_address)) return FaultReason::first_stage_address_beyond_width;
  SecondStageNeeds needs;
  needs.rights.read = true;
  const SecondStageResult found = nested_->find(entry_address, needs);
  if (found.fault == SecondStageFault::not_present || found.fault == SecondStageFault::read)
    return at_top ? FaultReason::first_stage_top_read_not_permitted : FaultReason::first_stage_read_not_permitted;
  if (found.fault != SecondStageFault::none) return scalable_reason(found.fault);
  const PhysAddr entry = found.page + (entry_address & (page_size(found.level) - 1));
  table = {entry.aligned_down(page_4k), found.rights.write, found.dirty, found.leaf_fetch, false};
  return FaultReason::none;
}

FaultReason FirstStageWalk::check(FirstStageEntry entry, unsigned level, bool leaf, const FirstStageRights& rights,
                                  const FirstStageNeeds& needs) const {
  if (!entry.get<FirstStageEntry::P>()) return FaultReason::first_stage_not_present;
  if (!needs.privileged && !rights.user) return FaultReason::user_not_permitted;
  if (needs.write && !may_write(rights, needs.privileged, pasid_)) return FaultReason::scalable_write_not_permitted;
  // Without NXE, XD is a reserved bit.
  const bool executes = !needs.execute || !pasid_.no_execute || rights.execute;
  if (!executes || (leaf && needs.execute && needs.privileged && pasid_.smep && rights.user))
    return FaultReason::execute_not_permitted;
  std::uint64_t reserved = context_.format.first_stage_reserved_bits(level, leaf);
  if (!pasid_.no_execute) reserved |= FirstStageEntry::XD::mask;
  return (entry.raw() & reserved) != 0 ? FaultReason::first_stage_reserved : FaultReason::none;
}

/// Accessed in every entry, dirty in the leaf that a write uses.
FaultReason FirstStageWalk::update(FirstStageEntry entry, bool is_written, Table& table) {
  const std::uint64_t wanted = FirstStageEntry::A::mask | (pasid_.extended_accessed ? FirstStageEntry::EA::mask : 0) |
                               (is_written ? FirstStageEntry::D::mask : 0);
  const std::uint64_t bits = wanted & ~entry.raw();
  if (bits == 0) return FaultReason::none;
  if (!pasid_.snooped_walk) return FaultReason::first_stage_update_not_snooped;
  if (table.is_cached && !(table.writable && table.dirty)) {
    wants_full_walk_ = true;
    return FaultReason::none;
  }
  if (!table.writable) return FaultReason::first_stage_write_not_permitted;
  set_bits(context_.tables.last(), bits, table);
  return FaultReason::none;
}

/// When nested, the page that holds the entry becomes dirty, too.
void FirstStageWalk::set_bits(std::size_t fetch, std::uint64_t bits, Table& table) {
  if (!table.dirty) context_.tables.set_bits(table.leaf_fetch, SecondStageEntry::D::mask);
  table.dirty = true;
  context_.tables.set_bits(fetch, bits);
}

/// Whether the leaf is dirty, or could be made so for who takes its write permission.
void FirstStageWalk::finish(FirstStageEntry leaf, const FirstStageNeeds& needs, const Table& table,
                            FirstStageResult& result) {
  result.dirty = needs.write || leaf.get<FirstStageEntry::D>();
  leaf_fetch_ = context_.tables.last();
  if (result.dirty || !needs.takes_write || !pasid_.snooped_walk) return;
  if (!may_write(result.rights, needs.privileged, pasid_)) return;
  wants_full_walk_ = table.is_cached && !(table.writable && table.dirty);
  result.can_be_dirty = table.writable;
  leaf_table_ = table;
}

void FirstStageWalk::take_write() {
  set_bits(leaf_fetch_, FirstStageEntry::D::mask, leaf_table_);
}

void FirstStageWalk::withdraw_write() {
  context_.tables.withdraw_bits(leaf_fetch_, FirstStageEntry::D::mask);
}

void FirstStageWalk::note_table(Iova address, unsigned level, const Table& table, const FirstStageRights& rights) {
  if (!context_.cache.is_present()) return;
  IotlbEntry entry;
  entry.page = table.address;
  entry.rights.write = table.writable;
  entry.first_stage = rights;
  entry.dirty = table.dirty;
  context_.effects.fill(Stage::first, IotlbTag{pasid_.domain, number_, address, level}, entry);
}

}  // namespace iommusim::vtd
