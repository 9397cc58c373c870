// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/unit_state.h"

#include "iommu/vtd/register_invalidation.h"

#include <utility>

namespace iommusim::vtd {

Unit::State::State(UnitConfig unit_config, memory::PhysicalBus& physical_bus)
    : config{std::move(unit_config)},
      bus{physical_bus},
      format{config},
      registers{config},
      fault_event{registers, fault_event_registers, message_sink},
      completion_event{registers, completion_event_registers, message_sink},
      faults{registers, fault_event, config.fault_compression},
      caches{config},
      queue{config, {registers, caches, faults, completion_event, bus}},
      protected_memory{config, registers},
      inputs{format, remapping, protected_memory, caches.contexts, caches.iotlb, bus} {}

void Unit::State::commit(const iommu::TranslationRequest& request, const iommu::TranslationResult& result,
                         const CacheEffects& effects, const iommu::FetchLog& fetches) {
  ++statistics.requests;
  statistics.fetches += fetches.size();
  commit_lookups(request.requester, effects);
  if (result.outcome != iommu::Outcome::fault) return;
  count_fault(result, fault_record_of(request, static_cast<FaultReason>(result.fault_reason)));
}

void Unit::State::count_fault(const iommu::TranslationResult& result, const FaultRecord& record) {
  ++statistics.faults;
  if (result.fault_recorded && faults.record(record)) ++statistics.faults_recorded;
}

void Unit::State::commit_lookups(RequesterId requester, const CacheEffects& effects) {
  if (effects.context_lookup == Lookup::hit) {
    ++statistics.context_hits;
    caches.contexts.touch(effects.context_slot);
  } else if (effects.context_lookup == Lookup::miss) {
    ++statistics.context_misses;
    if (effects.fills_context) caches.contexts.insert(ContextTag{requester}, effects.context);
  }

  if (effects.iotlb_lookup == Lookup::hit) {
    ++statistics.iotlb_hits;
    caches.iotlb.touch(effects.iotlb_slot);
  } else if (effects.iotlb_lookup == Lookup::miss) {
    ++statistics.iotlb_misses;
    if (effects.fills_iotlb) caches.iotlb.insert(effects.iotlb_tag, effects.iotlb_entry);
  }
}

void Unit::State::react(const RegisterFile::Written& written) {
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
    default: return;
  }
}

/// With the queue enabled the register interface is not served: ICC stays 1 (6.5.1 allows one interface at a
/// time).
void Unit::State::execute_context_command() {
  const auto command = registers.load<ContextCommand>(RegisterId::ccmd);
  if (!command.get<ContextCommand::ICC>() || queue_is_enabled()) return;
  registers.store(RegisterId::ccmd, execute(command, caches));
}

void Unit::State::execute_iotlb_command() {
  const auto command = registers.load<IotlbInvalidate>(RegisterId::iotlb);
  if (!command.get<IotlbInvalidate::IVT>() || queue_is_enabled()) return;
  const auto address = registers.load<InvalidateAddress>(RegisterId::iva);
  registers.store(RegisterId::iotlb, execute(command, address, config, caches));
}

/// A queue that stopped goes on by itself once software has cleared IQE.
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
}

bool Unit::State::queue_is_enabled() const {
  return status<GlobalStatus::QIES>();
}

}  // namespace iommusim::vtd
