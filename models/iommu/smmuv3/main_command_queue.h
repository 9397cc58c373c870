// SPDX-License-Identifier: Apache-2.0
// The registers of the command queue that every unit has: CMDQ_* (SMMUv3 architecture, 6.3.26 to 6.3.28).
#pragma once

#include "iommu/smmuv3/command_queue_registers.h"
#include "iommu/smmuv3/global_errors.h"
#include "iommu/smmuv3/register_file.h"

namespace iommusim::smmuv3 {

class MainCommandQueue final : public CommandQueueRegisters {
 public:
  MainCommandQueue(RegisterFile& registers, GlobalErrors& errors) : registers_{registers}, errors_{errors} {}

  bool may_consume() const override {
    return registers_.in_force<Control0::CMDQEN>() && !errors_.is_active<GlobalError::CMDQ_ERR>();
  }
  QueueBase base() const override { return registers_.load<QueueBase>(RegisterId::cmdq_base); }
  std::uint64_t producer() const override { return registers_.load<QueueIndexRegister>(RegisterId::cmdq_prod).raw(); }
  std::uint64_t consumer() const override { return registers_.load<CommandQueueConsumer>(RegisterId::cmdq_cons).raw(); }

  void consume(std::uint32_t index) override {
    CommandQueueConsumer cons;
    cons.set<CommandQueueConsumer::RD>(index);
    registers_.store(RegisterId::cmdq_cons, cons);
  }
  void report(CommandError error) override {
    auto cons = registers_.load<CommandQueueConsumer>(RegisterId::cmdq_cons);
    cons.set<CommandQueueConsumer::ERR>(error);
    registers_.store(RegisterId::cmdq_cons, cons);
    errors_.raise<GlobalError::CMDQ_ERR>();
  }

 private:
  RegisterFile& registers_;
  GlobalErrors& errors_;
};

}  // namespace iommusim::smmuv3
