// SPDX-License-Identifier: Apache-2.0
// A GICv2m frame: writes that raise SPIs, whoever makes them (Arm server base system architecture, appendix E).
#pragma once

#include "base/word.h"
#include "interrupts/gic/config.h"
#include "interrupts/gic/delivery_log.h"
#include "interrupts/gic/doorbell.h"

#include <cstdint>

namespace iommusim::gic {

namespace v2m {

/// Offsets.
enum Offset : std::uint64_t { typer = 0x008, setspi_ns = 0x040, iidr = 0xFCC };
constexpr std::uint64_t frame_size = 0x1000;

struct Type : Word<32> {
  using Word::Word;
  struct BaseSpi : Field<25, 16, std::uint32_t> {};
  struct Count : Field<9, 0, std::uint32_t> {};
};

struct SetSpi : Word<32> {
  using Word::Word;
  struct INTID : Field<9, 0, std::uint32_t> {};
};

}  // namespace v2m

class Gicv2m final : public Doorbell {
 public:
  /// The log must outlive it. The config is possible (find_impossible).
  Gicv2m(const Gicv2mConfig& config, DeliveryLog& log) : config_{config}, log_{log} {}

  const Gicv2mConfig& config() const { return config_; }

  PhysAddr base() const override { return config_.register_base; }
  std::uint64_t size() const override { return v2m::frame_size; }
  std::uint64_t read_register(std::uint64_t offset, unsigned width) const override;
  /// A processor may raise SPIs, too.
  void write_register(std::uint64_t offset, unsigned width, std::uint64_t value) override;

 private:
  DoorbellResult decide_message(const Message& message) const override;
  DoorbellResult send_message(const Message& message) override;

  Gicv2mConfig config_;
  DeliveryLog& log_;
};

}  // namespace iommusim::gic
