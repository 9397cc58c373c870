// SPDX-License-Identifier: Apache-2.0
// Registers of an ITS (GICv3 architecture, 12.19).
#pragma once

#include "base/word.h"

#include <cstdint>

namespace iommusim::gic::gits {

/// Offsets. The control page is 64 KiB, and so is the translation page behind it.
enum Offset : std::uint64_t {
  ctlr = 0x0000,
  iidr = 0x0004,
  typer = 0x0008,
  cbaser = 0x0080,
  cwriter = 0x0088,
  creadr = 0x0090,
  baser = 0x0100,
  pidr2 = 0xFFE8,
  translater = 0x1'0040,
};

constexpr std::uint64_t control_page_size = 0x1'0000;
constexpr std::uint64_t frame_size = 0x2'0000;
constexpr unsigned table_count = 8;

struct Control : Word<32> {
  using Word::Word;
  struct Quiescent : Field<31, 31, bool> {};
  struct Enabled : Field<0, 0, bool> {};
};

struct Type : Word<64> {
  using Word::Word;
  struct VMOVP : Field<37, 37, bool> {};
  struct CIL : Field<36, 36, bool> {};
  struct CIDbits : Field<35, 32> {};
  struct HCC : Field<31, 24> {};
  struct PTA : Field<19, 19, bool> {};
  struct SEIS : Field<18, 18, bool> {};
  struct Devbits : Field<17, 13> {};
  struct IDbits : Field<12, 8> {};
  struct ITTentrySize : Field<7, 4> {};
  struct CCT : Field<2, 2, bool> {};
  struct Virtual : Field<1, 1, bool> {};
  struct Physical : Field<0, 0, bool> {};
};

struct CommandQueueBase : Word<64> {
  using Word::Word;
  struct Valid : Field<63, 63, bool> {};
  struct InnerCache : Field<61, 59> {};
  struct OuterCache : Field<55, 53> {};
  struct PhysicalAddress : Field<51, 12> {};
  struct Shareability : Field<11, 10> {};
  /// 4 KiB pages, less one.
  struct Size : Field<7, 0> {};
  static constexpr std::uint64_t writable =
      Valid::mask | InnerCache::mask | OuterCache::mask | PhysicalAddress::mask | Shareability::mask | Size::mask;

  std::uint64_t queue_bytes() const { return (get<Size>() + 1) << 12; }
};

struct CommandWriter : Word<64> {
  using Word::Word;
  struct Offset : Field<19, 5> {};
  struct Retry : Field<0, 0, bool> {};
  /// Retry reads as zero.
  static constexpr std::uint64_t writable = Offset::mask;
};

struct CommandReader : Word<64> {
  using Word::Word;
  struct Offset : Field<19, 5> {};
  struct Stalled : Field<0, 0, bool> {};
};

enum class TableType : std::uint8_t { none = 0, devices = 1, virtual_processors = 2, collections = 4 };

/// GITS_BASER<n>.
struct TableBase : Word<64> {
  using Word::Word;
  struct Valid : Field<63, 63, bool> {};
  struct Indirect : Field<62, 62, bool> {};
  struct InnerCache : Field<61, 59> {};
  struct Type : Field<58, 56, TableType> {};
  struct OuterCache : Field<55, 53> {};
  struct EntrySize : Field<52, 48> {};
  struct PhysicalAddress : Field<47, 12> {};
  struct Shareability : Field<11, 10> {};
  struct PageSize : Field<9, 8> {};
  /// Pages, less one.
  struct Size : Field<7, 0> {};
  /// By everybody; Indirect and Page_Size where the ITS lets software choose.
  static constexpr std::uint64_t writable =
      Valid::mask | InnerCache::mask | OuterCache::mask | PhysicalAddress::mask | Shareability::mask | Size::mask;
};

static_assert(fields_disjoint<TableBase::Valid, TableBase::Indirect, TableBase::InnerCache, TableBase::Type,
                              TableBase::OuterCache, TableBase::EntrySize, TableBase::PhysicalAddress,
                              TableBase::Shareability, TableBase::PageSize, TableBase::Size>());

/// An entry of the first level of a two-level table: where a page of the second is.
struct Level1Entry : Word<64> {
  using Word::Word;
  struct Valid : Field<63, 63, bool> {};
  struct PhysicalAddress : Field<51, 12> {};
};

}  // namespace iommusim::gic::gits
