// SPDX-License-Identifier: Apache-2.0
// Little-endian loads and stores: every structure that hardware reads from memory is little-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace iommusim {

template <class T>
T load_le(const void* from) {
  static_assert(std::is_unsigned_v<T>);
  T value;
  std::memcpy(&value, from, sizeof value);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#error "big-endian hosts are not supported yet: swap here"
#endif
  return value;
}

template <class T>
void store_le(void* to, T value) {
  static_assert(std::is_unsigned_v<T>);
  std::memcpy(to, &value, sizeof value);
}

}  // namespace iommusim
