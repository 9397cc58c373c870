// SPDX-License-Identifier: Apache-2.0
#include "traces/dma_rules.h"

#include "base/quantity.h"
#include "base/range.h"
#include "traces/parse_action.h"

#include <fmt/format.h>

namespace iommusim::traces {
namespace {

/// PCIe base specification, 6.15: 4 or 8 bytes, compare-and-swap also 16, naturally aligned.
std::optional<std::string> why_no_atomic(const Dma& dma) {
  if (dma.size != 4 && dma.size != 8 && dma.size != 16)
    return fmt::format("an atomic operation has 4, 8 or 16 bytes, not {}", dma.size);
  if (dma.address.offset_in(dma.size) != 0)
    return fmt::format("an atomic operation of {} bytes is aligned to them", dma.size);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> why_impossible(const Dma& dma) {
  if (dma.size > largest_dma) return fmt::format("{} bytes are more than {}", dma.size, format_size(largest_dma));
  if (dma.size != 0 && !Range<BusAddr>::from_size(dma.address, dma.size))
    return fmt::format("{} bytes at {} pass the end of the address space", dma.size, format_hex(dma.address.value()));
  switch (dma.operation) {
    case Operation::read:
      // PCIe base specification, 2.7.2.2: only a TLP with data can be poisoned.
      if (dma.poisoned) return "a read brings no data that could be poisoned";
      return std::nullopt;
    case Operation::write:
      if (dma.size == 0) return "a write of 0 bytes does not exist; only a read can have no length";
      return std::nullopt;
    case Operation::atomic: return why_no_atomic(dma);
  }
  return std::nullopt;
}

}  // namespace iommusim::traces
