// SPDX-License-Identifier: Apache-2.0
// The deciding part of one SMMUv3 on a bench: memory with tables, caches, no registers. Tests ask it DMA requests.
#pragma once

#include "base/endian.h"
#include "iommu/smmuv3/commit.h"
#include "iommu/smmuv3/context_descriptor.h"
#include "iommu/smmuv3/stream_table_entry.h"
#include "iommu/smmuv3/table_descriptor.h"
#include "iommu/smmuv3/translate.h"
#include "memory/sparse_memory.h"
#include "support/failing_bus.h"

#include <array>
#include <cstdint>

namespace iommusim::smmuv3::testing {

using Ste = smmuv3::StreamTableEntry;
using Cd = smmuv3::ContextDescriptor;
using S1 = smmuv3::Stage1Descriptor;
using S2 = smmuv3::Stage2Descriptor;

/// A unit with all that can be had, 48-bit addresses, and no caches.
smmuv3::UnitConfig everything();
/// The same with caches.
smmuv3::UnitConfig everything_cached();

/// Memory is 2^52 bytes. Tables stand from 1 MiB on.
class DecisionBench {
 public:
  static constexpr RequesterId device{0, 1, 0};
  static constexpr std::uint32_t stream = 8;
  /// Where intermediate addresses show memory, in nested(): IPA = physical address + guest.
  static constexpr std::uint64_t guest = 0x10'0000'0000;

  explicit DecisionBench(const smmuv3::UnitConfig& unit_config = everything());

  /// A linear stream table of 2^8 entries, in which the device's is each of these in turn.
  /// Config 101: 48-bit addresses through 4 KiB tables of TTB0, ASID 5, faults abort and are recorded.
  void stage_1();
  /// Config 110: the same, 4 levels, VMID 7.
  void stage_2();
  /// Config 111: both. Stage 2 shows the first 64 GiB of memory from `guest` on, in blocks of 1 GiB.
  void nested();
  void bypass();

  /// Maps what one entry of `level` covers; tables above are made. Returns where the entry is.
  PhysAddr map_1(std::uint64_t input, std::uint64_t output, unsigned level = 3);
  PhysAddr map_2(std::uint64_t input, std::uint64_t output, unsigned level = 3);
  /// The same with any tables. `shown_at`: what is added to the addresses of tables that are made.
  PhysAddr map(const smmuv3::TableGeometry& geometry, PhysAddr root, std::uint64_t input, std::uint64_t leaf,
               unsigned level, std::uint64_t shown_at = 0);
  /// Readable and writable by all, accessed, not global, Normal write-back, inner shareable.
  static constexpr std::uint64_t leaf_1 = std::uint64_t{1} << 11 | 1 << 10 | 3 << 8 | 1 << 6 | 1 << 2;
  static constexpr std::uint64_t leaf_2 = std::uint64_t{1} << 10 | 3 << 8 | 3 << 6 | 0xF << 2;

  PhysAddr new_table(std::uint64_t bytes = page_4k);
  PhysAddr ste_at(std::uint32_t number = stream) const { return stream_table + 64 * std::uint64_t{number}; }
  std::uint64_t load(PhysAddr address) const;
  void store(PhysAddr address, std::uint64_t value);
  template <class Structure>
  void put(PhysAddr address, const Structure& structure) {
    for (std::size_t i = 0; i < Structure::words; ++i)
      store(address + 8 * i, structure.word(i));
  }
  template <class Structure, class F>
  void set(PhysAddr address, std::uint64_t value) {
    const PhysAddr word = address + 8 * F::word;
    store(word, (load(word) & ~F::mask) | ((value & F::low_mask) << (F::lo % 64)));
  }
  template <class F>
  void ste(std::uint64_t value) {
    set<Ste, F>(ste_at(), value);
  }
  template <class F>
  void cd(std::uint64_t value) {
    set<Cd, F>(contexts, value);
  }

  smmuv3::DecisionInputs inputs() const { return {config, control, caches, bus}; }
  iommu::TranslationResult translate(const iommu::TranslationRequest& request);

  const smmuv3::UnitConfig config;
  memory::SparseMemory memory;
  tests::FailingBus bus;
  smmuv3::ControlState control;
  smmuv3::TranslationCaches caches;
  smmuv3::DecisionEffects effects;
  iommu::FetchLog fetches;
  PhysAddr stream_table;
  /// Context descriptors, and the first table of each stage.
  PhysAddr contexts;
  PhysAddr root_1;
  PhysAddr root_2;

 private:
  Ste stage_1_entry() const;
  void add_stage_2(Ste& entry) const;
  void put_context(std::uint64_t shown_at);

  PhysAddr next_table_{0x10'0000};
  std::uint64_t shown_at_ = 0;
};

iommu::TranslationRequest read_at(std::uint64_t address);
iommu::TranslationRequest write_at(std::uint64_t address);
iommu::TranslationRequest atomic_at(std::uint64_t address);
iommu::TranslationRequest with_substream(iommu::TranslationRequest request, std::uint32_t substream);
iommu::TranslationRequest privileged(iommu::TranslationRequest request);
iommu::TranslationRequest execute(iommu::TranslationRequest request);
iommu::TranslationRequest translation_request(std::uint64_t address, bool no_write = false);
iommu::TranslationRequest translated_at(std::uint64_t address);

void expect_passes(DecisionBench& bench, const iommu::TranslationRequest& request, std::uint64_t address);
/// Aborted and recorded; returns the record.
smmuv3::Event expect_event(DecisionBench& bench, const iommu::TranslationRequest& request, EventCode code);
/// Aborted, nothing recorded.
void expect_silent_abort(DecisionBench& bench, const iommu::TranslationRequest& request);

}  // namespace iommusim::smmuv3::testing
