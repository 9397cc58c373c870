// SPDX-License-Identifier: Apache-2.0
// The entries of the tables that an ITS keeps in memory. Their layout is the implementation's (GICv3
// architecture, 5.2): software gives zeroed memory and never looks. Ours repeats the layout of the commands that write
// them.
#pragma once

#include "base/address.h"
#include "base/word.h"

#include <cstdint>

namespace iommusim::gic {

/// Where the interrupt translation table of a DeviceID is.
struct DeviceEntry : Word<64> {
  using Word::Word;
  struct Valid : Field<63, 63, bool> {};
  /// 256-byte aligned.
  struct ITTaddr : Field<51, 8> {};
  /// Bits of the EventIDs, less one.
  struct Size : Field<4, 0> {};
  PhysAddr table() const { return PhysAddr{get<ITTaddr>() << 8}; }
};

/// The redistributor of a collection.
struct CollectionEntry : Word<64> {
  using Word::Word;
  struct Valid : Field<63, 63, bool> {};
  struct RDbase : Field<51, 16> {};
};

/// The interrupt of an event.
struct TranslationEntry : Word<64> {
  using Word::Word;
  struct Valid : Field<63, 63, bool> {};
  struct ICID : Field<47, 32> {};
  struct PINTID : Field<31, 0> {};
};

}  // namespace iommusim::gic
