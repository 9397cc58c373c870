// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/stage_2_walk.h"

#include "iommu/smmuv3/capabilities.h"

#include <array>

namespace iommusim::smmuv3 {
namespace {

using Kind = TranslationTag::Kind;

constexpr std::array<const char*, last_level + 1> descriptor_names{
    "stage 2 level 0 descriptor", "stage 2 level 1 descriptor", "stage 2 level 2 descriptor",
    "stage 2 level 3 descriptor"};

Fault stage_2_fault(EventCode code, FaultClass fault_class, std::uint64_t address) {
  return {code, true, fault_class, true, {}, address};
}

WalkContext::Change change_of(const Stage2Result& result, std::uint64_t sets) {
  return {result.leaf, sets, 0, {true, result.fault_class}};
}

}  // namespace

Stage2Result Stage2Walk::find(std::uint64_t ipa, const AccessNeeds& needs) {
  Stage2Result result;
  look_up(ipa, FaultClass::input, true, result);
  if (result.fault) return result;
  const bool wants_write = (needs.permissions & Permissions::write) != 0 || needs.takes_write;
  const std::uint8_t wanted = wants_write ? needs.permissions | Permissions::write : needs.permissions;
  // What is cached may be older than a table that grants more.
  if (result.is_cached && !result.permissions.allow(wanted, needs.privileged))
    look_up(ipa, FaultClass::input, false, result);
  if (result.fault) return result;
  std::uint8_t lacking = needs.permissions & ~result.permissions.of(needs.privileged);
  if (result.is_clean) lacking &= ~Permissions::write;
  if (lacking == 0) return result;
  result.fault = stage_2_fault(EventCode::f_permission, FaultClass::input, ipa);
  result.fault.lacking = lacking;
  return result;
}

/// A read, whatever the access is; without privilege levels.
void Stage2Walk::find_structure(std::uint64_t ipa, FaultClass fault_class, Stage2Result& result) {
  look_up(ipa, fault_class, true, result);
  if (result.fault) return;
  const bool is_protected = stage_.protects_walks && result.attributes.is_device();
  if (is_protected || !result.permissions.allow(Permissions::read, true))
    result.fault = stage_2_fault(EventCode::f_permission, fault_class, ipa);
}

Fault Stage2Walk::take_write(std::uint64_t ipa, Stage2Result& table, bool now) {
  if (table.permissions.allow(Permissions::write, true)) return {};
  if (table.is_cached) look_up(ipa, FaultClass::table_walk, false, table);
  if (table.fault) return table.fault;
  if (!table.may_write(true)) {
    Fault fault = stage_2_fault(EventCode::f_permission, FaultClass::table_walk, ipa);
    fault.table_read = false;
    return fault;
  }
  if (!table.is_clean) return {};
  if (now)
    context_.update(change_of(table, Stage2Descriptor::W::mask));
  else
    make_dirty(table);
  return {};
}

void Stage2Walk::make_dirty(const Stage2Result& result) {
  context_.make_dirty_later(change_of(result, Stage2Descriptor::W::mask));
}

void Stage2Walk::look_up(std::uint64_t ipa, FaultClass fault_class, bool uses_cache, Stage2Result& result) {
  result = {};
  result.fault_class = fault_class;
  if (exceeds(ipa, stage_.geometry.input_bits)) {
    result.fault = stage_2_fault(EventCode::f_translation, fault_class, ipa);
    return;
  }
  const BlockCache& cache = context_.unit.caches.ipas;
  if (!uses_cache || !cache.is_present()) return walk(ipa, fault_class, result);
  const auto slot = cache.find_block(space_, ipa);
  if (slot == BlockCache::none) return walk(ipa, fault_class, result);
  context_.effects.walk.hit({true, slot});
  const CachedTranslation& entry = cache.value(slot);
  result.block = entry.address;
  result.shift = cache.tag(slot).shift();
  result.permissions = entry.permissions;
  result.attributes = entry.stage_2;
  result.is_cached = true;
}

/// At each level: external abort, invalid, output beyond S2PS; at the leaf the access flag (3.4, 3.13).
void Stage2Walk::walk(std::uint64_t ipa, FaultClass fault_class, Stage2Result& result) {
  const DescriptorFormat format{stage_.geometry.granule, has_wide_output(context_.unit.config)};
  const unsigned output_bits = stage_.output_bits;
  auto [table, level] = start(ipa);
  for (;; level.descend()) {
    const unsigned shift = level.shift();
    const PhysAddr at{table + level.entry_offset(ipa)};
    result.shift = shift;
    Stage2Descriptor descriptor;
    if (!context_.tables.read(descriptor_names[level.number()], at, descriptor)) {
      result.fault = stage_2_fault(EventCode::f_walk_eabt, fault_class, at.value());
      return;
    }
    const DescriptorKind kind = format.kind_of(descriptor.raw(), level.number());
    if (kind == DescriptorKind::invalid) {
      result.fault = stage_2_fault(EventCode::f_translation, fault_class, ipa);
      return;
    }
    const bool is_leaf = kind == DescriptorKind::leaf;
    table = is_leaf ? format.block_of(descriptor.raw(), shift) : format.table_of(descriptor.raw());
    if (exceeds(table, output_bits)) {
      result.fault = stage_2_fault(EventCode::f_addr_size, fault_class, ipa);
      return;
    }
    if (is_leaf) {
      result.block = PhysAddr{table};
      if (!descriptor.get<Stage2Descriptor::AF>() && !stage_.updates_access_flag && !stage_.ignores_access_flag)
        result.fault = stage_2_fault(EventCode::f_access, fault_class, ipa);
      else
        take_leaf(ipa, descriptor, result);
      return;
    }
    if (context_.unit.caches.walks.is_present()) {
      CachedTranslation entry;
      entry.address = PhysAddr{table};
      context_.effects.walk.fill({space_.as(Kind::stage_2_table), ipa, shift}, entry);
    }
  }
}

Stage2Walk::Start Stage2Walk::start(std::uint64_t ipa) const {
  const TableGeometry& geometry = stage_.geometry;
  const BlockCache& cache = context_.unit.caches.walks;
  if (cache.is_present()) {
    const auto slot = cache.find_block(space_.as(Kind::stage_2_table), ipa);
    const unsigned level = slot == BlockCache::none ? 0 : geometry.level_below(cache.tag(slot).shift());
    if (level != 0) {
      context_.effects.walk.hit({false, slot});
      return {cache.value(slot).address.value(), {geometry, level}};
    }
  }
  return {stage_.table, {geometry, geometry.start_level}};
}

void Stage2Walk::take_leaf(std::uint64_t ipa, Stage2Descriptor descriptor, Stage2Result& result) {
  result.leaf = context_.tables.last();
  result.permissions = permissions_of(descriptor);
  result.attributes.memattr = descriptor.get<Stage2Descriptor::MemAttr>();
  result.attributes.shareability = static_cast<Shareability>(descriptor.get<Stage2Descriptor::SH>());
  result.attributes.forces = stage_.forces_write_back;
  result.is_clean =
      stage_.updates_dirty && descriptor.get<Stage2Descriptor::DBM>() && !descriptor.get<Stage2Descriptor::W>();
  if (!descriptor.get<Stage2Descriptor::AF>() && stage_.updates_access_flag)
    context_.update(change_of(result, Stage2Descriptor::AF::mask));
  note(ipa, result);
}

/// Without XNX bit 1 of XN alone counts, for both privilege levels.
Permissions Stage2Walk::permissions_of(Stage2Descriptor descriptor) const {
  const auto data = static_cast<std::uint8_t>((descriptor.get<Stage2Descriptor::R>() ? Permissions::read : 0) |
                                              (descriptor.get<Stage2Descriptor::W>() ? Permissions::write : 0));
  const unsigned xn = descriptor.get<Stage2Descriptor::XN>();
  bool privileged = (xn & 2) == 0;
  bool unprivileged = privileged;
  if (context_.unit.config.execute_never_per_level) {
    privileged = xn == 0 || xn == 3;
    unprivileged = xn < 2;
  }
  return {static_cast<std::uint8_t>(data | (privileged ? Permissions::execute : 0)),
          static_cast<std::uint8_t>(data | (unprivileged ? Permissions::execute : 0))};
}

void Stage2Walk::note(std::uint64_t ipa, const Stage2Result& result) {
  if (!context_.unit.caches.ipas.is_present()) return;
  CachedTranslation entry;
  entry.address = result.block;
  entry.permissions = result.permissions;
  entry.stage_2 = result.attributes;
  context_.effects.walk.fill({space_, ipa, result.shift}, entry);
}

}  // namespace iommusim::smmuv3
