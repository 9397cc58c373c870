// SPDX-License-Identifier: Apache-2.0
// Registers of a redistributor that concern LPIs, and its table entries (GICv3 architecture, 12.11 and 5.1).
#pragma once

#include "base/word.h"

#include <cstdint>

namespace iommusim::gic::gicr {

/// Offsets in the frame RD_base.
enum Offset : std::uint64_t {
  ctlr = 0x0000,
  iidr = 0x0004,
  typer = 0x0008,
  setlpir = 0x0040,
  clrlpir = 0x0048,
  propbaser = 0x0070,
  pendbaser = 0x0078,
  invlpir = 0x00A0,
  invallr = 0x00B0,
  syncr = 0x00C0,
  pidr2 = 0xFFE8,
};

/// RD_base and SGI_base.
constexpr std::uint64_t frame_size = 0x2'0000;

struct Control : Word<32> {
  using Word::Word;
  struct EnableLPIs : Field<0, 0, bool> {};
};

struct Type : Word<64> {
  using Word::Word;
  struct Affinity : Field<63, 32> {};
  struct ProcessorNumber : Field<23, 8> {};
  struct Last : Field<4, 4, bool> {};
  struct DirectLPI : Field<3, 3, bool> {};
  struct PLPIS : Field<0, 0, bool> {};
};

struct PropertiesBase : Word<64> {
  using Word::Word;
  struct OuterCache : Field<58, 56> {};
  struct PhysicalAddress : Field<51, 12> {};
  struct Shareability : Field<11, 10> {};
  struct InnerCache : Field<9, 7> {};
  struct IDbits : Field<4, 0> {};
  static constexpr std::uint64_t writable =
      OuterCache::mask | PhysicalAddress::mask | Shareability::mask | InnerCache::mask | IDbits::mask;
};

struct PendingBase : Word<64> {
  using Word::Word;
  /// Pending table zero: software says that the table is.
  struct PTZ : Field<62, 62, bool> {};
  struct OuterCache : Field<58, 56> {};
  struct PhysicalAddress : Field<51, 16> {};
  struct Shareability : Field<11, 10> {};
  struct InnerCache : Field<9, 7> {};
  /// PTZ reads as zero.
  static constexpr std::uint64_t writable =
      OuterCache::mask | PhysicalAddress::mask | Shareability::mask | InnerCache::mask;
};

/// GICR_SETLPIR, GICR_CLRLPIR, GICR_INVLPIR.
struct LpiNumber : Word<64> {
  using Word::Word;
  struct INTID : Field<31, 0> {};
};

/// One byte of the LPI configuration table.
struct LpiConfiguration : Word<16> {
  using Word::Word;
  struct Priority : Field<7, 2> {};
  struct Enable : Field<0, 0, bool> {};
  /// As priorities are compared: 0 is the highest.
  std::uint8_t priority() const { return static_cast<std::uint8_t>(raw() & Priority::mask); }
};

}  // namespace iommusim::gic::gicr
