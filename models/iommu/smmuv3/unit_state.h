// SPDX-License-Identifier: Apache-2.0
// The parts of a unit, put together, and what each register write sets in motion.
#pragma once

#include "iommu/smmuv3/command_queues.h"
#include "iommu/smmuv3/control_state.h"
#include "iommu/smmuv3/event_queue.h"
#include "iommu/smmuv3/global_errors.h"
#include "iommu/smmuv3/interrupts.h"
#include "iommu/smmuv3/messages.h"
#include "iommu/smmuv3/page_request_queue.h"
#include "iommu/smmuv3/register_file.h"
#include "iommu/smmuv3/stalls.h"
#include "iommu/smmuv3/translate.h"
#include "iommu/smmuv3/translation_caches.h"
#include "iommu/smmuv3/unit.h"

namespace iommusim::smmuv3 {

struct Unit::State {
  State(UnitConfig unit_config, memory::PhysicalBus& physical_bus);

  /// decide(), and then its effects on tables, caches, queues and counters.
  iommu::TranslationResult translate(const iommu::TranslationRequest& request, iommu::FetchLog& fetches);
  void request_page(const iommu::PageRequest& request);
  /// Software's access to an aligned doubleword of the register pages.
  std::uint32_t read_register(std::uint64_t offset) const;
  void write_register(std::uint64_t offset, std::uint32_t data);
  /// Software wrote a register.
  void react(RegisterId written);

  UnitConfig config;
  memory::PhysicalBus& bus;
  RegisterFile registers;
  Messages messages;
  Interrupts interrupts;
  GlobalErrors errors;
  DeviceInvalidationSink device_invalidation_sink;
  PageResponseSink page_response_sink;
  TranslationCaches caches;
  Stalls stalls;
  EventQueue events;
  PageRequestQueue page_requests;
  CommandQueues commands;
  ControlState control;
  UnitStatistics statistics;
  /// What decide() looks at.
  const DecisionInputs inputs;
  /// Of the request in hand; and what became of the last one.
  DecisionEffects effects;
  iommu::Outcome last_outcome = iommu::Outcome::fault;

 private:
  void record(iommu::TranslationResult& result);
  bool answers_carry_pasid(std::uint32_t stream) const;
  void control_written();
  void interrupt_control_written();
  void errors_acknowledged();
  void run_commands();
};

}  // namespace iommusim::smmuv3
