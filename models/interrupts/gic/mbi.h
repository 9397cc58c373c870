// SPDX-License-Identifier: Apache-2.0
// Message-based SPIs of a GICv3 distributor, which need no ITS (GICv3 architecture, 4.1).
#pragma once

#include "base/word.h"
#include "interrupts/gic/config.h"
#include "interrupts/gic/delivery_log.h"
#include "interrupts/gic/doorbell.h"
#include "interrupts/gic/interrupt_ids.h"

#include <bitset>
#include <cstdint>

namespace iommusim::gic {

namespace gicd {

/// Offsets. Those of secure SPIs (0x50, 0x58) ignore what comes from non-secure masters, and others are none here.
enum Offset : std::uint64_t { typer = 0x0004, iidr = 0x0008, setspi_nsr = 0x0040, clrspi_nsr = 0x0048, pidr2 = 0xFFE8 };
constexpr std::uint64_t frame_size = 0x1'0000;

struct Type : Word<32> {
  using Word::Word;
  struct MBIS : Field<16, 16, bool> {};
  /// 32 * (ITLinesNumber + 1) INTIDs.
  struct ITLinesNumber : Field<4, 0> {};
};

struct SpiNumber : Word<32> {
  using Word::Word;
  struct INTID : Field<12, 0, std::uint32_t> {};
};

}  // namespace gicd

class MessageBasedInterrupts final : public Doorbell {
 public:
  /// The log must outlive it. The config is possible (find_impossible).
  MessageBasedInterrupts(const MbiConfig& config, DeliveryLog& log);

  const MbiConfig& config() const { return config_; }
  /// A level-sensitive SPI between SETSPI and CLRSPI.
  bool is_asserted(std::uint32_t intid) const { return intid <= last_spi && asserted_.test(intid); }

  PhysAddr base() const override { return config_.register_base; }
  std::uint64_t size() const override { return gicd::frame_size; }
  std::uint64_t read_register(std::uint64_t offset, unsigned width) const override;
  /// A processor may set SPIs, too.
  void write_register(std::uint64_t offset, unsigned width, std::uint64_t value) override;

 private:
  DoorbellResult decide_message(const Message& message) const override;
  DoorbellResult send_message(const Message& message) override;

  MbiConfig config_;
  DeliveryLog& log_;
  std::bitset<last_spi + 1> settable_;
  std::bitset<last_spi + 1> level_sensitive_;
  std::bitset<last_spi + 1> asserted_;
};

}  // namespace iommusim::gic
