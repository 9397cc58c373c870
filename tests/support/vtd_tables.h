// SPDX-License-Identifier: Apache-2.0
// Builds legacy-mode VT-d tables in memory, so that tests state fields and not raw words. The layouts are
// retyped from the VT-d sheet (2.1, 2.2, 2.7) and share nothing with the model's.
#pragma once

#include "base/requester_id.h"
#include "base/word.h"
#include "memory/physical_bus.h"

#include <cstdint>

namespace iommusim::tests {

struct RootEntry : Word<128> {
  using Word::Word;
  struct P : Field<0, 0> {};
  struct CTP : Field<63, 12> {};
};

/// Encodings of ContextEntry::TT.
enum class TranslationType : std::uint8_t { untranslated_only = 0, device_tlb = 1, pass_through = 2, reserved = 3 };

struct ContextEntry : Word<128> {
  using Word::Word;
  struct P : Field<0, 0> {};
  struct FPD : Field<1, 1> {};
  struct TT : Field<3, 2, TranslationType> {};
  struct SSPTPTR : Field<63, 12> {};
  struct AW : Field<66, 64> {};
  struct DID : Field<87, 72, std::uint16_t> {};
};

struct SecondStageEntry : Word<64> {
  using Word::Word;
  struct R : Field<0, 0> {};
  struct W : Field<1, 1> {};
  struct PS : Field<7, 7> {};
  struct SNP : Field<11, 11> {};
  struct Address : Field<51, 12> {};
};

/// The entry with one more bit set, by its number in the specification: for reserved bits.
template <class Entry>
Entry with_bit(Entry entry, unsigned bit) {
  entry.set_word(bit / 64, entry.word(bit / 64) | (std::uint64_t{1} << (bit % 64)));
  return entry;
}

struct Rights {
  bool read = true;
  bool write = true;
};

/// A second-stage table and what context entries say about it.
struct Domain {
  std::uint16_t id = 0;
  unsigned levels = 4;
  PhysAddr top;
};

/// A present entry that points to a table or a page.
SecondStageEntry second_stage_entry(PhysAddr target, Rights rights = {}, bool page_size = false);

/// Tables in pages that are taken one after another from `first_page` on. Memory there must be zero.
class VtdTables {
 public:
  VtdTables(memory::PhysicalBus& memory, PhysAddr first_page);

  PhysAddr root() const { return root_; }
  /// A zeroed page that nothing else uses.
  PhysAddr new_page();
  Domain new_domain(unsigned levels);

  /// Root and context entry of `requester` point to the domain (TT=00).
  void attach(RequesterId requester, const Domain& domain);
  /// Root and context entry of `requester` say pass-through; `levels` gives AW.
  void attach_pass_through(RequesterId requester, std::uint16_t domain_id, unsigned levels);

  /// Maps `page_size` (4 KiB, 2 MiB or 1 GiB) bytes; tables on the way are made with R=W=1. Returns the
  /// leaf's place.
  PhysAddr map(const Domain& domain, Iova from, PhysAddr to, Rights rights = {}, std::uint64_t page_size = page_4k);

  /// Where entries stand. `level` counts from 1 (PTE); every table above it must exist.
  PhysAddr root_entry(std::uint8_t bus) const;
  PhysAddr context_entry(RequesterId requester) const;
  PhysAddr second_stage_entry(const Domain& domain, Iova address, unsigned level) const;

  template <class Entry>
  Entry load(PhysAddr where) const {
    Entry entry;
    for (std::size_t i = 0; i < Entry::words; ++i)
      entry.set_word(i, load_word(where + 8 * i));
    return entry;
  }
  template <class Entry>
  void store(PhysAddr where, const Entry& entry) {
    for (std::size_t i = 0; i < Entry::words; ++i)
      store_word(where + 8 * i, entry.word(i));
  }
  /// Changes one field of the entry that stands at `where`.
  template <class Entry, class F>
  void set(PhysAddr where, typename F::value_type value) {
    auto entry = load<Entry>(where);
    entry.template set<F>(value);
    store(where, entry);
  }

 private:
  std::uint64_t load_word(PhysAddr where) const;
  void store_word(PhysAddr where, std::uint64_t value);
  void make_context_table(std::uint8_t bus);

  memory::PhysicalBus& memory_;
  PhysAddr next_page_;
  PhysAddr root_;
  std::uint16_t next_domain_ = 1;
};

}  // namespace iommusim::tests
