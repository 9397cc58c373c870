// SPDX-License-Identifier: Apache-2.0
// The registers of one enhanced command queue: ECMDQ_BASE, ECMDQ_PROD, ECMDQ_CONS (SMMUv3 architecture, 3.5.6 and
// 6.3.107 to 6.3.109). It has its own enable bit and its own error, which software acknowledges in ECMDQ_PROD.
#pragma once

#include "iommu/smmuv3/command_queue_registers.h"
#include "iommu/smmuv3/global_errors.h"
#include "iommu/smmuv3/register_file.h"

#include <cstdint>

namespace iommusim::smmuv3 {

class EnhancedCommandQueue final : public CommandQueueRegisters {
 public:
  /// Its registers, in doublewords.
  enum class Part : std::uint8_t { base_low, base_high, producer, consumer };
  static constexpr std::uint64_t bytes = 16;

  EnhancedCommandQueue(RegisterFile& registers, GlobalErrors& errors) : registers_{registers}, errors_{errors} {}

  /// Software's access. Of a queue that is enabled it can write ECMDQ_PROD only. ENACK follows EN at once: no command
  /// is under way when a register is written.
  std::uint32_t read(Part part) const;
  void write(Part part, std::uint32_t data);

  bool may_consume() const override;
  QueueBase base() const override { return base_; }
  std::uint64_t producer() const override { return producer_.raw(); }
  std::uint64_t consumer() const override { return consumer_.raw(); }
  void consume(std::uint32_t index) override { consumer_.set<EnhancedQueueConsumer::RD>(index); }
  void report(CommandError error) override;

 private:
  bool is_enabled() const { return consumer_.get<EnhancedQueueConsumer::ENACK>(); }
  void write_base(unsigned shift, std::uint32_t data);
  void write_producer(std::uint32_t data);
  void write_consumer(std::uint32_t data);

  RegisterFile& registers_;
  GlobalErrors& errors_;
  QueueBase base_;
  EnhancedQueueProducer producer_;
  EnhancedQueueConsumer consumer_;
};

}  // namespace iommusim::smmuv3
