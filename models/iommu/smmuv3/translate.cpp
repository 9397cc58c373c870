// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/translate.h"

#include "iommu/smmuv3/decision.h"
#include "iommu/smmuv3/rules.h"
#include "iommu/smmuv3/stream_table_lookup.h"

namespace iommusim::smmuv3 {
namespace {

constexpr unsigned use_incoming_below = 2;

AttributeOverrides overrides_of(const UnitConfig& config, const GlobalBypass& bypass) {
  AttributeOverrides overrides;
  if (config.attribute_type_overrides)
    overrides = {bypass.overrides_type, bypass.memory_attributes, bypass.allocation, bypass.shareability, 0, 0};
  if (config.attribute_permission_overrides) {
    overrides.privilege = bypass.privilege;
    overrides.instruction = bypass.instruction;
  }
  return overrides;
}

std::uint8_t permissions_of(Operation operation) {
  switch (operation) {
    case Operation::read: return Permissions::read;
    case Operation::write: return Permissions::write;
    case Operation::atomic: return Permissions::read | Permissions::write;
  }
  return Permissions::all;
}

}  // namespace

std::optional<std::uint32_t> stream_of(const UnitConfig& config, RequesterId requester) {
  if (config.streams.empty()) return requester.raw();
  for (const StreamMapping& mapping : config.streams) {
    const std::uint32_t offset = std::uint32_t{requester.raw()} - mapping.first.raw();
    if (offset < mapping.count) return mapping.stream + offset;
  }
  return std::nullopt;
}

// One function of all the steps: the calls between them would take a third of a TLB hit.
[[gnu::flatten]] iommu::TranslationResult decide(const DecisionInputs& unit, const iommu::TranslationRequest& request,
                                                 iommu::FetchLog& fetches, DecisionEffects& effects) {
  fetches.clear();
  effects.clear();
  return Decision{unit, request, fetches, effects}.run();
}

Decision::Result Decision::run() {
  const auto stream = stream_of(unit_.config, request_.requester);
  if (!stream) return refuse_silently(rules::no_stream_id);
  stream_ = *stream;
  if (!is_translated()) substream_ = request_.pasid;
  return unit_.control.enabled ? decide_enabled() : decide_disabled();
}

/// Execution and privilege come with a PASID, and writes are data whatever they say (13.1.2, 13.7).
void Decision::take_overrides(const AttributeOverrides& overrides) {
  const bool has_pasid = substream_.has_value();
  const bool can_be_instruction = request_.operation == Operation::read || asks_for_translation();
  instruction_override_ = overrides.instruction;
  const bool privileged =
      overrides.privilege < use_incoming_below ? has_pasid && request_.privileged : overrides.privilege == 3;
  const bool is_execution =
      overrides.instruction < use_incoming_below ? has_pasid && request_.execute : overrides.instruction == 3;
  const bool instruction = is_execution && can_be_instruction;
  needs_.privileged = effects_.privileged = privileged;
  needs_.instruction = effects_.instruction = instruction;
  if (asks_for_translation()) {
    needs_.permissions = 0;
    needs_.takes_write = !request_.no_write;
  } else {
    needs_.permissions = instruction ? Permissions::execute : permissions_of(request_.operation);
  }
}

/// SMMUEN is 0 (3.11, 6.3.14).
Decision::Result Decision::decide_disabled() {
  take_overrides({});
  if (asks_for_translation()) return refuse({EventCode::f_bad_ats_treq}, nullptr);
  if (is_translated()) return refuse({EventCode::f_transl_forbidden}, nullptr);
  if (unit_.control.bypass.abort) return refuse_silently(rules::global_abort);
  if (is_beyond_output(request_.address.value())) return refuse_silently(rules::beyond_output_size);
  const AttributeOverrides overrides = overrides_of(unit_.config, unit_.control.bypass);
  take_overrides(overrides);
  effects_.attributes = override(overrides, {});
  return pass(rules::disabled);
}

Decision::Result Decision::decide_enabled() {
  // Without ATSCHK nothing is looked up (3.9.1.3).
  if (is_translated() && !unit_.control.ats_check) {
    take_overrides({});
    effects_.attributes = {};
    return is_beyond_output(request_.address.value()) ? refuse_silently(rules::beyond_output_size)
                                                      : pass(rules::translated_transaction);
  }
  effects_.config_tag = ConfigTag{stream_, substream_};
  effects_.config_slot = unit_.caches.configs.find(effects_.config_tag);
  if (effects_.config_slot == ConfigCache::none) return decide_uncached();
  effects_.config_lookup = Lookup::hit;
  return decide(unit_.caches.configs.value(effects_.config_slot), {});
}

/// With what the stream table entry says; `fault` is of the context descriptor.
Decision::Result Decision::decide(const StreamContext& context, const Fault& fault) {
  if (context.aborts) return refuse_silently(rules::stream_aborts);
  take_overrides(context.overrides);
  return decide_in(context, fault);
}

/// One object to return, and no other way out: GCC would copy it, just after it was written byte by byte.
Decision::Result Decision::decide_in(const StreamContext& context, const Fault& fault) {
  Result result = answer(context, fault);
  note_updates(result, context);
  return result;
}

Decision::Result Decision::answer(const StreamContext& context, const Fault& fault) {
  if (uses_ats())
    if (const Fault forbidden = check_ats(context)) return refuse(forbidden, &context);
  if (fault) return refuse(fault, &context);
  return is_translated() ? decide_translated(context) : translate(context);
}

/// Flags that are updated on the way to a fault stay so (3.13.2), those for the context descriptor too.
void Decision::note_updates(const Result& result, const StreamContext& context) {
  effects_.updates_tables = walk_.tables.has_updates();
  if (!effects_.updates_tables) return;
  if (!result.fault_recorded) describe({EventCode::f_walk_eabt}, &context);
  effects_.records_update_failure = is_recorded({EventCode::f_walk_eabt}, {});
}

Decision::Result Decision::decide_uncached() {
  effects_.config_lookup = Lookup::miss;
  StreamTableEntry entry;
  if (const Fault fault = look_up_stream(unit_.config, unit_.control.streams, stream_, walk_.tables, entry)) {
    take_overrides({});
    return refuse(fault, nullptr);
  }
  StreamContext& context = effects_.context;
  take_entry(unit_.config, unit_.control.e2h, entry, context);
  // A translated transaction needs no context descriptor, and leaves an incomplete entry. Nor does what may not use
  // ATS.
  const bool may_use_ats = !uses_ats() || !check_ats(context);
  const bool needs_context = !context.aborts && !is_translated() && may_use_ats;
  const Fault fault = needs_context ? look_up(entry, context) : Fault{};
  effects_.fills_config = needs_context ? !fault : context.aborts;
  return decide(context, fault);
}

/// SubstreamID, then the context descriptor.
Fault Decision::look_up(const StreamTableEntry& entry, StreamContext& context) {
  const ContextChoice choice = choose_context(unit_.config, entry, substream_);
  if (choice.fault != EventCode::none) return {choice.fault};
  context.bypasses_stage_1 = choice.bypasses_stage_1;
  if (!context.translates_stage_1()) return {};
  if (!context.has_stage_2) return look_up_context(entry, choice.index, walk_, nullptr, context);
  Stage2Walk nested{walk_, context};
  return look_up_context(entry, choice.index, walk_, &nested, context);
}

Decision::Result Decision::translate(const StreamContext& context) {
  if (!context.translates_stage_1()) {
    const bool is_too_wide = is_beyond_output(request_.address.value());
    // A fault of stage 1, whatever its response: there is no context descriptor (3.4).
    if (is_too_wide) return refuse({EventCode::f_addr_size}, &context);
    if (!context.has_stage_2) return pass_stream(context);
  }
  return look_up_translation(context);
}

Decision::Result Decision::pass_stream(const StreamContext& context) {
  effects_.attributes = override(context.overrides, {});
  return pass(context.bypasses_stage_1 ? rules::stage_1_bypass : rules::stream_bypass);
}

/// The range check comes before the TLB, which does not see the bits above.
Decision::Result Decision::look_up_translation(const StreamContext& context) {
  const std::uint64_t address = request_.address.value();
  if (context.translates_stage_1()) {
    half_ = find_half(context, address, needs_.privileged);
    if (half_ == nullptr) return refuse({EventCode::f_translation}, &context);
  } else if (exceeds(address, context.stage_2.geometry.input_bits)) {
    return refuse({EventCode::f_translation, true, FaultClass::input, true, {}, address}, &context);
  }
  // IPAs for the device are not what the TLB holds.
  if (is_split_stage_request(context)) return walk(context);

  const Tlb& tlb = unit_.caches.tlb;
  effects_.tlb_slot = tlb.find_block(context.pages, address);
  if (effects_.tlb_slot != Tlb::none && serves(tlb.value(effects_.tlb_slot))) {
    effects_.tlb_lookup = Lookup::hit;
    effects_.in_micro_tlb = tlb.is_in_micro(effects_.tlb_slot);
    return deliver(context, tlb.value(effects_.tlb_slot), tlb.tag(effects_.tlb_slot).shift(), rules::tlb_hit);
  }
  effects_.tlb_lookup = Lookup::miss;
  return walk(context);
}

/// An entry that lacks a permission is walked again: it may be older than a table that grants more, the page may be
/// clean, and the record tells the stages apart.
bool Decision::serves(const CachedTranslation& entry) const {
  if (!entry.permissions.allow(needs_.permissions, needs_.privileged)) return false;
  return !needs_.takes_write || entry.permissions.allow(Permissions::write, needs_.privileged);
}

/// To the same address, with every right.
Decision::Result Decision::pass(const Rule& rule) {
  Result result;
  result.outcome = iommu::Outcome::translated;
  result.address = PhysAddr{request_.address.value()};
  result.readable = true;
  result.writable = true;
  result.rule = &rule;
  result.context_cached = effects_.config_lookup == Lookup::hit;
  return result;
}

Decision::Result Decision::deliver(const StreamContext& context, const CachedTranslation& entry, unsigned shift,
                                   const Rule& rule) {
  effects_.attributes =
      context.translates_stage_1() ? entry.attributes : combine(override(context.overrides, {}), entry.stage_2);
  Result result;
  result.outcome = iommu::Outcome::translated;
  result.page_size = std::uint64_t{1} << shift;
  result.address = entry.address + request_.address.offset_in(result.page_size);
  result.rule = &rule;
  result.context_cached = effects_.config_lookup == Lookup::hit;
  result.translation_cached = effects_.tlb_lookup == Lookup::hit;
  if (asks_for_translation()) {
    // One object to return: a second one would be copied on every translation.
    grant(entry.permissions, result);
    return result;
  }
  const std::uint8_t needed = needs_.instruction ? Permissions::execute : Permissions::read;
  result.readable = entry.permissions.allow(needed, needs_.privileged);
  result.writable = entry.permissions.allow(Permissions::write, needs_.privileged);
  return result;
}

}  // namespace iommusim::smmuv3
