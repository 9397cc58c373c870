// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/interrupts.h"

namespace iommusim::smmuv3 {
namespace {

struct ConfigRegisters {
  RegisterId address;
  RegisterId data;
};

ConfigRegisters registers_of(InterruptSource source) {
  switch (source) {
    case InterruptSource::event_queue: return {RegisterId::eventq_irq_cfg0, RegisterId::eventq_irq_cfg1};
    case InterruptSource::page_request_queue: return {RegisterId::priq_irq_cfg0, RegisterId::priq_irq_cfg1};
    default: return {RegisterId::gerror_irq_cfg0, RegisterId::gerror_irq_cfg1};
  }
}

}  // namespace

bool Interrupts::raise(InterruptSource source) {
  if (!is_enabled(source)) return true;
  const ConfigRegisters ids = registers_of(source);
  const std::uint64_t address = registers_.load<InterruptConfig0>(ids.address).raw();
  const bool sent = send(address, registers_.load<InterruptConfig1>(ids.data).get<InterruptConfig1::DATA>());
  if (wire) wire(source);
  return sent;
}

bool Interrupts::complete(const SyncCommand& sync) {
  const bool sent = send(sync.message_address(), sync.get<SyncCommand::MSIData>());
  if (wire) wire(InterruptSource::command_sync);
  return sent;
}

bool Interrupts::is_enabled(InterruptSource source) const {
  const auto control = registers_.load<InterruptControl>(RegisterId::irq_ctrlack);
  switch (source) {
    case InterruptSource::event_queue: return control.get<InterruptControl::EVENTQ_IRQEN>();
    case InterruptSource::page_request_queue: return control.get<InterruptControl::PRIQ_IRQEN>();
    case InterruptSource::global_error: return control.get<InterruptControl::GERROR_IRQEN>();
    case InterruptSource::command_sync: break;
  }
  return true;
}

/// Address 0 is no address.
bool Interrupts::send(std::uint64_t address, std::uint32_t data) {
  return !can_send_ || address == 0 || messages_.send(address, data);
}

}  // namespace iommusim::smmuv3
