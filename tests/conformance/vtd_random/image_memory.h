// SPDX-License-Identifier: Apache-2.0
// A small piece of memory that holds one image after another: outside it, and in pages taken away, every access fails.
#pragma once

#include "memory/physical_bus.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace iommusim::tests {

class ImageMemory final : public memory::PhysicalBus {
 public:
  /// 2 MiB, at a 2 MiB boundary: one large page can map all of it.
  static constexpr std::uint64_t base = 0x4000'0000;
  static constexpr std::uint64_t pages = 512;
  /// The last page: no image uses it.
  static constexpr std::uint64_t page_request_queue = base + (pages - 1) * page_4k;

  ImageMemory() : bytes_(pages * page_4k), state_(pages, State::zero) {}

  bool read(PhysAddr address, void* to, std::size_t size) const override;
  bool write(PhysAddr address, const void* from, std::size_t size) override;

  std::optional<std::uint64_t> word(std::uint64_t address) const;
  bool writable(std::uint64_t address) const;
  /// As the test writes it: not counted among written().
  void set_word(std::uint64_t address, std::uint64_t value);

  void take_away(std::uint64_t address) { set_state(address, State::absent); }
  void make_read_only(std::uint64_t address) { set_state(address, State::read_only); }

  /// The words that others changed since the last forget_writes(), as they stand now.
  const std::map<std::uint64_t, std::uint64_t>& written() const { return written_; }
  void forget_writes() { written_.clear(); }
  /// How often others read.
  std::uint64_t reads() const { return reads_; }
  /// All pages present, writable and zero.
  void clear();

 private:
  enum class State : std::uint8_t { zero, used, read_only, absent };
  static bool holds(std::uint64_t address, std::size_t size) {
    return address >= base && address - base < pages * page_4k && size <= pages * page_4k - (address - base);
  }
  State state(std::uint64_t address) const { return state_[(address - base) / page_4k]; }
  void set_state(std::uint64_t address, State state);

  std::vector<std::uint8_t> bytes_;
  std::vector<State> state_;
  std::map<std::uint64_t, std::uint64_t> written_;
  mutable std::uint64_t reads_ = 0;
};

}  // namespace iommusim::tests
