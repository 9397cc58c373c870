// SPDX-License-Identifier: Apache-2.0
// DRAM that may be as large as 2^52 bytes and takes host memory only for what was written.
#pragma once

#include "base/component.h"
#include "base/range.h"
#include "memory/host_block.h"
#include "memory/physical_bus.h"

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace iommusim::memory {

/// A range of DRAM as the platform describes it.
struct Bank {
  ComponentId id = ComponentId::none;
  Range<PhysAddr> range;
};

/// The system's memory: one or more banks, zero until written. Not thread-safe.
class SparseMemory final : public PhysicalBus {
 public:
  /// Banks must not overlap; throws std::invalid_argument.
  explicit SparseMemory(std::vector<Bank> banks);

  /// False when any byte lies outside every bank.
  bool read(PhysAddr address, void* to, std::size_t size) const override;
  bool write(PhysAddr address, const void* from, std::size_t size) override;

  /// The bank that holds all of [address, address + size), or nullptr.
  const Bank* bank_of(PhysAddr address, std::size_t size) const;
  const std::vector<Bank>& banks() const { return banks_; }

  /// The 4 KiB host page behind `address`, made when it does not exist: for direct memory access.
  /// Valid as long as this memory. nullptr outside the banks.
  std::uint8_t* page(PhysAddr address);

  /// Much of `range` will be used: the host's memory for it is taken in blocks, up to 2 GiB in all.
  void expect_use(const Range<PhysAddr>& range) { expected_.push_back(range); }

  /// Host pages in use (4 KiB each).
  std::size_t pages_in_use() const { return pages_in_use_; }
  /// FNV-1a over address and content of every page that is not all zero, in ascending order.
  std::uint64_t digest() const;

 private:
  static constexpr std::size_t pages_per_chunk = HostBlock::bytes / page_4k;
  /// 2 GiB.
  static constexpr std::size_t most_real = 1024;
  struct Chunk {
    std::uint8_t* page(std::size_t index) const { return block.data() + index * page_4k; }

    HostBlock block;
    /// What was never written is not touched by reads.
    std::bitset<pages_per_chunk> exists;
  };

  Chunk& make_chunk(std::uint64_t chunk_number);
  const std::uint8_t* find_page(std::uint64_t page_number) const;
  const std::uint8_t* find_recent(PhysAddr address, std::size_t size) const;
  bool read_anywhere(PhysAddr address, void* to, std::size_t size) const;
  std::uint8_t* make_page(std::uint64_t page_number);
  Chunk* find_chunk(std::uint64_t chunk_number) const;

  std::vector<Bank> banks_;
  std::vector<Range<PhysAddr>> expected_;
  std::size_t real_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<Chunk>> chunks_;
  /// The chunks that were found last, by the low bits of their numbers: enough for scattered accesses to 1 GiB.
  struct FoundChunk {
    std::uint64_t number = ~std::uint64_t{0};
    Chunk* chunk = nullptr;
  };
  mutable std::array<FoundChunk, 512> found_chunks_;
  /// The page that was written last: pages are never given back.
  std::uint64_t last_page_number_ = ~std::uint64_t{0};
  std::uint8_t* last_page_ = nullptr;
  /// The bank that was found last.
  mutable const Bank* last_bank_ = nullptr;
  std::size_t pages_in_use_ = 0;
};

}  // namespace iommusim::memory
