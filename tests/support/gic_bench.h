// SPDX-License-Identifier: Apache-2.0
// One ITS with its redistributors on a bench: memory, tables, queue. Registers are written as software does.
#pragma once

#include "interrupts/gic/its.h"
#include "memory/sparse_memory.h"
#include "support/failing_bus.h"
#include "support/gic_commands.h"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <vector>

namespace iommusim::tests {

/// Offsets of an ITS and of a redistributor.
namespace gits_at {
constexpr std::uint64_t ctlr = 0x0, iidr = 0x4, typer = 0x8, cbaser = 0x80, cwriter = 0x88, creadr = 0x90,
                        baser0 = 0x100, baser1 = 0x108, pidr2 = 0xFFE8, translater = 0x10040;
}  // namespace gits_at
namespace gicr_at {
constexpr std::uint64_t ctlr = 0x0, typer = 0x8, setlpir = 0x40, clrlpir = 0x48, propbaser = 0x70, pendbaser = 0x78,
                        invlpir = 0xA0, invallr = 0xB0, syncr = 0xC0, frame = 0x20000;
}  // namespace gicr_at

/// Memory is 4 GiB. Tables stand from 16 MiB to 128 MiB; everything else is the test's.
struct GicBench {
  static constexpr PhysAddr device_table{0x100'0000};
  static constexpr PhysAddr collection_table{0x200'0000};
  static constexpr PhysAddr queue{0x300'0000};
  static constexpr PhysAddr properties{0x400'0000};
  static constexpr PhysAddr pending{0x500'0000};
  static constexpr PhysAddr translations{0x600'0000};

  /// Two processors.
  explicit GicBench(const gic::ItsConfig& its_config = {}, gic::RedistributorConfig redistributor_config = {});

  /// Flat device table of 512 KiB, collection table of 64 KiB, queue of `queue_pages` * 4 KiB, LPIs of all processors
  /// on, ITS on, collection n on processor n.
  void start(unsigned queue_pages = 1);
  void start_its(unsigned queue_pages = 1);
  void start_redistributors();

  std::uint64_t read(std::uint64_t offset, unsigned width = 8) const { return its.read_register(offset, width); }
  void write(std::uint64_t offset, std::uint64_t value, unsigned width = 8) {
    its.write_register(offset, width, value);
  }
  std::uint64_t read_redistributor(unsigned processor, std::uint64_t offset, unsigned width = 8) const {
    return redistributors.read_register(processor * gicr_at::frame + offset, width);
  }
  void write_redistributor(unsigned processor, std::uint64_t offset, std::uint64_t value, unsigned width = 8) {
    redistributors.write_register(processor * gicr_at::frame + offset, width, value);
  }

  /// Puts commands into the queue and moves GITS_CWRITER behind them.
  void submit(std::initializer_list<CommandWords> commands);
  void put(std::uint64_t offset, const CommandWords& command);
  /// A byte of the LPI configuration table; the processor is told nothing.
  void configure(std::uint32_t intid, bool enabled, std::uint8_t priority = 0xA0);
  bool is_pending(std::uint32_t intid, unsigned processor = 0) const;
  void store64(PhysAddr address, std::uint64_t value);
  std::uint64_t load64(PhysAddr address) const;

  /// Maps `device` with `event_bits`, and events 0, 1, ... of it to the LPIs, which are enabled, in collection 0.
  void map(std::uint32_t device, unsigned event_bits, std::initializer_list<std::uint32_t> lpis);
  PhysAddr table_of(std::uint32_t device) const { return translations + std::uint64_t{device} * 0x100; }

  /// A write to GITS_TRANSLATER; decide_event() must foresee it.
  gic::DoorbellResult send(std::uint32_t device, std::uint32_t event);
  /// INTIDs that were delivered to `processor` since the last call of this.
  std::vector<std::uint32_t> delivered(unsigned processor = 0);
  /// `rule` dropped the write, and nothing happened.
  bool drops(std::uint32_t device, std::uint32_t event, const Rule& rule);

  memory::SparseMemory memory;
  FailingBus bus;
  gic::DeliveryLog log;
  gic::Redistributors redistributors;
  gic::Its its;
  std::uint64_t queue_bytes = 0;
  std::uint64_t tail = 0;
  /// Records of the log that delivered() has looked at, by processor.
  std::map<unsigned, std::size_t> seen;
};

}  // namespace iommusim::tests
