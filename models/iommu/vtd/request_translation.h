// SPDX-License-Identifier: Apache-2.0
// The steps of a translation that are the same in legacy and in scalable mode.
#pragma once

#include "iommu/vtd/answers.h"
#include "iommu/vtd/interrupt_range.h"
#include "iommu/vtd/rules.h"
#include "iommu/vtd/table_reader.h"
#include "iommu/vtd/translate.h"

namespace iommusim::vtd {

/// One request and what is known about it.
struct RequestInputs {
  const DecisionInputs& unit;
  const iommu::TranslationRequest& request;
  iommu::FetchLog& fetches;
  DecisionEffects& effects;
};

/// The device asks where the page lies, to use the answer later.
inline bool asks_for_translation(const iommu::TranslationRequest& request) {
  return request.address_type == AddressType::translation_request;
}

/// A translation request wants whatever the tables permit; the others want what they do.
inline NeededRights needed_rights(const iommu::TranslationRequest& request, const TableFormat& format) {
  if (asks_for_translation(request)) return {};
  return needed_rights(request.operation, request.size, format.supports_zero_length_read());
}

/// What the context entry says to a PASID in a request (7.1.3, SCT.6, SCT.7 and SCT.9).
inline FaultReason check_pasid(const Context& context, Pasid pasid) {
  if (!context.pasid_requests) return FaultReason::pasid_requests_disabled;
  if (pasid.value() >= context.pasid_limit) return FaultReason::pasid_beyond_directory;
  return pasid == context.rid_pasid ? FaultReason::pasid_is_rid_pasid : FaultReason::none;
}

/// The answer to a translation request may grant writing, unless the device says that it will not (NW).
inline bool takes_write(const iommu::TranslationRequest& request, const TableFormat& format) {
  return asks_for_translation(request) && !(request.no_write && format.supports_no_write());
}

/// The output of a large page may lie in the interrupt range for some addresses only, so every use is checked.
inline PhysAddr output_of(const iommu::TranslationRequest& request, const IotlbEntry& entry, unsigned level) {
  return entry.page + request.address.offset_in(page_size(level));
}

/// What the device uses without asking again must not reach the interrupt range, neither as the address of the request,
/// where the range means interrupts, nor as its output: it is told of the largest block that keeps out of it.
inline std::uint64_t reported_size(const iommu::TranslationRequest& request, PhysAddr output, unsigned level) {
  std::uint64_t size = page_size(level);
  if (!asks_for_translation(request)) return size;
  const auto touches = [&size](std::uint64_t address) { return block_touches_interrupt_range(address, size); };
  while (size > page_4k && (touches(output.value()) || (!request.pasid && touches(request.address.value()))))
    size /= 2;
  return size;
}

inline iommu::TranslationResult translated(const iommu::TranslationRequest& request, const IotlbEntry& entry,
                                           unsigned level, const Rule& rule, const TableFormat& format) {
  iommu::TranslationResult result;
  result.outcome = iommu::Outcome::translated;
  result.address = output_of(request, entry, level);
  result.page_size = reported_size(request, result.address, level);
  result.readable = entry.rights.read;
  result.writable = entry.rights.write && (!asks_for_translation(request) || takes_write(request, format));
  result.snooped = entry.snooped;
  result.rule = &rule;
  return result;
}

/// False for the answer to a translation request that is left without rights: its address counts for nothing.
inline bool leads_somewhere(const iommu::TranslationRequest& request, const iommu::TranslationResult& result) {
  return !asks_for_translation(request) || result.readable || result.writable;
}

/// Looks the context up in memory, by `look_up` of the mode.
template <class LookUp>
const Context& fetch_context(const RequestInputs& inputs, TableReader& tables, LookUp look_up) {
  const DecisionInputs& unit = inputs.unit;
  DecisionEffects& effects = inputs.effects;
  effects.context_lookup = Lookup::miss;
  look_up({unit.format, unit.remapping.root_table, inputs.request.requester}, tables, effects.context);
  const FaultReason fault = effects.context.fault;
  effects.fills_context =
      fault == FaultReason::none || (unit.format.caches_faults() && is_cacheable_with_caching_mode(fault));
  return effects.context;
}

/// The context of the requester in the cache, or null. What was cached before SRTP changed the table mode means nothing
/// in the other mode.
inline const Context* find_cached_context(const RequestInputs& inputs) {
  const ContextCache& contexts = inputs.unit.caches.contexts;
  DecisionEffects& effects = inputs.effects;
  effects.context_slot = contexts.find(ContextTag{inputs.request.requester});
  if (effects.context_slot == ContextCache::none) return nullptr;
  const bool scalable = inputs.unit.remapping.table_mode == TableMode::scalable;
  if (contexts.value(effects.context_slot).scalable != scalable) return nullptr;
  effects.context_lookup = Lookup::hit;
  return &contexts.value(effects.context_slot);
}

/// From the cache, else from memory.
template <class LookUp>
const Context& find_context(const RequestInputs& inputs, TableReader& tables, LookUp look_up) {
  const Context* const cached = find_cached_context(inputs);
  return cached != nullptr ? *cached : fetch_context(inputs, tables, look_up);
}

/// What is known of a PASID of the requester, from the cache, else from memory. Precondition: within the directory.
inline const PasidContext& find_pasid(const RequestInputs& inputs, TableReader& tables, const Context& context,
                                      Pasid number) {
  const DecisionInputs& unit = inputs.unit;
  DecisionEffects& effects = inputs.effects;
  effects.pasid_tag = PasidTag{inputs.request.requester, number};
  effects.pasid_slot = unit.caches.pasids.find(effects.pasid_tag);
  if (effects.pasid_slot != PasidCache::none) {
    effects.pasid_lookup = Lookup::hit;
    return unit.caches.pasids.value(effects.pasid_slot);
  }
  effects.pasid_lookup = Lookup::miss;
  look_up_pasid({unit.format, context.table, number}, tables, effects.pasid);
  const FaultReason fault = effects.pasid.fault;
  effects.fills_pasid =
      fault == FaultReason::none || (unit.format.caches_faults() && is_cacheable_with_caching_mode(fault));
  return effects.pasid;
}

/// Goes on to the same address. `too_wide` is the fault of an address that the host does not have,
/// `in_interrupt_range` that of one that the device must not reach by DMA.
inline iommu::TranslationResult pass_to_host(const RequestInputs& inputs, FaultReason too_wide,
                                             FaultReason in_interrupt_range, bool fpd, const Rule& rule) {
  const std::uint64_t address = inputs.request.address.value();
  if (touches_interrupt_range(address, inputs.request.size)) return refuse(inputs.request, in_interrupt_range, fpd);
  if ((address & ~inputs.unit.format.host_bits()) != 0) return refuse(inputs.request, too_wide, fpd);
  if (inputs.unit.protected_memory.blocks(PhysAddr{address}, inputs.request.size))
    return refuse_silently(inputs.request, rules::protected_memory);
  iommu::TranslationResult result = pass_unchanged(inputs.request, rule);
  result.writable = !asks_for_translation(inputs.request) || takes_write(inputs.request, inputs.unit.format);
  return result;
}

/// Does not ask for a translation, as there is none, but whether to write untranslated.
inline bool is_interrupt_range_query(const iommu::TranslationRequest& request) {
  return asks_for_translation(request) && !request.pasid.has_value() &&
         touches_interrupt_range(request.address.value(), request.size);
}

}  // namespace iommusim::vtd
