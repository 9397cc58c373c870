// SPDX-License-Identifier: Apache-2.0
// 1 MiB of memory that counts accesses and whose pages may vanish or refuse writes.
#pragma once

#include "memory/physical_bus.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

namespace iommusim::fuzz {

class ItsMemory final : public memory::PhysicalBus {
 public:
  static constexpr std::uint64_t pages = 256;
  static constexpr std::uint64_t bytes = pages * page_4k;
  enum class Page : std::uint8_t { there, read_only, absent };

  bool read(PhysAddr address, void* to, std::size_t size) const override {
    ++reads_;
    if (!has(address, size, Page::read_only)) return false;
    std::memcpy(to, &content_[address.value()], size);
    return true;
  }
  bool write(PhysAddr address, const void* from, std::size_t size) override {
    ++writes_;
    if (!has(address, size, Page::there)) return false;
    std::memcpy(&content_[address.value()], from, size);
    note_written(address.value());
    note_written(address.value() + size - 1);
    return true;
  }

  std::optional<std::uint8_t> byte(std::uint64_t address) const {
    if (!has(PhysAddr{address}, 1, Page::read_only)) return std::nullopt;
    return content_[address];
  }
  void set_word(std::uint64_t index, std::uint64_t value) {
    std::memcpy(&content_[index % (bytes / 8) * 8], &value, 8);
  }
  void set_page(std::uint64_t page, Page state) { states_[page % pages] = state; }
  std::uint64_t reads() const { return reads_; }
  std::uint64_t writes() const { return writes_; }
  void clear() {
    for (std::uint64_t page = 0; page < pages; ++page)
      if (is_written_[page]) std::memset(&content_[page * page_4k], 0, page_4k);
    is_written_.fill(false);
    states_.fill(Page::there);
  }

 private:
  bool has(PhysAddr address, std::size_t size, Page worst) const {
    if (address.value() >= bytes || size > bytes - address.value()) return false;
    for (std::uint64_t page = address.value() / page_4k; page <= (address.value() + size - 1) / page_4k; ++page)
      if (states_[page] > worst) return false;
    return true;
  }

  /// Accesses are shorter than a page.
  void note_written(std::uint64_t address) { is_written_[address / page_4k] = true; }

  std::vector<std::uint8_t> content_ = std::vector<std::uint8_t>(bytes);
  std::array<bool, pages> is_written_{};
  std::array<Page, pages> states_{};
  mutable std::uint64_t reads_ = 0;
  std::uint64_t writes_ = 0;
};

}  // namespace iommusim::fuzz
