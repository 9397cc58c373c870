// SPDX-License-Identifier: Apache-2.0
// The parts of a unit, put together, and what each register write sets in motion.
#pragma once

#include "iommu/vtd/event_interrupt.h"
#include "iommu/vtd/fault_recording.h"
#include "iommu/vtd/interrupt_remapping.h"
#include "iommu/vtd/invalidation_queue.h"
#include "iommu/vtd/page_request_queue.h"
#include "iommu/vtd/protected_memory.h"
#include "iommu/vtd/register_file.h"
#include "iommu/vtd/table_format.h"
#include "iommu/vtd/translate.h"
#include "iommu/vtd/translation_caches.h"
#include "iommu/vtd/unit.h"

#include <optional>

namespace iommusim::vtd {

struct Unit::State {
  State(UnitConfig unit_config, memory::PhysicalBus& physical_bus);

  /// decide(), and then its effects on tables, caches, fault log and counters.
  iommu::TranslationResult translate(const iommu::TranslationRequest& request, iommu::FetchLog& fetches);
  std::optional<iommu::CacheHits> last_hits() const;
  /// The effects of a request that found what another had found.
  void commit_repeated(const iommu::CacheHits& hits);
  void request_page(const iommu::PageRequest& request);
  /// decide_interrupt(), and then its effects.
  iommu::TranslationResult remap(const iommu::TranslationRequest& interrupt_request, iommu::FetchLog& fetches);
  InterruptInputs interrupt_inputs() const;
  /// Software wrote a register.
  void react(const RegisterFile::Written& written);

  UnitConfig config;
  memory::PhysicalBus& bus;
  TableFormat format;
  RegisterFile registers;
  MessageSink message_sink;
  EventInterrupt fault_event;
  EventInterrupt completion_event;
  EventInterrupt page_event;
  DeviceInvalidationSink device_invalidation_sink;
  PageResponseSink page_response_sink;
  FaultRecording faults;
  TranslationCaches caches;
  RemappingState remapping;
  InterruptRemappingState interrupt_remapping;
  InvalidationQueue queue;
  PageRequestQueue page_requests;
  ProtectedMemory protected_memory;
  UnitStatistics statistics;
  /// Of the last request; `effects` are its effects.
  iommu::Outcome last_outcome = iommu::Outcome::fault;
  /// What decide() looks at.
  const DecisionInputs inputs;
  /// Of the request in hand.
  DecisionEffects effects;

 private:
  std::optional<FaultReason> update_tables(iommu::FetchLog& fetches);
  void commit_lookups(const iommu::TranslationRequest& request, const iommu::TranslationResult& result);
  void commit_pasid();
  void commit_paging(const iommu::TranslationResult& result);
  FaultReason check_page_request(const iommu::PageRequest& request);
  bool post(const InterruptEffects& posted);
  void count_fault(bool recorded);
  void execute_context_command();
  void execute_iotlb_command();
  void fault_status_written();
  void completion_status_written();
  void protected_memory_written();
  void run_queue();
  bool queue_is_enabled() const;

  // GCMD, in global_command.cpp.
  void execute_global_command();
  void set_root_table_pointer();
  void set_queued_invalidation(bool enable);
  void set_interrupt_table_pointer();
  void set_interrupt_remapping(bool enable);
  void set_compatibility_format(bool enable);
  void set_translation(bool enable);
  void restart_fault_log();
  template <class F>
  void set_status(bool value);
  template <class F>
  bool status() const;
};

template <class F>
void Unit::State::set_status(bool value) {
  auto gsts = registers.load<GlobalStatus>(RegisterId::gsts);
  gsts.set<F>(value);
  registers.store(RegisterId::gsts, gsts);
}

template <class F>
bool Unit::State::status() const {
  return registers.load<GlobalStatus>(RegisterId::gsts).get<F>();
}

}  // namespace iommusim::vtd
