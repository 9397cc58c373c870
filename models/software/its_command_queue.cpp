// SPDX-License-Identifier: Apache-2.0
#include "software/its_command_queue.h"

#include "base/quantity.h"
#include "interrupts/gic/its_registers.h"
#include "software/driver_error.h"

namespace iommusim::software {

using gic::Command;
using gic::gits::CommandQueueBase;
using gic::gits::CommandReader;
namespace gits = gic::gits;

gic::Command its_command(gic::Opcode opcode) {
  Command command;
  command.set<Command::Operation>(opcode);
  return command;
}

gic::Command its_command(gic::Opcode opcode, std::uint32_t device, std::uint32_t event) {
  Command command = its_command(opcode);
  command.set<Command::DeviceID>(device);
  command.set<Command::EventID>(event);
  return command;
}

void ItsCommandQueue::start(PhysAddr memory) {
  memory_ = memory;
  write_ = 0;
  // Inner shareable, normal cacheable memory: what Linux asks for first.
  CommandQueueBase base;
  base.set<CommandQueueBase::Valid>(true);
  base.set<CommandQueueBase::InnerCache>(7);
  base.set<CommandQueueBase::Shareability>(1);
  base.set<CommandQueueBase::PhysicalAddress>(memory.value() / page_4k);
  base.set<CommandQueueBase::Size>(bytes / page_4k - 1);
  bus_.store64(its_ + gits::cbaser, base.raw());
  bus_.store64(its_ + gits::cwriter, 0);
}

void ItsCommandQueue::execute(const Command& command, std::uint64_t rdbase) {
  put(command);
  Command sync = its_command(gic::Opcode::sync);
  sync.set<Command::RDbase>(rdbase);
  put(sync);
  run();
}

void ItsCommandQueue::execute(const Command& command) {
  put(command);
  run();
}

void ItsCommandQueue::put(const Command& command) {
  for (std::size_t i = 0; i < Command::words; ++i)
    bus_.store64(memory_ + write_ + 8 * i, command.word(i));
  write_ = (write_ + Command::bytes) % bytes;
}

void ItsCommandQueue::run() {
  bus_.store64(its_ + gits::cwriter, write_);
  for (unsigned poll = 0; poll < max_polls_; ++poll) {
    const CommandReader reader{bus_.load64(its_ + gits::creadr)};
    if (reader.get<CommandReader::Stalled>()) break;
    if (reader.get<CommandReader::Offset>() * Command::bytes == write_) return;
  }
  throw DriverError("the ITS at " + format_hex(its_.value()) + " did not execute its commands");
}

}  // namespace iommusim::software
