// SPDX-License-Identifier: Apache-2.0
#include "oracle/vtd/first_stage.h"

#include <algorithm>

namespace iommusim::oracle::vtd {
namespace {

/// What every level so far says.
struct Rights {
  bool user = true;
  bool write = true;
  bool execute = true;
};

class FirstStageWalk {
 public:
  FirstStageWalk(const Facts& facts, Tables& tables, const FirstStage& stage, const FirstStageUse& use)
      : facts_{facts}, tables_{tables}, stage_{stage}, use_{use} {}

  Walk run(std::uint64_t address);

 private:
  /// Steps of one level, in order; an end other than mapped ends the walk.
  Walk fetch();
  Walk permission();
  Walk reserved() const;
  Walk update();
  Walk output(std::uint64_t address);
  Walk nested_output(Walk walk) const;
  bool output_grants_write(const Walk& walk);
  bool can_be_dirty();
  Walk set_bits(std::uint64_t bits);

  bool writable() const { return rights_.write || (use_.supervisor && !stage_.write_protect); }
  bool grants_write() const { return writable() && !(use_.no_write && facts_.no_write_flag()); }
  bool top() const { return level_ == stage_.levels; }
  unsigned shift() const { return 12 + 9 * (level_ - 1); }
  Walk granted() const;
  /// What the request gets when rights are missing.
  Walk refused(std::uint8_t reason) const {
    return use_.translation_request ? without_rights(dispute_) : fault_of(reason, dispute_);
  }

  const Facts& facts_;
  Tables& tables_;
  const FirstStage& stage_;
  const FirstStageUse& use_;
  Rights rights_;
  unsigned level_ = 0;
  bool leaf_ = false;
  /// Of the entry in hand: as the stage says it, where it lies in memory, its value.
  std::uint64_t guest_place_ = 0;
  std::uint64_t place_ = 0;
  std::uint64_t entry_ = 0;
  Dispute dispute_ = Dispute::none;
};

Walk FirstStageWalk::granted() const {
  Walk walk;
  walk.end = Walk::End::mapped;
  walk.dispute = dispute_;
  return walk;
}

/// 3.8: in a nested walk the entry's place is a guest-physical address.
Walk FirstStageWalk::fetch() {
  const std::uint8_t access_error = top() ? 0x73 : 0x70;
  place_ = guest_place_;
  if (stage_.nested) {
    Use read;
    read.reads = true;
    Walk place = walk_second_stage(facts_, tables_, *stage_.nested, read, guest_place_);
    if (place.end == Walk::End::fault) {
      if (place.reason == 0x84) place.reason = 0x74;
      if (place.reason == 0x79 || place.reason == 0x86) place.reason = top() ? 0x75 : 0x76;
      return place;
    }
    if (place.dispute != Dispute::none) dispute_ = place.dispute;
    place_ = place.address;
    if (is_in_interrupt_range(place_)) return fault_of(access_error, Dispute::nested_table_in_interrupt_range);
  }
  const auto entry = tables_.read(place_);
  if (!entry) return fault_of(access_error, dispute_);
  entry_ = *entry;
  return granted();
}

/// 3.6.1 and 3.6.2: present, user, write, execute.
Walk FirstStageWalk::permission() {
  if (!bit(entry_, 0)) return refused(0x71);
  rights_.user = rights_.user && bit(entry_, 2);
  rights_.write = rights_.write && bit(entry_, 1);
  if (stage_.no_execute_enable && bit(entry_, 63)) rights_.execute = false;
  if (!use_.supervisor && !rights_.user) return refused(0x81);
  if (use_.writes && !writable()) return fault_of(0x85);
  const bool user_page = leaf_ && use_.supervisor && stage_.supervisor_execute_protection && rights_.user;
  if (user_page) rights_.execute = false;
  if (use_.executes && !rights_.execute) return fault_of(0x82);
  return granted();
}

/// 9.7, the fields named reserved.
Walk FirstStageWalk::reserved() const {
  bool set = level_ > 1 && !leaf_ && bit(entry_, 7);
  set = set || (facts_.host_address_width < 52 && bits(entry_, 51, facts_.host_address_width) != 0);
  set = set || (bit(entry_, 63) && !stage_.no_execute_enable);
  set = set || (leaf_ && level_ == 2 && bits(entry_, 20, 13) != 0);
  set = set || (leaf_ && level_ == 3 && bits(entry_, 29, 13) != 0);
  return set ? fault_of(0x72, dispute_) : granted();
}

/// 3.6.3: A and EA in every entry, D in the leaf of what is written.
Walk FirstStageWalk::update() {
  const bool dirty = leaf_ && use_.writes;
  return set_bits((1U << 5) | (dirty ? 1U << 6 : 0U) | (stage_.extended_accessed ? 1U << 10 : 0U));
}

Walk FirstStageWalk::set_bits(std::uint64_t bits) {
  const std::uint64_t wanted = entry_ | bits;
  if (wanted == entry_) return granted();
  if (!stage_.snooped) return fault_of(0x90, stage_.nested ? Dispute::nested_update_priority : dispute_);
  if (stage_.nested) {
    Use write;
    write.writes = true;
    Walk place = walk_second_stage(facts_, tables_, *stage_.nested, write, guest_place_);
    if (place.end == Walk::End::fault) {
      if (place.reason == 0x85) place.reason = 0x77;
      return place;
    }
  }
  entry_ = wanted;
  return tables_.write(place_, wanted) ? granted() : fault_of(0x91, dispute_);
}

/// Whether the bits of the entry in hand may be written, by the second stage.
bool FirstStageWalk::can_be_dirty() {
  if (!stage_.snooped || !stage_.nested) return stage_.snooped;
  const Tables before = tables_;
  Use write;
  write.writes = true;
  const Walk place = walk_second_stage(facts_, tables_, *stage_.nested, write, guest_place_);
  tables_.restore(before);
  return place.end == Walk::End::mapped;
}

bool FirstStageWalk::output_grants_write(const Walk& walk) {
  if (!stage_.nested) return true;
  const Tables before = tables_;
  const Walk output = nested_output(walk);
  tables_.restore(before);
  return output.end == Walk::End::mapped && output.writable;
}

/// A translation request takes W, and D is set for it, where both stages grant it and D can be set.
Walk FirstStageWalk::output(std::uint64_t address) {
  Walk walk = granted();
  walk.page_bytes = std::uint64_t{1} << shift();
  walk.address = in_place(entry_, 51, shift()) + bits(address, shift() - 1, 0);
  walk.readable = true;
  walk.writable = grants_write();
  walk.executable = rights_.execute;
  if (use_.translation_request && walk.writable && !bit(entry_, 6)) {
    walk.writable = can_be_dirty();
    if (walk.writable && output_grants_write(walk))
      if (Walk step = set_bits(1U << 6); step.end != Walk::End::mapped) return step;
  }
  return stage_.nested ? nested_output(walk) : walk;
}

Walk FirstStageWalk::nested_output(Walk walk) const {
  Use use = use_;
  use.withholds_write = use.translation_request && !walk.writable;
  Walk second = walk_second_stage(facts_, tables_, *stage_.nested, use, walk.address);
  if (second.dispute == Dispute::none) second.dispute = walk.dispute;
  second.updates_open = second.end != Walk::End::mapped;
  if (second.end == Walk::End::fault && second.reason == 0x84) second.reason = 0x74;
  second.page_bytes = std::min(second.page_bytes, walk.page_bytes);
  second.readable = second.readable && walk.readable;
  second.writable = second.writable && walk.writable;
  second.executable = second.executable && walk.executable;
  if (use_.translation_request && second.end == Walk::End::mapped && !second.readable && !second.writable)
    return without_rights(second.dispute);
  return second;
}

Walk FirstStageWalk::run(std::uint64_t address) {
  const unsigned width = stage_.levels == 5 ? 57 : 48;
  const std::uint64_t sign = bits(address, 63, width - 1);
  if (sign != 0 && sign != bits(~std::uint64_t{0}, 63, width - 1)) return refused(0x80);

  std::uint64_t table = stage_.table;
  for (level_ = stage_.levels;; --level_) {
    guest_place_ = table + bits(address, shift() + 8, shift()) * 8;
    Walk step = fetch();
    if (step.end != Walk::End::mapped) return step;
    leaf_ = level_ == 1 || (bit(entry_, 7) && (level_ == 2 || (level_ == 3 && facts_.first_stage_1g())));
    step = permission();
    if (step.end == Walk::End::mapped) step = reserved();
    if (step.end == Walk::End::mapped) step = update();
    if (step.dispute == Dispute::none) step.dispute = dispute_;
    if (step.end != Walk::End::mapped) return step;
    if (leaf_) return output(address);
    table = in_place(entry_, 51, 12);
  }
}

}  // namespace

Walk walk_first_stage(const Facts& facts, Tables& tables, const FirstStage& stage, const FirstStageUse& use,
                      std::uint64_t address) {
  return FirstStageWalk{facts, tables, stage, use}.run(address);
}

}  // namespace iommusim::oracle::vtd
