// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/command_queue.h"

#include "base/endian.h"
#include "iommu/smmuv3/command_check.h"
#include "iommu/smmuv3/command_decoding.h"
#include "iommu/smmuv3/control_registers.h"

#include <array>

namespace iommusim::smmuv3 {

std::uint64_t CommandQueue::process(std::uint64_t round) {
  if (round != round_) left_ = 2 * std::uint64_t{geometry().entries()};
  round_ = round;
  std::uint64_t consumed = 0;
  for (; left_ > 0 && is_runnable(); --left_) {
    if (!process_next()) break;
    ++consumed;
  }
  return consumed;
}

bool CommandQueue::is_runnable() const {
  return registers_.may_consume() && !geometry().is_empty(producer(), consumer());
}

/// False: the queue stopped at this command, or waits for a device.
bool CommandQueue::process_next() {
  Command command;
  if (!fetch(command)) return stop(CommandError::abt);
  if (!is_legal(command, config_)) return stop(CommandError::ill);
  return execute(command);
}

bool CommandQueue::fetch(Command& command) const {
  std::array<std::uint8_t, Command::bytes> bytes{};
  if (!unit_.bus.read(geometry().address(consumer()), bytes.data(), bytes.size())) return false;
  for (std::size_t i = 0; i < Command::words; ++i)
    command.set_word(i, load_le<std::uint64_t>(&bytes[i * sizeof(std::uint64_t)]));
  return true;
}

/// A command is consumed before it takes effect: what it tells software may come back as a register write.
bool CommandQueue::execute(const Command& command) {
  const Opcode opcode = command.get<Command::OPCODE>();
  if (opcode == Opcode::sync) return synchronize(as<SyncCommand>(command));
  if (opcode == Opcode::atc_inv) return invalidate_device(as<DeviceTlbCommand>(command));
  consume();
  switch (opcode) {
    // A prefetch need not fetch anything (4.2).
    case Opcode::prefetch_config:
    case Opcode::prefetch_addr: break;
    case Opcode::cfgi_ste:
    case Opcode::cfgi_ste_range:
    case Opcode::cfgi_cd:
    case Opcode::cfgi_cd_all: unit_.caches.invalidate(config_invalidation_of(as<ConfigCommand>(command))); break;
    case Opcode::pri_resp: respond(as<PageResponseCommand>(command)); break;
    case Opcode::resume: resume(as<ResumeCommand>(command)); break;
    case Opcode::stall_term: unit_.stalls.terminate(command.get<Command::StreamID>()); break;
    default: invalidate_tlb(as<TlbCommand>(command)); break;
  }
  return true;
}

/// What stands before it is done when it was executed, except what devices owe. Of those that never answered, one
/// CMD_SYNC tells; repeated, it has nothing to wait for (4.7.3).
bool CommandQueue::synchronize(const SyncCommand& sync) {
  if (owed_ != 0) return false;
  if (timed_out_) {
    timed_out_ = false;
    return stop(CommandError::atc_inv_sync);
  }
  consume();
  if (sync.get<SyncCommand::CS>() == SyncCommand::Signal::irq && !unit_.interrupts.complete(sync))
    unit_.errors.raise<GlobalError::MSI_CMDQ_ABT_ERR>();
  return true;
}

/// False: no tag is free until a device answers. A stream that nobody has is asked nothing.
bool CommandQueue::invalidate_device(const DeviceTlbCommand& command) {
  const auto target = requester_of(config_, command.get<Command::StreamID>());
  const bool is_ignored = !is_translating() || !target;
  if (!is_ignored && !sent_.has_free_tag()) return false;
  consume();
  if (is_ignored) return true;
  const unsigned tag = sent_.begin(*target);
  owed_ |= 1U << tag;
  if (unit_.device_invalidations) unit_.device_invalidations(device_invalidation_of(command, *target), tag);
  return true;
}

void CommandQueue::invalidate_tlb(const TlbCommand& command) {
  const bool e2h = unit_.registers.load<Control2>(RegisterId::cr2).get<Control2::E2H>();
  TlbInvalidation request =
      tlb_invalidation_of(command, {config_.range_invalidation, e2h, ignored_vmid_bits(unit_.registers)});
  unit_.caches.invalidate(request);
  if (command.get<Command::OPCODE>() != Opcode::tlbi_el2_all) return;
  request.regime = Regime::el2_e2h;
  unit_.caches.invalidate(request);
}

void CommandQueue::respond(const PageResponseCommand& command) {
  const auto target = requester_of(config_, command.get<Command::StreamID>());
  if (is_translating() && target && unit_.page_responses) unit_.page_responses(page_response_of(command, *target));
}

/// Ac: retry. Otherwise Ab says how the transaction ends, where the unit can end it in two ways (4.7.1).
void CommandQueue::resume(const ResumeCommand& command) {
  const bool aborts = command.get<ResumeCommand::Ab>() || config_.abort_only;
  const StallVerdict end = aborts ? StallVerdict::abort : StallVerdict::ignore;
  const StallVerdict verdict = command.get<ResumeCommand::Ac>() ? StallVerdict::retry : end;
  unit_.stalls.resume(command.get<Command::StreamID>(), command.get<ResumeCommand::STAG>(), verdict);
}

void CommandQueue::time_out() {
  timed_out_ = timed_out_ || owed_ != 0;
  owed_ = 0;
}

/// The consumer's index stays at the command (7.1).
bool CommandQueue::stop(CommandError error) {
  registers_.report(error);
  return false;
}

void CommandQueue::consume() {
  registers_.consume(geometry().next(consumer()));
}

QueueGeometry CommandQueue::geometry() const {
  return {registers_.base(), config_.command_queue_bits, Command::bytes, config_.output_address_bits};
}

}  // namespace iommusim::smmuv3
