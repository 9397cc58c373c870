// SPDX-License-Identifier: Apache-2.0
// A memory with tables, made by builders, and a unit that reads them.
#pragma once

#include "base/endian.h"
#include "iommu/vtd/context_entry.h"
#include "iommu/vtd/register_map.h"
#include "iommu/vtd/registers.h"
#include "iommu/vtd/root_entry.h"
#include "iommu/vtd/second_stage_entry.h"
#include "iommu/vtd/unit.h"
#include "memory/sparse_memory.h"

#include <cstdint>
#include <vector>

namespace iommusim::vtd::testing {

/// Offsets in the default configuration, typed from the specification.
namespace offset {
constexpr std::uint64_t gcmd = 0x018, gsts = 0x01C, rtaddr = 0x020, ccmd = 0x028, fsts = 0x034, fectl = 0x038,
                        fedata = 0x03C, feaddr = 0x040, pmen = 0x064, plmbase = 0x068, plmlimit = 0x06C, iqh = 0x080,
                        iqt = 0x088, iqa = 0x090, ics = 0x09C, iqercd = 0x0B0, iva = 0x0F0, iotlb = 0x0F8, frcd = 0x220;
}  // namespace offset

constexpr std::uint32_t te = 1u << 31, srtp = 1u << 30, qie = 1u << 26;

/// 1 GiB of memory; the tables grow upwards from 64 KiB, pages of a domain lie in one second-stage hierarchy.
class Machine {
 public:
  explicit Machine(const UnitConfig& config = {}) : unit{config, memory} { root_ = new_table(); }

  PhysAddr new_table() {
    const PhysAddr table = next_table_;
    next_table_ += page_4k;
    return table;
  }

  /// A context entry for translation through `table` with `levels` levels.
  static ContextEntry second_stage(PhysAddr table, unsigned levels, std::uint16_t domain) {
    ContextEntry entry;
    entry.set<ContextEntry::P>(true);
    entry.set<ContextEntry::AW>(static_cast<std::uint8_t>(levels - 2));
    entry.set<ContextEntry::DID>(domain);
    entry.set<ContextEntry::SSPTPTR>(table.value() >> 12);
    return entry;
  }
  static ContextEntry pass_through(unsigned levels) {
    ContextEntry entry = second_stage(PhysAddr{0}, levels, 0x77);
    entry.set<ContextEntry::TT>(TranslationType::pass_through);
    return entry;
  }

  void set_context(RequesterId requester, const ContextEntry& entry) {
    const PhysAddr at = root_ + 16u * requester.bus();
    PhysAddr contexts{load(at) & RootEntry::CTP::mask};
    if (contexts == PhysAddr{0}) {
      contexts = new_table();
      RootEntry root;
      root.set<RootEntry::P>(true);
      root.set<RootEntry::CTP>(contexts.value() >> 12);
      store(at, root.word(0));
    }
    store(contexts + 16u * requester.devfn(), entry.word(0));
    store(contexts + 16u * requester.devfn() + 8, entry.word(1));
  }

  /// Maps one page of the size of `leaf_level`; returns where its entry lies.
  PhysAddr map(PhysAddr table, unsigned levels, Iova iova, PhysAddr page, unsigned leaf_level = 1, bool write = true) {
    for (unsigned level = levels; level > leaf_level; --level) {
      const PhysAddr at = table + 8 * table_index(iova.value(), level);
      if (load(at) == 0) store(at, paging_entry(new_table(), true).raw());
      table = PhysAddr{load(at) & SecondStageEntry::ADDR::mask};
    }
    SecondStageEntry leaf = paging_entry(page, write);
    leaf.set<SecondStageEntry::PS>(leaf_level > 1);
    const PhysAddr at = table + 8 * table_index(iova.value(), leaf_level);
    store(at, leaf.raw());
    return at;
  }

  void enable(TableMode mode = TableMode::legacy) {
    unit.write_register(offset::rtaddr, 8, root_.value() | static_cast<std::uint64_t>(mode) << 10);
    unit.write_register(offset::gcmd, 4, srtp);
    unit.write_register(offset::gcmd, 4, te);
  }

  iommu::TranslationResult request(RequesterId requester, Operation operation, std::uint64_t address,
                                   std::uint32_t size = 64) {
    return unit.translate(make_request(requester, operation, address, size), fetches);
  }
  static iommu::TranslationRequest make_request(RequesterId requester, Operation operation, std::uint64_t address,
                                                std::uint32_t size = 64) {
    iommu::TranslationRequest made;
    made.requester = requester;
    made.operation = operation;
    made.address = Iova{address};
    made.size = size;
    return made;
  }

  std::uint64_t load(PhysAddr address) const {
    std::uint64_t value = 0;
    memory.read(address, &value, sizeof value);
    return load_le<std::uint64_t>(&value);
  }
  void store(PhysAddr address, std::uint64_t value) {
    store_le(&value, value);
    memory.write(address, &value, sizeof value);
  }

  PhysAddr root() const { return root_; }

  memory::SparseMemory memory{{{ComponentId{0}, {PhysAddr{0}, PhysAddr{page_1g - 1}}}}};
  Unit unit;
  iommu::FetchLog fetches;

 private:
  static SecondStageEntry paging_entry(PhysAddr to, bool write) {
    SecondStageEntry entry;
    entry.set<SecondStageEntry::R>(true);
    entry.set<SecondStageEntry::W>(write);
    entry.set<SecondStageEntry::ADDR>(to.value() >> 12);
    return entry;
  }

  PhysAddr next_table_{0x1'0000};
  PhysAddr root_;
};

}  // namespace iommusim::vtd::testing
