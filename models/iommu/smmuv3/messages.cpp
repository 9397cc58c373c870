// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/messages.h"

#include "base/endian.h"

#include <array>

namespace iommusim::smmuv3 {

bool Messages::send(std::uint64_t address, std::uint32_t data) {
  const std::uint64_t target = address & reachable_;
  std::array<std::uint8_t, sizeof data> bytes{};
  store_le(bytes.data(), data);
  if (bus_.write(PhysAddr{target}, bytes.data(), bytes.size())) return true;
  if (!sink) return false;
  refused_ = false;
  sink({BusAddr{target}, data});
  const bool delivered = !refused_;
  refused_ = false;
  return delivered;
}

}  // namespace iommusim::smmuv3
