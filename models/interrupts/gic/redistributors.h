// SPDX-License-Identifier: Apache-2.0
// The redistributors of all processors, and GICR_SETLPIR and GICR_CLRLPIR as doorbells.
#pragma once

#include "interrupts/gic/redistributor.h"

#include <cstdint>
#include <vector>

namespace iommusim::gic {

class Redistributors final : public Doorbell {
 public:
  /// Bus and log must outlive it. The config is possible (find_impossible).
  Redistributors(const RedistributorConfig& config, memory::PhysicalBus& bus, DeliveryLog& log);

  const RedistributorConfig& config() const { return config_; }

  /// nullptr: no such processor.
  Redistributor* of_processor(std::uint64_t processor);
  const Redistributor* of_processor(std::uint64_t processor) const;
  /// `frame`: bits 51:16 of the physical address of its RD_base. nullptr: none is there.
  Redistributor* at_frame(std::uint64_t frame);
  const Redistributor* at_frame(std::uint64_t frame) const;

  PhysAddr base() const override { return config_.register_base; }
  std::uint64_t size() const override { return redistributors_.size() * gicr::frame_size; }
  std::uint64_t read_register(std::uint64_t offset, unsigned width) const override;
  void write_register(std::uint64_t offset, unsigned width, std::uint64_t value) override;

 private:
  DoorbellResult decide_message(const Message& message) const override;
  DoorbellResult send_message(const Message& message) override;
  std::size_t index_of_frame(std::uint64_t frame) const;

  RedistributorConfig config_;
  std::vector<Redistributor> redistributors_;
};

}  // namespace iommusim::gic
