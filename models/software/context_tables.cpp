// SPDX-License-Identifier: Apache-2.0
#include "software/context_tables.h"

#include "iommu/vtd/root_entry.h"

namespace iommusim::software {

using vtd::ContextEntry;
using vtd::RootEntry;

ContextTables::ContextTables(CpuBus& bus, PageAllocator& pages) : bus_{bus}, pages_{pages}, root_{pages.allocate()} {}

// The present bit lies in the low word: it is stored last.
void ContextTables::write(RequesterId requester, const ContextEntry& entry) {
  const PhysAddr address = entry_address(requester);
  bus_.store64(address + 8, entry.word(1));
  bus_.store64(address, entry.word(0));
}

// The low word first, for the same reason.
void ContextTables::clear(RequesterId requester) {
  const PhysAddr address = entry_address(requester);
  bus_.store64(address, 0);
  bus_.store64(address + 8, 0);
}

PhysAddr ContextTables::entry_address(RequesterId requester) {
  const PhysAddr root_entry = root_ + requester.bus() * RootEntry::bytes;
  RootEntry entry{{bus_.load64(root_entry), 0}};
  if (!entry.get<RootEntry::P>()) {
    entry.set<RootEntry::CTP>(pages_.allocate().value() / page_4k);
    entry.set<RootEntry::P>(true);
    bus_.store64(root_entry, entry.word(0));
  }
  return PhysAddr{entry.get<RootEntry::CTP>() * page_4k} + requester.devfn() * ContextEntry::bytes;
}

}  // namespace iommusim::software
