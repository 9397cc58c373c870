// SPDX-License-Identifier: Apache-2.0
// One VT-d unit on a bench: memory, tables, registers, and what it sent. Tests ask it DMA requests.
#pragma once

#include "memory/sparse_memory.h"
#include "support/failing_bus.h"
#include "support/vtd_queue.h"
#include "support/vtd_registers.h"
#include "support/vtd_tables.h"

#include <cstdint>
#include <vector>

namespace iommusim::tests {

/// The requester of every request that does not say otherwise.
constexpr RequesterId device{0, 1, 0};
constexpr RequesterId other_device{0, 2, 0};

/// Untranslated requests without PASID.
iommu::TranslationRequest read_of(std::uint64_t address, RequesterId requester = device, std::uint32_t size = 4);
iommu::TranslationRequest write_of(std::uint64_t address, RequesterId requester = device, std::uint32_t size = 4);
iommu::TranslationRequest atomic_on(std::uint64_t address, RequesterId requester = device);

/// Memory is 64 GiB. Tables stand below 16 MiB, a queue at `queue_base`; everything else is the test's.
struct VtdBench {
  static constexpr PhysAddr table_base{0x10'0000};
  static constexpr PhysAddr queue_base{0x800'0000};

  explicit VtdBench(const vtd::UnitConfig& config = {});

  /// Root pointer and TE.
  void enable_translation();
  /// Makes a domain, attaches `device` to it and enables translation.
  Domain start(unsigned levels = 4);

  iommu::TranslationResult translate(const iommu::TranslationRequest& request);
  /// Nothing is recorded and nothing pending.
  bool no_fault_recorded() const;
  std::uint32_t load32(PhysAddr address) const;
  void store32(PhysAddr address, std::uint32_t value);

  memory::SparseMemory memory;
  FailingBus bus;
  vtd::Unit unit;
  VtdRegisters registers;
  VtdTables tables;
  VtdQueue queue;
  std::vector<interrupts::MsiMessage> messages;
  /// Of the last translate().
  iommu::FetchLog fetches;
};

/// The request is blocked for `reason`, told to the requester as reference 4.5 says, and recorded in full;
/// the record is cleared afterwards.
void expect_fault(VtdBench& bench, const iommu::TranslationRequest& request, std::uint16_t reason);
/// The request is blocked for `reason` and leaves no trace in FSTS and FRCD.
void expect_unrecorded_fault(VtdBench& bench, const iommu::TranslationRequest& request, std::uint16_t reason);
void expect_translated(VtdBench& bench, const iommu::TranslationRequest& request, PhysAddr address);

}  // namespace iommusim::tests
