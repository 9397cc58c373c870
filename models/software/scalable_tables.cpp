// SPDX-License-Identifier: Apache-2.0
// Scalable mode: context entries lead to PASID directories and tables (VT-d specification, 9.2 and 9.4 to 9.6).
// Requests without PASID use PASID 0, as in Linux.
#include "iommu/vtd/pasid_entry.h"
#include "iommu/vtd/scalable_context_entry.h"
#include "software/device_tables.h"

namespace iommusim::software {
namespace {

using vtd::PasidDirectoryEntry;
using vtd::PasidTableEntry;
using vtd::ScalableContextEntry;
using vtd::ScalableRootHalf;

/// A directory of one page: 512 entries.
constexpr std::uint8_t directory_size = 2;

class ScalableTables final : public DeviceTables {
 public:
  ScalableTables(CpuBus& bus, PageAllocator& pages) : bus_{bus}, pages_{pages}, root_{pages.allocate()} {}

  PhysAddr root() const override { return root_; }
  vtd::TableMode mode() const override { return vtd::TableMode::scalable; }
  void write(RequesterId requester, const TableTarget& target) override;
  void clear(RequesterId requester) override;

 private:
  PhysAddr context_address(RequesterId requester);
  PhysAddr pasid_entry_address(PhysAddr directory);
  PhysAddr directory_of(PhysAddr context);
  template <class Entry>
  void store_present_last(PhysAddr address, const Entry& entry);

  CpuBus& bus_;
  PageAllocator& pages_;
  PhysAddr root_;
};

constexpr std::uint8_t address_width(unsigned levels) {
  return static_cast<std::uint8_t>(levels - 2);
}

void set_second_stage(PasidTableEntry& entry, PhysAddr root, unsigned levels) {
  entry.set<PasidTableEntry::AW>(address_width(levels));
  entry.set<PasidTableEntry::SSPTPTR>(root.value() / page_4k);
}

PasidTableEntry pasid_entry(const TableTarget& target) {
  PasidTableEntry entry;
  entry.set<PasidTableEntry::DID>(target.domain);
  entry.set<PasidTableEntry::P>(true);
  if (target.tables && target.stage == Stage::first) {
    entry.set<PasidTableEntry::PGTT>(vtd::Pgtt::first_stage);
    entry.set<PasidTableEntry::FSPM>(static_cast<std::uint8_t>(target.levels - 4));
    entry.set<PasidTableEntry::FSPTPTR>(target.tables->value() / page_4k);
    if (!target.below) return entry;
    entry.set<PasidTableEntry::PGTT>(vtd::Pgtt::nested);
    set_second_stage(entry, target.below->root, target.below->levels);
    return entry;
  }
  if (target.tables) {
    entry.set<PasidTableEntry::PGTT>(vtd::Pgtt::second_stage);
    set_second_stage(entry, *target.tables, target.levels);
  } else {
    entry.set<PasidTableEntry::PGTT>(vtd::Pgtt::pass_through);
    entry.set<PasidTableEntry::AW>(address_width(target.levels));
  }
  return entry;
}

void ScalableTables::write(RequesterId requester, const TableTarget& target) {
  const PhysAddr context = context_address(requester);
  const PhysAddr directory = directory_of(context);
  store_present_last(pasid_entry_address(directory), pasid_entry(target));

  ScalableContextEntry entry;
  entry.set<ScalableContextEntry::PASIDDIRPTR>(directory.value() / page_4k);
  entry.set<ScalableContextEntry::PDTS>(directory_size);
  entry.set<ScalableContextEntry::DTE>(target.device_tlb);
  entry.set<ScalableContextEntry::PRE>(target.page_requests);
  entry.set<ScalableContextEntry::P>(true);
  store_present_last(context, entry);
}

/// The low word holds the present bit; the directory stays where it is, for the next time.
void ScalableTables::clear(RequesterId requester) {
  const PhysAddr context = context_address(requester);
  const ScalableContextEntry entry{bus_.load64(context)};
  ScalableContextEntry absent;
  absent.set<ScalableContextEntry::PASIDDIRPTR>(entry.get<ScalableContextEntry::PASIDDIRPTR>());
  bus_.store64(context, absent.word(0));
}

/// In the half of the root entry that serves the requester's device number.
PhysAddr ScalableTables::context_address(RequesterId requester) {
  const std::uint64_t half = 2 * std::uint64_t{requester.bus()} + vtd::root_half_of(requester);
  const PhysAddr root_entry = root_ + half * ScalableRootHalf::bytes;
  ScalableRootHalf entry{bus_.load64(root_entry)};
  if (!entry.get<ScalableRootHalf::P>()) {
    entry.set<ScalableRootHalf::CTP>(pages_.allocate().value() / page_4k);
    entry.set<ScalableRootHalf::P>(true);
    bus_.store64(root_entry, entry.raw());
  }
  const std::uint64_t index = requester.devfn() % vtd::scalable_context_entries;
  return PhysAddr{entry.get<ScalableRootHalf::CTP>() * page_4k} + index * ScalableContextEntry::bytes;
}

PhysAddr ScalableTables::directory_of(PhysAddr context) {
  const ScalableContextEntry entry{bus_.load64(context)};
  const std::uint64_t page = entry.get<ScalableContextEntry::PASIDDIRPTR>();
  return page != 0 ? PhysAddr{page * page_4k} : pages_.allocate();
}

PhysAddr ScalableTables::pasid_entry_address(PhysAddr directory) {
  PasidDirectoryEntry entry{bus_.load64(directory)};
  if (!entry.get<PasidDirectoryEntry::P>()) {
    entry.set<PasidDirectoryEntry::SMPTBLPTR>(pages_.allocate().value() / page_4k);
    entry.set<PasidDirectoryEntry::P>(true);
    bus_.store64(directory, entry.raw());
  }
  return PhysAddr{entry.get<PasidDirectoryEntry::SMPTBLPTR>() * page_4k};
}

template <class Entry>
void ScalableTables::store_present_last(PhysAddr address, const Entry& entry) {
  for (std::size_t i = Entry::words; i-- != 0;)
    bus_.store64(address + 8 * i, entry.word(i));
}

}  // namespace

std::unique_ptr<DeviceTables> make_scalable_tables(CpuBus& bus, PageAllocator& pages) {
  return std::make_unique<ScalableTables>(bus, pages);
}

}  // namespace iommusim::software
