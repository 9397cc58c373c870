// SPDX-License-Identifier: Apache-2.0
// What the translation tables say of an address, by one stage or both (SMMUv3 architecture, 3.3.2).
#include "iommu/smmuv3/decision.h"
#include "iommu/smmuv3/rules.h"

#include <algorithm>

namespace iommusim::smmuv3 {
namespace {

/// What is used becomes dirty when it is clean and a write is asked for.
bool takes_write(const AccessNeeds& needs) {
  return needs.takes_write || (needs.permissions & Permissions::write) != 0;
}

TranslationTag::Space owner_of(const StreamContext& context, const Stage1Result& found) {
  return found.is_global ? context.pages.as_global() : context.pages;
}

}  // namespace

Decision::Result Decision::walk(const StreamContext& context) {
  if (!context.translates_stage_1()) return walk_stage_2(context);
  return context.has_stage_2 ? walk_nested(context) : walk_stage_1(context);
}

Decision::Result Decision::walk_stage_2(const StreamContext& context) {
  Stage2Walk second{walk_, context};
  const Stage2Result found = second.find(request_.address.value(), needs_);
  if (found.fault) return refuse(found.fault, &context);
  CachedTranslation& entry = effects_.tlb_entry = {};
  entry.address = found.block;
  entry.permissions = found.permissions;
  entry.stage_2 = found.attributes;
  if (found.is_clean && takes_write(needs_)) {
    second.make_dirty(found);
    entry.permissions = entry.permissions.with_write();
  }
  if (is_split_stage_request(context)) return deliver_ipa(context, request_.address.value(), found.shift);
  return finish(context, {context.pages, request_.address.value(), found.shift}, rules::stage_2);
}

Decision::Result Decision::walk_stage_1(const StreamContext& context) {
  const std::uint64_t address = request_.address.value();
  Stage1Walk first{walk_, context, nullptr};
  const Stage1Result found = first.run(*half_, address, needs_);
  if (found.fault) return refuse(found.fault, &context);

  CachedTranslation& entry = effects_.tlb_entry = {};
  entry.address = PhysAddr{found.block};
  entry.permissions = found.permissions;
  entry.attributes = found.attributes;
  if (found.is_clean && takes_write(needs_)) {
    if (const Fault fault = first.take_write()) return refuse(fault, &context);
    entry.permissions = found.once_dirty;
  }
  return finish(context, {owner_of(context, found), address, found.shift}, rules::stage_1);
}

Decision::Result Decision::walk_nested(const StreamContext& context) {
  Stage2Walk second{walk_, context};
  Stage1Walk first{walk_, context, &second};
  const Stage1Result found = first.run(*half_, request_.address.value(), needs_);
  if (found.fault) return refuse(found.fault, &context);
  return add_stage_2(context, first, found, second);
}

/// Neither stage counts a page as written whose write permission the other withholds from a translation request
/// (3.13.7.1).
Decision::Result Decision::add_stage_2(const StreamContext& context, Stage1Walk& first, const Stage1Result& found,
                                       Stage2Walk& second) {
  const std::uint64_t address = request_.address.value();
  // What grants a translation request nothing is not translated further (3.9.1.2).
  const Permissions at_most = needs_.takes_write ? found.once_dirty : found.permissions;
  if (asks_for_translation() && !grants_anything(at_most)) return grant_nothing(rules::no_permission);
  const bool may_write = found.once_dirty.allow(Permissions::write, needs_.privileged);
  // Before stage 2 of the page: a write to the table may fault.
  const bool first_takes_write = found.is_clean && takes_write(needs_);
  if (first_takes_write && !needs_.takes_write)
    if (const Fault fault = first.take_write()) return refuse(fault, &context);

  AccessNeeds host_needs = needs_;
  host_needs.takes_write = needs_.takes_write && may_write;
  const std::uint64_t ipa = found.block + (address & ((std::uint64_t{1} << found.shift) - 1));
  const Stage2Result host = second.find(ipa, host_needs);
  if (host.fault) return refuse(host.fault, &context);

  CachedTranslation& entry = effects_.tlb_entry = {};
  Permissions stage_1 = found.permissions;
  Permissions stage_2 = host.permissions;
  if (takes_write(host_needs) && may_write && host.may_write(needs_.privileged)) {
    if (first_takes_write && needs_.takes_write)
      if (const Fault fault = first.take_write()) return refuse(fault, &context);
    if (host.is_clean) second.make_dirty(host);
    stage_1 = found.once_dirty;
    if (host.is_clean) stage_2 = stage_2.with_write();
  }
  const unsigned shift = std::min(found.shift, host.shift);
  entry.address = host.address_of(ipa).aligned_down(std::uint64_t{1} << shift);
  entry.permissions = stage_1 & stage_2;
  entry.attributes = combine(found.attributes, host.attributes);
  if (is_split_stage_request(context)) return deliver_ipa(context, ipa, shift);
  return finish(context, {owner_of(context, found), address, shift}, rules::nested);
}

/// The device is told the IPA: its own address where stage 1 is skipped (13.6.3, 13.6.5). effects_.tlb_entry is filled
/// in, but not for the TLB.
Decision::Result Decision::deliver_ipa(const StreamContext& context, std::uint64_t ipa, unsigned shift) {
  effects_.tlb_entry.address = PhysAddr{ipa}.aligned_down(std::uint64_t{1} << shift);
  walk_.make_dirty();
  return deliver(context, effects_.tlb_entry, shift, rules::split_stage);
}

/// effects_.tlb_entry is filled in.
Decision::Result Decision::finish(const StreamContext& context, const TranslationTag& tag, const Rule& rule) {
  walk_.make_dirty();
  effects_.tlb_tag = tag;
  effects_.fills_tlb = effects_.tlb_lookup == Lookup::miss;
  return deliver(context, effects_.tlb_entry, tag.shift(), rule);
}

}  // namespace iommusim::smmuv3
