// SPDX-License-Identifier: Apache-2.0
// Message-signalled interrupts on x86 (Intel SDM volume 3, 11.11).
#pragma once

#include "base/address.h"
#include "base/range.h"
#include "base/word.h"

#include <cstdint>

namespace iommusim::interrupts {

/// One MSI as it travels: a 4-byte posted write of `data` to `address`.
struct MsiMessage {
  BusAddr address;
  std::uint32_t data = 0;

  friend bool operator==(const MsiMessage& a, const MsiMessage& b) {
    return a.address == b.address && a.data == b.data;
  }
};

/// Message address of a compatibility-format MSI.
struct MsiAddress : Word<64> {
  using Word::Word;
  struct ExtendedDestination : Field<63, 40> {};
  struct Window : Field<31, 20> {};
  struct Destination : Field<19, 12> {};
  struct RedirectionHint : Field<3, 3> {};
  struct DestinationMode : Field<2, 2> {};
};

/// Message data of a compatibility-format MSI.
struct MsiData : Word<32> {
  using Word::Word;
  struct TriggerMode : Field<15, 15> {};
  struct Level : Field<14, 14> {};
  struct DeliveryMode : Field<10, 8> {};
  struct Vector : Field<7, 0> {};
};

/// The window in which the root complex takes writes for interrupts, before any translation.
constexpr Range<BusAddr> local_apic_window{BusAddr{0xFEE0'0000}, BusAddr{0xFEEF'FFFF}};

}  // namespace iommusim::interrupts
