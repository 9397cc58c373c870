// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/unit_state.h"

#include "iommu/smmuv3/commit.h"
#include "iommu/smmuv3/control_registers.h"
#include "iommu/smmuv3/stream_table_lookup.h"
#include "iommu/table_reader.h"

#include <utility>

namespace iommusim::smmuv3 {
namespace {

/// Without the stall model no transaction waits.
unsigned stalls_of(const UnitConfig& config) {
  return config.stall_model == StallModel::terminate_only ? 0 : config.max_stalls;
}

}  // namespace

Unit::State::State(UnitConfig unit_config, memory::PhysicalBus& physical_bus)
    : config{std::move(unit_config)},
      bus{physical_bus},
      registers{config},
      messages{bus, config.output_address_bits},
      interrupts{registers, messages, config.msi},
      errors{registers, interrupts},
      caches{config},
      stalls{stalls_of(config)},
      events{config, registers, errors, interrupts, bus},
      page_requests{config, registers, errors, interrupts, bus},
      commands{config,
               {registers, errors, interrupts, caches, stalls, bus, device_invalidation_sink, page_response_sink}},
      control{control_state_of(registers, config)},
      inputs{config, control, caches, bus} {}

iommu::TranslationResult Unit::State::translate(const iommu::TranslationRequest& request, iommu::FetchLog& fetches) {
  iommu::TranslationResult result = smmuv3::decide(inputs, request, fetches, effects);
  commit(caches, bus, request, fetches, effects, result);
  ++statistics.requests;
  statistics.fetches += fetches.size();
  last_outcome = result.outcome;
  if (result.outcome != iommu::Outcome::translated || result.fault_recorded) record(result);
  return result;
}

/// The tag is taken before the record tells of it: software may answer at once.
void Unit::State::record(iommu::TranslationResult& result) {
  ++statistics.faults;
  const bool stalls_now = result.outcome == iommu::Outcome::stalled;
  if (stalls_now) {
    ++statistics.stalls;
    const std::uint32_t tag = stalls.begin(effects.event.stream);
    result.message_data = tag;
    if (tag == Stalls::no_tag) return;
    effects.event.stall_tag = static_cast<std::uint16_t>(tag);
  }
  if (!result.fault_recorded) return;
  const bool recorded = events.record(effects.event);
  if (recorded) ++statistics.faults_recorded;
  if (stalls_now && !recorded) stalls.set_unrecorded(result.message_data);
}

void Unit::State::request_page(const iommu::PageRequest& request) {
  const auto stream = stream_of(config, request.requester);
  if (!stream) return;
  const PageRequestQueue::Outcome outcome = page_requests.put(request, *stream);
  if (outcome.queued) ++statistics.page_requests;
  if (!outcome.answer || !page_response_sink) return;
  const auto pasid = request.pasid && answers_carry_pasid(*stream) ? request.pasid : std::nullopt;
  page_response_sink({request.requester, pasid, request.group, *outcome.answer});
}

/// IDR3.PPS, or else STE.PPAR where the table has an entry to ask (8.1).
bool Unit::State::answers_carry_pasid(std::uint32_t stream) const {
  if (config.page_response_pasid) return true;
  if (!control.enabled) return false;
  iommu::FetchLog fetches;
  iommu::TableReader tables{bus, fetches};
  StreamTableEntry entry;
  return !look_up_stream(config, control.streams, stream, tables, entry) && entry.get<StreamTableEntry::PPAR>();
}

std::uint32_t Unit::State::read_register(std::uint64_t offset) const {
  return commands.contains(offset) ? commands.read(offset) : registers.read(offset);
}

void Unit::State::write_register(std::uint64_t offset, std::uint32_t data) {
  if (commands.contains(offset)) {
    ++caches.epoch;
    statistics.commands += commands.write(offset, data);
  } else if (const auto written = registers.write(offset, data)) {
    react(*written);
  }
}

void Unit::State::react(RegisterId written) {
  ++caches.epoch;
  switch (written) {
    case RegisterId::cr0: return control_written();
    case RegisterId::irq_ctrl: return interrupt_control_written();
    case RegisterId::gerrorn: return errors_acknowledged();
    case RegisterId::cmdq_prod: return run_commands();
    case RegisterId::eventq_cons:
      if (stalls.any_unrecorded() && events.is_writable()) stalls.retry_unrecorded();
      return;
    case RegisterId::cr2:
    case RegisterId::gbpa:
    case RegisterId::strtab_base:
    case RegisterId::strtab_base_cfg: control = control_state_of(registers, config); return caches.tell_invalidated();
    default: return;
  }
}

/// CR0ACK follows at once: no transaction is under way when registers are written, except stalled ones, which end with
/// SMMUEN (6.3.9.1).
void Unit::State::control_written() {
  const auto before = registers.load<Control0>(RegisterId::cr0ack);
  const auto now = registers.load<Control0>(RegisterId::cr0);
  registers.store(RegisterId::cr0ack, now);
  control = control_state_of(registers, config);
  caches.tell_invalidated();
  if (before.get<Control0::SMMUEN>() && !now.get<Control0::SMMUEN>()) stalls.terminate_all();
  if (!before.get<Control0::EVENTQEN>() && now.get<Control0::EVENTQEN>()) events.restart();
  if (stalls.any_unrecorded() && events.is_writable()) stalls.retry_unrecorded();
  run_commands();
}

void Unit::State::interrupt_control_written() {
  registers.store(RegisterId::irq_ctrlack, registers.load<InterruptControl>(RegisterId::irq_ctrl));
}

/// The command queue goes on where it stopped, and the event queue may be writable again.
void Unit::State::errors_acknowledged() {
  if (stalls.any_unrecorded() && events.is_writable()) stalls.retry_unrecorded();
  run_commands();
}

void Unit::State::run_commands() {
  statistics.commands += commands.run_main();
}

}  // namespace iommusim::smmuv3
