// SPDX-License-Identifier: Apache-2.0
// DRAM that may be as large as 2^52 bytes and takes host memory only for what was written.
#pragma once

#include "base/component.h"
#include "base/range.h"
#include "memory/few_lines.h"
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

  /// The 4 KiB host page behind `address`, made when it does not exist: for direct memory access. It has the contents,
  /// written before and after.
  /// Valid as long as this memory. nullptr outside the banks.
  std::uint8_t* page(PhysAddr address);

  /// Much of `range` will be used: where it fills, the host's memory for it is taken in blocks, up to 2 GiB in all.
  void expect_use(const Range<PhysAddr>& range) { expected_.push_back(range); }

  /// Pages (4 KiB each) that were written or handed out.
  std::size_t pages_in_use() const;
  /// FNV-1a over address and content of every page that is not all zero, in ascending order.
  std::uint64_t digest() const;

 private:
  static constexpr std::size_t pages_per_chunk = HostBlock::bytes / page_4k;
  /// 2 GiB.
  static constexpr std::size_t most_real = 1024;
  /// Of a block: so many host pages in use let expect that most of it will be.
  static constexpr std::size_t most_single_pages = 32;
  struct Chunk {
    std::uint8_t* page(std::size_t index) const { return block.data() + index * page_4k; }

    HostBlock block;
    /// Pages that have their place in the block. Of the others it is not touched.
    std::bitset<pages_per_chunk> is_full;
    /// Of these, the ones that lie in a bank with all of their bytes.
    std::bitset<pages_per_chunk> is_readable;
    std::size_t full_pages = 0;
    /// Of all others.
    std::array<FewLines, pages_per_chunk> lines{};
    bool is_expected = false;
  };

  const std::uint8_t* find_recent(PhysAddr address, std::size_t size) const;
  bool read_anywhere(PhysAddr address, void* to, std::size_t size) const;
  Chunk* find_chunk(std::uint64_t chunk_number) const;
  Chunk& chunk_of(std::uint64_t page_number);
  Chunk& make_chunk(std::uint64_t chunk_number);
  std::uint8_t* make_page(std::uint64_t page_number);
  void fill_page(Chunk& chunk, std::uint64_t page_number);
  void read_page(std::uint64_t page_number, std::size_t offset, std::uint8_t* to, std::size_t size) const;
  void write_page(std::uint64_t page_number, std::size_t offset, const std::uint8_t* from, std::size_t size);
  bool write_lines(FewLines& lines, std::size_t offset, const std::uint8_t* from, std::size_t size);

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
  LineStore store_;
  /// The bank that was found last.
  mutable const Bank* last_bank_ = nullptr;
};

}  // namespace iommusim::memory
