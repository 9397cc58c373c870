// SPDX-License-Identifier: Apache-2.0
#include "pcie/bar_memory.h"

#include <cstddef>
#include <vector>

namespace iommusim::pcie {
namespace {

// Each BAR has a sixteenth of the storage's own address space: BARs of at most 2^59 bytes.
constexpr unsigned bar_shift = 60;

PhysAddr place(std::uint8_t bar, std::uint64_t offset) {
  return PhysAddr{(std::uint64_t{bar} << bar_shift) + offset};
}

std::vector<memory::Bank> banks_of(const std::array<std::uint64_t, 6>& sizes) {
  std::vector<memory::Bank> banks;
  for (std::size_t bar = 0; bar < sizes.size(); ++bar)
    if (const auto range = Range<PhysAddr>::from_size(place(static_cast<std::uint8_t>(bar), 0), sizes[bar]))
      banks.push_back({{}, *range});
  return banks;
}

}  // namespace

BarMemory::BarMemory(const std::array<std::uint64_t, 6>& sizes) : storage_{banks_of(sizes)} {}

bool BarMemory::read(std::uint8_t bar, std::uint64_t offset, void* to, std::size_t size) const {
  return bar < 6 && offset >> bar_shift == 0 && storage_.read(place(bar, offset), to, size);
}

bool BarMemory::write(std::uint8_t bar, std::uint64_t offset, const void* from, std::size_t size) {
  return bar < 6 && offset >> bar_shift == 0 && storage_.write(place(bar, offset), from, size);
}

}  // namespace iommusim::pcie
