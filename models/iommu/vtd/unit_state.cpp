// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/unit_state.h"

#include "base/endian.h"
#include "iommu/vtd/answers.h"
#include "iommu/vtd/register_invalidation.h"

#include <array>
#include <utility>

namespace iommusim::vtd {

Unit::State::State(UnitConfig unit_config, memory::PhysicalBus& physical_bus)
    : config{std::move(unit_config)},
      bus{physical_bus},
      format{config},
      registers{config},
      fault_event{registers, fault_event_registers, message_sink},
      completion_event{registers, completion_event_registers, message_sink},
      page_event{registers, page_event_registers, message_sink},
      faults{registers, fault_event, config},
      caches{config},
      queue{
          config,
          {registers, caches, faults, completion_event, bus, remapping, device_invalidation_sink, page_response_sink}},
      page_requests{registers, page_event, bus, page_response_sink},
      protected_memory{config, registers},
      inputs{format, remapping, protected_memory, caches, bus} {}

iommu::TranslationResult Unit::State::translate(const iommu::TranslationRequest& request, iommu::FetchLog& fetches) {
  iommu::TranslationResult result = vtd::decide(inputs, request, fetches, effects);
  if (result.outcome == iommu::Outcome::interrupt) {
    // One object to return: a second one would be copied on every translation.
    result = remap(request, fetches);
    return result;
  }
  if (effects.updates_tables)
    if (const auto reason = update_tables(fetches)) {
      result = refuse(request, *reason, effects.fpd);
      effects.fills_iotlb = false;
      if (result.outcome != iommu::Outcome::fault && result.fault_recorded)
        count_fault(faults.record(request, *reason));
    }
  ++statistics.requests;
  statistics.fetches += fetches.size();
  commit_lookups(request, result);
  last_outcome = result.outcome;
  if (result.outcome == iommu::Outcome::fault)
    count_fault(result.fault_recorded && faults.record(request, static_cast<FaultReason>(result.fault_reason)));
  return result;
}

void Unit::State::count_fault(bool recorded) {
  ++statistics.faults;
  if (recorded) ++statistics.faults_recorded;
}

/// Accessed and dirty bits, each by one atomic update of its entry, in the order of the walk; what was fetched after
/// one that fails was not.
std::optional<FaultReason> Unit::State::update_tables(iommu::FetchLog& fetches) {
  for (std::size_t i = 0; i < fetches.size(); ++i) {
    const iommu::Fetch& fetch = fetches[i];
    if (fetch.sets == 0) continue;
    std::array<std::uint8_t, sizeof(std::uint64_t)> bytes{};
    bool done = bus.read(fetch.address, bytes.data(), bytes.size());
    store_le(bytes.data(), load_le<std::uint64_t>(bytes.data()) | fetch.sets);
    done = done && bus.write(fetch.address, bytes.data(), bytes.size());
    if (done) continue;
    const bool in_first_stage = is_first_stage_entry(fetch.what);
    fetches.truncate(i + 1);
    return in_first_stage ? FaultReason::first_stage_update_access_error
                          : FaultReason::second_stage_update_access_error;
  }
  return std::nullopt;
}

void Unit::State::commit_lookups(const iommu::TranslationRequest& request, const iommu::TranslationResult& result) {
  if (effects.context_lookup == Lookup::hit) {
    ++statistics.context_hits;
    caches.contexts.touch(effects.context_slot);
  } else if (effects.context_lookup == Lookup::miss) {
    ++statistics.context_misses;
    if (effects.fills_context && caches.contexts.insert(ContextTag{request.requester}, effects.context)) ++caches.epoch;
  }

  if (effects.pasid_lookup != Lookup::not_made) commit_pasid();

  if (effects.iotlb_lookup == Lookup::hit) {
    ++statistics.iotlb_hits;
    caches.iotlb.touch(effects.iotlb_slot);
  } else if (effects.iotlb_lookup == Lookup::miss) {
    ++statistics.iotlb_misses;
    if (caches.first_stage.is_present() || caches.second_stage.is_present()) commit_paging(result);
    const bool had_entry = effects.iotlb_slot != Iotlb::none;
    if (effects.fills_iotlb && (caches.iotlb.insert(effects.iotlb_tag, effects.iotlb_entry) || had_entry))
      ++caches.epoch;
  }
}

void Unit::State::commit_pasid() {
  if (effects.pasid_lookup == Lookup::hit) {
    ++statistics.pasid_hits;
    return caches.pasids.touch(effects.pasid_slot);
  }
  ++statistics.pasid_misses;
  if (effects.fills_pasid && caches.pasids.insert(effects.pasid_tag, effects.pasid)) ++caches.epoch;
}

std::optional<iommu::CacheHits> Unit::State::last_hits() const {
  const auto misses = [](Lookup lookup) { return lookup == Lookup::miss; };
  const auto line = [](Lookup lookup, std::uint32_t slot) {
    return lookup == Lookup::hit ? slot : iommu::CacheHits::none;
  };
  if (misses(effects.context_lookup) || misses(effects.pasid_lookup) || misses(effects.iotlb_lookup)) return {};
  if (last_outcome != iommu::Outcome::translated) return {};
  return iommu::CacheHits{caches.epoch, line(effects.context_lookup, effects.context_slot),
                          line(effects.pasid_lookup, effects.pasid_slot),
                          line(effects.iotlb_lookup, effects.iotlb_slot)};
}

void Unit::State::commit_repeated(const iommu::CacheHits& hits) {
  const auto touch = [](auto& cache, std::uint32_t slot, std::uint64_t& count) {
    if (slot == iommu::CacheHits::none) return;
    ++count;
    cache.touch(slot);
  };
  ++statistics.requests;
  touch(caches.contexts, hits.context, statistics.context_hits);
  touch(caches.pasids, hits.pasid, statistics.pasid_hits);
  touch(caches.iotlb, hits.translation, statistics.iotlb_hits);
}

/// A request that was refused leaves nothing of its walk in the caches.
void Unit::State::commit_paging(const iommu::TranslationResult& result) {
  const auto cache_of = [this](Stage stage) -> PagingStructureCache& {
    return stage == Stage::first ? caches.first_stage : caches.second_stage;
  };
  effects.paging.for_each_hit([&](const PagingCacheEffects::Hit& hit) { cache_of(hit.stage).touch(hit.slot); });
  if (result.outcome == iommu::Outcome::fault || !effects.fills_iotlb) return;
  effects.paging.for_each_fill(
      [&](const PagingCacheEffects::Fill& fill) { cache_of(fill.stage).insert(fill.tag, fill.entry); });
}

void Unit::State::react(const RegisterFile::Written& written) {
  ++caches.epoch;
  switch (written.id) {
    case RegisterId::gcmd: return execute_global_command();
    case RegisterId::ccmd: return written.upper_half ? execute_context_command() : void();
    case RegisterId::iotlb: return written.upper_half ? execute_iotlb_command() : void();
    case RegisterId::fsts: return fault_status_written();
    case RegisterId::fectl: return fault_event.control_written();
    case RegisterId::frcd_high: return faults.record_written();
    case RegisterId::pmen:
    case RegisterId::plmbase:
    case RegisterId::plmlimit:
    case RegisterId::phmbase:
    case RegisterId::phmlimit: return protected_memory_written();
    case RegisterId::iqt: return run_queue();
    case RegisterId::ics: return completion_status_written();
    case RegisterId::iectl: return completion_event.control_written();
    case RegisterId::prs: return page_requests.status_written();
    case RegisterId::pectl: return page_event.control_written();
    default: return;
  }
}

/// With the queue enabled the register interface is not served: ICC stays 1 (6.5.1 allows one interface at a
/// time).
void Unit::State::execute_context_command() {
  const auto command = registers.load<ContextCommand>(RegisterId::ccmd);
  if (!command.get<ContextCommand::ICC>() || queue_is_enabled()) return;
  registers.store(RegisterId::ccmd, execute(command, remapping.table_mode, config, caches));
}

void Unit::State::execute_iotlb_command() {
  const auto command = registers.load<IotlbInvalidate>(RegisterId::iotlb);
  if (!command.get<IotlbInvalidate::IVT>() || queue_is_enabled()) return;
  const auto address = registers.load<InvalidateAddress>(RegisterId::iva);
  registers.store(RegisterId::iotlb, execute(command, address, remapping.table_mode, config, caches));
}

/// A queue that stopped goes on by itself once software has cleared IQE or ITE.
void Unit::State::fault_status_written() {
  faults.status_written();
  run_queue();
}

void Unit::State::completion_status_written() {
  const auto ics = registers.load<InvalidationCompletionStatus>(RegisterId::ics);
  if (!ics.get<InvalidationCompletionStatus::IWC>()) completion_event.conditions_cleared();
}

void Unit::State::protected_memory_written() {
  auto pmen = registers.load<ProtectedMemoryEnable>(RegisterId::pmen);
  pmen.set<ProtectedMemoryEnable::PRS>(pmen.get<ProtectedMemoryEnable::EPM>());
  registers.store(RegisterId::pmen, pmen);
  protected_memory = ProtectedMemory{config, registers};
  caches.tell_invalidated();
}

void Unit::State::run_queue() {
  statistics.invalidation_descriptors += queue.process();
  statistics.device_invalidations = queue.sent_to_devices();
}

bool Unit::State::queue_is_enabled() const {
  return status<GlobalStatus::QIES>();
}

}  // namespace iommusim::vtd
