// SPDX-License-Identifier: Apache-2.0
// Builds scalable-mode VT-d tables in memory: root halves, context entries, PASID directories and tables, first-stage
// tables in host or guest memory. The layouts are retyped from the VT-d sheet (2.1, 2.3 to 2.6) and share nothing with
// the model's.
#pragma once

#include "support/vtd_tables.h"

#include <cstdint>
#include <optional>

namespace iommusim::tests {

struct ScalableRootEntry : Word<128> {
  using Word::Word;
  struct LP : Field<0, 0> {};
  struct LCTP : Field<63, 12> {};
  struct UP : Field<64, 64> {};
  struct UCTP : Field<127, 76> {};
};

struct ScalableContextEntry : Word<256> {
  using Word::Word;
  struct P : Field<0, 0> {};
  struct FPD : Field<1, 1> {};
  struct DTE : Field<2, 2> {};
  struct PASIDE : Field<3, 3> {};
  struct PRE : Field<4, 4> {};
  struct PDTS : Field<11, 9> {};
  struct PASIDDIRPTR : Field<63, 12> {};
  struct RID_PASID : Field<83, 64> {};
  struct RID_PRIV : Field<84, 84> {};
};

struct PasidDirectoryEntry : Word<64> {
  using Word::Word;
  struct P : Field<0, 0> {};
  struct FPD : Field<1, 1> {};
  struct SMPTBLPTR : Field<63, 12> {};
};

/// Encodings of PasidEntry::PGTT.
namespace pgtt {
constexpr std::uint64_t first_stage = 1, second_stage = 2, nested = 3, pass_through = 4;
}  // namespace pgtt

struct PasidEntry : Word<512> {
  using Word::Word;
  struct P : Field<0, 0> {};
  struct FPD : Field<1, 1> {};
  struct AW : Field<4, 2> {};
  struct SLEE : Field<5, 5> {};
  struct PGTT : Field<8, 6> {};
  struct SLADE : Field<9, 9> {};
  struct SLPTPTR : Field<63, 12> {};
  struct DID : Field<79, 64> {};
  struct PWSNP : Field<87, 87> {};
  struct PGSNP : Field<88, 88> {};
  struct SRE : Field<128, 128> {};
  struct ERE : Field<129, 129> {};
  struct FLPM : Field<131, 130> {};
  struct WPE : Field<132, 132> {};
  struct NXE : Field<133, 133> {};
  struct SMEP : Field<134, 134> {};
  struct EAFE : Field<135, 135> {};
  struct FLPTPTR : Field<191, 140> {};
};

struct FirstStageEntry : Word<64> {
  using Word::Word;
  struct P : Field<0, 0> {};
  struct RW : Field<1, 1> {};
  struct US : Field<2, 2> {};
  struct A : Field<5, 5> {};
  struct D : Field<6, 6> {};
  struct PS : Field<7, 7> {};
  struct EA : Field<10, 10> {};
  struct Address : Field<51, 12> {};
  struct XD : Field<63, 63> {};
};

/// Bits of paging entries (sheet 2.6 and 2.7).
namespace first_stage_bit {
constexpr std::uint64_t a = 1 << 5, d = 1 << 6, ea = 1 << 10;
}
namespace second_stage_bit {
constexpr std::uint64_t a = 1 << 8, d = 1 << 9;
}

/// First-stage tables. With a second stage they lie in guest memory, `guest_offset` above their place in the host's.
struct FirstStage {
  unsigned levels = 4;
  PhysAddr top;
  std::optional<Domain> second;
  std::uint64_t guest_offset = 0;

  std::uint64_t guest_top() const { return top.value() + guest_offset; }
};

/// Shares the pages of `pages`, which also makes the second-stage tables.
class ScalableTables {
 public:
  explicit ScalableTables(VtdTables& pages) : pages_{pages}, root_{pages.new_page()} {}

  PhysAddr root() const { return root_; }

  /// Root half, context entry and directory of a requester: PASIDs of 20 bits allowed, RID_PASID 0.
  void attach(RequesterId requester);
  void set_pasid(RequesterId requester, std::uint32_t pasid, const PasidEntry& entry);

  /// Present entries of domain `id`. Walks are snooped.
  static PasidEntry pass_through(std::uint16_t id, unsigned levels = 4);
  static PasidEntry second_stage(const Domain& domain);
  /// Nested where the tables have a second stage; the domain is then that one's.
  static PasidEntry first_stage(const FirstStage& tables, std::uint16_t id);

  FirstStage new_first_stage(unsigned levels = 4);
  FirstStage new_nested(const Domain& second, std::uint64_t guest_offset, unsigned levels = 4);
  /// Maps `page_size` bytes; tables on the way permit everything. `to` is a guest address when nested. Returns the
  /// leaf's place in host memory.
  PhysAddr map(const FirstStage& tables, Iova from, std::uint64_t to, std::uint64_t page_size = page_4k);

  PhysAddr root_entry(std::uint8_t bus) const { return root_ + 16 * std::uint64_t{bus}; }
  PhysAddr context_entry(RequesterId requester) const;
  PhysAddr directory_entry(RequesterId requester, std::uint32_t pasid) const;
  PhysAddr pasid_entry(RequesterId requester, std::uint32_t pasid) const;
  PhysAddr first_stage_entry(const FirstStage& tables, Iova address, unsigned level) const;

 private:
  PhysAddr new_table(const FirstStage& tables);

  VtdTables& pages_;
  PhysAddr root_;
};

}  // namespace iommusim::tests
