// SPDX-License-Identifier: Apache-2.0
#include "software/smmuv3_commands.h"

#include "software/smmuv3_queue.h"

namespace iommusim::software {

using smmuv3::Command;
using smmuv3::CommandError;
using smmuv3::CommandQueueConsumer;
using smmuv3::GlobalError;
using smmuv3::Idr1;
using smmuv3::Opcode;
using smmuv3::QueueIndexRegister;
using smmuv3::RegisterId;
using smmuv3::SyncCommand;

namespace {

SyncCommand sync_with(SyncCommand::Signal signal) {
  auto sync = command_of<SyncCommand>(Opcode::sync);
  sync.set<SyncCommand::CS>(signal);
  return sync;
}

}  // namespace

Smmuv3Commands::Smmuv3Commands(Smmuv3Registers& registers, PageAllocator& pages)
    : registers_{registers},
      base_{queue_base(pages, registers.idr1().get<Idr1::CMDQS>(), Command::bytes)},
      queue_{geometry_of(base_, Command::bytes)} {}

void Smmuv3Commands::start() {
  registers_.write(RegisterId::cmdq_base, base_);
  registers_.write(RegisterId::cmdq_prod, QueueIndexRegister{});
  registers_.write(RegisterId::cmdq_cons, QueueIndexRegister{});
  producer_ = batch_ = 0;
}

void Smmuv3Commands::put(const Command& command) {
  if (queue_.is_full(producer_, consumer())) {
    ring();
    if (!wait([&] { return !queue_.is_full(producer_, consumer()); })) {
      refused_ = true;
      return;
    }
  }
  write(producer_, command);
  producer_ = queue_.next(producer_);
}

/// The event of a CMD_SYNC wakes the processor; what it looks at is CMDQ_CONS.
bool Smmuv3Commands::synchronize() {
  put(sync_with(SyncCommand::Signal::sev));
  ring();
  const bool done = wait([&] { return queue_.is_empty(producer_, consumer()); });
  const bool succeeded = done && !refused_;
  refused_ = false;
  batch_ = producer_;
  return succeeded;
}

bool Smmuv3Commands::submit(std::initializer_list<Command> commands) {
  for (const Command& command : commands)
    put(command);
  return synchronize();
}

std::uint64_t Smmuv3Commands::consumer() const {
  return registers_.read<CommandQueueConsumer>(RegisterId::cmdq_cons).get<CommandQueueConsumer::RD>();
}

void Smmuv3Commands::write(std::uint64_t index, const Command& command) {
  for (std::size_t i = 0; i < Command::words; ++i)
    registers_.bus().store64(queue_.address(index) + 8 * i, command.word(i));
}

void Smmuv3Commands::ring() {
  registers_.write(RegisterId::cmdq_prod, QueueIndexRegister{producer_});
}

template <class Done>
bool Smmuv3Commands::wait(Done done) {
  return registers_.wait([&] {
    recover();
    return done();
  });
}

/// The unit stops at a command that it cannot carry out (7.1). One that is illegal is replaced by a CMD_SYNC that does
/// nothing; what failed otherwise is tried again.
void Smmuv3Commands::recover() {
  auto acknowledged = registers_.read<GlobalError>(RegisterId::gerrorn);
  const bool raised = registers_.read<GlobalError>(RegisterId::gerror).get<GlobalError::CMDQ_ERR>();
  if (raised == acknowledged.get<GlobalError::CMDQ_ERR>()) return;
  const auto cons = registers_.read<CommandQueueConsumer>(RegisterId::cmdq_cons);
  const std::uint64_t stopped_at = cons.get<CommandQueueConsumer::RD>();
  refused_ = refused_ || is_of_batch(stopped_at);
  if (cons.get<CommandQueueConsumer::ERR>() == CommandError::ill)
    write(stopped_at, sync_with(SyncCommand::Signal::none));
  acknowledged.set<GlobalError::CMDQ_ERR>(raised);
  registers_.write(RegisterId::gerrorn, acknowledged);
}

bool Smmuv3Commands::is_of_batch(std::uint64_t index) const {
  return queue_.index(index - batch_) < queue_.index(producer_ - batch_);
}

}  // namespace iommusim::software
