// SPDX-License-Identifier: Apache-2.0
// One SMMUv3 on a bench: memory, registers, queues, and what it sent. Software here writes registers and words of
// memory, nothing else.
#pragma once

#include "iommu/smmuv3/unit.h"
#include "memory/sparse_memory.h"
#include "support/failing_bus.h"
#include "support/smmuv3_commands.h"
#include "support/smmuv3_registers.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::tests::smmu {

/// A unit with everything: both stages, EL2, ATS, PRI, MSI, both stall models, 8 entries in each queue at most.
smmuv3::UnitConfig full_config();

struct SentInvalidation {
  iommu::DeviceTlbInvalidation request;
  unsigned tag;
};

using EventWords = std::array<std::uint64_t, 4>;

/// Memory is 64 GiB. `queue_bits`: log2 of the entries that software gives each queue.
struct Bench {
  static constexpr PhysAddr stream_table{0x10'0000};
  static constexpr PhysAddr command_queue{0x20'0000};
  static constexpr PhysAddr event_queue{0x30'0000};
  static constexpr PhysAddr page_request_queue{0x40'0000};
  /// Root of the stage 2 tables that attach() uses: one entry is 1 GiB.
  static constexpr PhysAddr tables{0x50'0000};
  /// Nothing answers there.
  static constexpr PhysAddr nowhere{0x20'0000'0000};

  explicit Bench(const smmuv3::UnitConfig& config = full_config(), unsigned queue_bits = 3);

  std::uint32_t read32(std::uint64_t offset) const;
  std::uint64_t read64(std::uint64_t offset) const { return unit.read_register(offset, 8); }
  void write32(std::uint64_t offset, std::uint32_t value) { unit.write_register(offset, 4, value); }
  void write64(std::uint64_t offset, std::uint64_t value) { unit.write_register(offset, 8, value); }
  void set_bits(std::uint64_t offset, std::uint32_t bits) { write32(offset, read32(offset) | bits); }
  void clear_bits(std::uint64_t offset, std::uint32_t bits) { write32(offset, read32(offset) & ~bits); }
  std::uint64_t load64(PhysAddr address) const;
  std::uint32_t load32(PhysAddr address) const { return static_cast<std::uint32_t>(load64(address)); }
  void store64(PhysAddr address, std::uint64_t value);

  /// Bases, indices 0, enable bits.
  void enable_queues();
  /// A linear table of 2^`bits` entries, RECINVSID and SMMUEN.
  void enable_translation(unsigned bits = 6);
  /// Queues, interrupts of all three enabled sources, translation.
  void start();

  /// Puts a command where CMDQ_PROD points without moving it; ring() tells the unit of all that was put.
  void put(const CommandWords& words);
  void ring() { write32(offset::cmdq_prod, producer_); }
  void submit(const CommandWords& words);
  /// CMDQ_CONS: index, and ERR.
  std::uint32_t consumed() const { return read32(offset::cmdq_cons) & 0xF'FFFF; }
  unsigned command_error() const { return read32(offset::cmdq_cons) >> 24 & 0x7F; }
  /// Errors that are active.
  std::uint32_t active_errors() const { return read32(offset::gerror) ^ read32(offset::gerrorn); }
  void acknowledge_errors() { write32(offset::gerrorn, read32(offset::gerror)); }

  /// Software reads a record and moves EVENTQ_CONS, keeping its OVACKFLG. nullopt: the queue is empty.
  std::optional<EventWords> take_event();
  std::uint32_t events_waiting() const;

  /// Stage 2 only, 39 bits of input, translated by `tables`; faults stall and are recorded if `stalls`.
  void attach(std::uint32_t stream, bool stalls);
  /// Input gigabyte `index` lies at `address`; without: nowhere.
  void map_gigabyte(unsigned index, std::optional<PhysAddr> address);
  iommu::TranslationResult read(std::uint32_t stream, std::uint64_t address);
  /// A request of a stream that the table does not have: its event is C_BAD_STREAMID, `stream` names it.
  void make_event(std::uint32_t stream = 0x100) { read(stream, 0x1000); }

  memory::SparseMemory memory;
  FailingBus bus;
  smmuv3::Unit unit;
  unsigned queue_bits;
  std::vector<interrupts::MsiMessage> messages;
  std::vector<smmuv3::InterruptSource> wires;
  std::vector<SentInvalidation> invalidations;
  std::vector<iommu::PageGroupResponse> responses;
  /// Of the last read().
  iommu::FetchLog fetches;

 private:
  std::uint32_t producer_ = 0;
};

}  // namespace iommusim::tests::smmu
