// SPDX-License-Identifier: Apache-2.0
#include "pcie/config_space.h"

#include <stdexcept>

namespace iommusim::pcie {

namespace {

bool is_aligned(unsigned offset, unsigned width) {
  return (width == 1 || width == 2 || width == 4) && offset < ConfigSpace::size && offset % width == 0;
}

std::uint32_t all_ones(unsigned width) {
  return width == 1 ? 0xFF : width == 2 ? 0xFFFF : 0xFFFF'FFFF;
}

std::uint8_t byte_of(std::uint32_t value, unsigned index) {
  return static_cast<std::uint8_t>(value >> (8 * index));
}

}  // namespace

ConfigSpace::ConfigSpace() : bytes_(size) {}

std::uint32_t ConfigSpace::read(unsigned offset, unsigned width) const {
  if (!is_aligned(offset, width)) return all_ones(width);
  std::uint32_t value = 0;
  for (unsigned i = 0; i < width; ++i)
    value |= std::uint32_t{bytes_[offset + i].value} << (8 * i);
  return value;
}

void ConfigSpace::write(unsigned offset, unsigned width, std::uint32_t value) {
  if (!is_aligned(offset, width)) return;
  for (unsigned i = 0; i < width; ++i) {
    Byte& byte = bytes_[offset + i];
    const std::uint8_t written = byte_of(value, i);
    const unsigned kept = byte.value & ~unsigned{byte.writable} & ~(unsigned{written} & byte.write_one_clears);
    byte.value = static_cast<std::uint8_t>(kept | (unsigned{written} & byte.writable));
  }
}

void ConfigSpace::define(const Register& definition) {
  if (!is_aligned(definition.offset, definition.width))
    throw std::invalid_argument("configuration register at an impossible offset");
  for (unsigned i = 0; i < definition.width; ++i)
    bytes_[definition.offset + i] = {byte_of(definition.reset, i), byte_of(definition.writable, i),
                                     byte_of(definition.write_one_clears, i)};
}

void ConfigSpace::latch(unsigned offset, unsigned width, std::uint32_t bits) {
  if (!is_aligned(offset, width)) return;
  for (unsigned i = 0; i < width; ++i) {
    Byte& byte = bytes_[offset + i];
    byte.value = static_cast<std::uint8_t>(byte.value | byte_of(bits, i));
  }
}

void ConfigSpace::record(unsigned offset, unsigned width, std::uint32_t value) {
  if (!is_aligned(offset, width)) return;
  for (unsigned i = 0; i < width; ++i)
    bytes_[offset + i].value = byte_of(value, i);
}

std::uint32_t ConfigSpace::writable(unsigned offset, unsigned width) const {
  if (!is_aligned(offset, width)) return 0;
  std::uint32_t mask = 0;
  for (unsigned i = 0; i < width; ++i)
    mask |= std::uint32_t{bytes_[offset + i].writable} << (8 * i);
  return mask;
}

}  // namespace iommusim::pcie
