// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/stage_1_walk.h"

#include "iommu/smmuv3/capabilities.h"

#include <array>

namespace iommusim::smmuv3 {
namespace {

constexpr std::array<const char*, last_level + 1> descriptor_names{
    "stage 1 level 0 descriptor", "stage 1 level 1 descriptor", "stage 1 level 2 descriptor",
    "stage 1 level 3 descriptor"};
constexpr UpdatePurpose own_update{false, FaultClass::table_walk};

}  // namespace

/// At each level: stage 2 of the descriptor's address, external abort, invalid, output beyond IPS; at the leaf access
/// flag, permission (3.4, 3.13).
[[gnu::flatten]] Stage1Result Stage1Walk::run(const Stage1Half& half, std::uint64_t address, const AccessNeeds& needs) {
  const DescriptorFormat format{half.geometry.granule, has_wide_output(context_.unit.config)};
  const unsigned output_bits = stream_.stage_1.output_bits;
  Stage1Result result;
  Table table = start(half, address);
  for (;; table.level.descend()) {
    Stage1Descriptor descriptor;
    const std::uint64_t at = table.address + table.level.entry_offset(address);
    if (!read(at, table.level.number(), descriptor, result.fault)) return result;
    const DescriptorKind kind = format.kind_of(descriptor.raw(), table.level.number());
    if (kind == DescriptorKind::invalid) {
      result.fault.code = EventCode::f_translation;
      return result;
    }
    const bool is_leaf = kind == DescriptorKind::leaf;
    const unsigned shift = table.level.shift();
    const std::uint64_t output = is_leaf ? format.block_of(descriptor.raw(), shift) : format.table_of(descriptor.raw());
    if (exceeds(output, output_bits)) {
      result.fault.code = EventCode::f_addr_size;
      return result;
    }
    if (is_leaf) {
      fetch_ = context_.tables.last();
      result.block = output;
      result.shift = shift;
      take_leaf(descriptor, table, needs, result);
      return result;
    }
    if (!half.ignores_hierarchy) table.restrictions.restrict_by(descriptor);
    table.address = output;
    note_table(address, shift, table);
  }
}

Stage1Walk::Table Stage1Walk::start(const Stage1Half& half, std::uint64_t address) const {
  const BlockCache& cache = context_.unit.caches.walks;
  if (cache.is_present()) {
    const auto slot = cache.find_block(tables_, address);
    const unsigned level = slot == BlockCache::none ? 0 : half.geometry.level_below(cache.tag(slot).shift());
    if (level != 0) {
      context_.effects.walk.hit({false, slot});
      const CachedTranslation& entry = cache.value(slot);
      return {entry.address.value(), {half.geometry, level}, TableRestrictions{entry.hierarchy}};
    }
  }
  return {half.table, {half.geometry, half.geometry.start_level}};
}

bool Stage1Walk::read(std::uint64_t at, unsigned level, Stage1Descriptor& descriptor, Fault& fault) {
  descriptor_ = at;
  PhysAddr place{at};
  if (nested_ != nullptr) {
    nested_->find_structure(at, FaultClass::table_walk, descriptor_page_);
    if (descriptor_page_.fault) {
      fault = descriptor_page_.fault;
      return false;
    }
    place = descriptor_page_.address_of(at);
  }
  if (!context_.tables.read(descriptor_names[level], place, descriptor)) {
    fault = {EventCode::f_walk_eabt, false, FaultClass::table_walk, true, {}, place.value()};
    return false;
  }
  return true;
}

void Stage1Walk::note_table(std::uint64_t address, unsigned shift, const Table& table) {
  if (!context_.unit.caches.walks.is_present()) return;
  CachedTranslation entry;
  entry.address = PhysAddr{table.address};
  entry.hierarchy = table.restrictions.raw();
  context_.effects.walk.fill({tables_, address, shift}, entry);
}

void Stage1Walk::take_leaf(Stage1Descriptor leaf, const Table& table, const AccessNeeds& needs, Stage1Result& result) {
  const Stage1& stage = stream_.stage_1;
  const bool was_accessed = leaf.get<Stage1Descriptor::AF>();
  if (!was_accessed && !stage.updates_access_flag && !stage.ignores_access_flag) {
    result.fault.code = EventCode::f_access;
    return;
  }
  const Stage1Permissions permissions = stage_1_permissions(stage, stream_.regime, leaf, table.restrictions);
  if (!permissions.once_dirty.allow(needs.permissions, needs.privileged)) {
    result.fault.code = EventCode::f_permission;
    result.fault.lacking = needs.permissions & ~permissions.once_dirty.of(needs.privileged);
    return;
  }
  result.permissions = permissions.now;
  result.once_dirty = permissions.once_dirty;
  result.is_clean = !permissions.now.allow(Permissions::write, needs.privileged) &&
                    permissions.once_dirty.allow(Permissions::write, needs.privileged);
  result.attributes = attributes_of(leaf);
  result.is_global = has_two_halves(stream_.regime) && !leaf.get<Stage1Descriptor::nG>();
  if (!was_accessed && stage.updates_access_flag) result.fault = set_access_flag();
}

/// The update writes to memory, whether or not the access itself succeeds.
Fault Stage1Walk::set_access_flag() {
  if (nested_ != nullptr)
    if (const Fault fault = nested_->take_write(descriptor_, descriptor_page_, true)) return fault;
  context_.update({fetch_, Stage1Descriptor::AF::mask, 0, own_update});
  return {};
}

Fault Stage1Walk::take_write() {
  if (nested_ != nullptr)
    if (const Fault fault = nested_->take_write(descriptor_, descriptor_page_, false)) return fault;
  context_.make_dirty_later({fetch_, 0, Stage1Descriptor::AP2::mask, own_update});
  return {};
}

MemoryAttributes Stage1Walk::attributes_of(Stage1Descriptor leaf) const {
  const unsigned index = leaf.get<Stage1Descriptor::AttrIndx>();
  MemoryAttributes attributes;
  attributes.type = static_cast<std::uint8_t>(stream_.stage_1.memory_attributes >> (8 * index));
  attributes.shareability = static_cast<Shareability>(leaf.get<Stage1Descriptor::SH>());
  return normalized(attributes);
}

}  // namespace iommusim::smmuv3
