// SPDX-License-Identifier: Apache-2.0
// MSI capability (PCIe base specification, 7.7.1).
#pragma once

#include "base/address.h"
#include "base/word.h"
#include "pcie/config_space.h"

#include <cstdint>
#include <optional>

namespace iommusim::pcie {

struct MsiControl : Word<16> {
  using Word::Word;
  struct Enable : Field<0, 0> {};
  /// Powers of two: 2^n vectors.
  struct MultipleMessageCapable : Field<3, 1> {};
  struct MultipleMessageEnable : Field<6, 4> {};
  struct Is64Bit : Field<7, 7> {};
  struct PerVectorMasking : Field<8, 8> {};
};

/// Offsets in bytes from the capability. What follows the address depends on its width.
namespace msi {
constexpr unsigned control = 0x02;
constexpr unsigned address = 0x04;
constexpr unsigned upper_address = 0x08;
constexpr unsigned data(MsiControl layout) {
  return layout.get<MsiControl::Is64Bit>() != 0 ? 0x0C : 0x08;
}
constexpr unsigned mask(MsiControl layout) {
  return data(layout) + 4;
}
constexpr unsigned pending(MsiControl layout) {
  return data(layout) + 8;
}
constexpr unsigned bytes(MsiControl layout) {
  return layout.get<MsiControl::PerVectorMasking>() != 0 ? data(layout) + 12 : data(layout) + 4;
}
}  // namespace msi

/// The 4-byte memory write by which a function signals a vector.
struct MessageWrite {
  BusAddr address;
  std::uint32_t data = 0;
};

/// The write for `vector` as software programmed the MSI capability. nullopt: no capability, MSI disabled,
/// more vectors than enabled, or masked.
std::optional<MessageWrite> msi_message(const ConfigSpace& config, unsigned vector);

}  // namespace iommusim::pcie
