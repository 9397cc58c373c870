// SPDX-License-Identifier: Apache-2.0
#include "software/cpu_bus.h"

#include "base/endian.h"

#include <array>

namespace iommusim::software {
namespace {

template <class T>
T load(CpuBus& bus, PhysAddr address) {
  std::array<std::uint8_t, sizeof(T)> bytes{};
  bus.load(address, bytes.data(), bytes.size());
  return load_le<T>(bytes.data());
}

template <class T>
void store(CpuBus& bus, PhysAddr address, T value) {
  std::array<std::uint8_t, sizeof(T)> bytes{};
  store_le(bytes.data(), value);
  bus.store(address, bytes.data(), bytes.size());
}

}  // namespace

std::uint32_t CpuBus::load32(PhysAddr address) {
  return iommusim::software::load<std::uint32_t>(*this, address);
}
std::uint64_t CpuBus::load64(PhysAddr address) {
  return iommusim::software::load<std::uint64_t>(*this, address);
}
void CpuBus::store32(PhysAddr address, std::uint32_t value) {
  iommusim::software::store(*this, address, value);
}
void CpuBus::store64(PhysAddr address, std::uint64_t value) {
  iommusim::software::store(*this, address, value);
}

}  // namespace iommusim::software
