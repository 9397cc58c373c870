// SPDX-License-Identifier: Apache-2.0
// Legacy mode: a context entry says everything (VT-d specification, 9.3).
#include "software/context_tables.h"
#include "software/device_tables.h"

namespace iommusim::software {
namespace {

using vtd::ContextEntry;

vtd::TranslationType type_of(const TableTarget& target) {
  if (!target.tables) return vtd::TranslationType::pass_through;
  return target.device_tlb ? vtd::TranslationType::second_stage_with_ats : vtd::TranslationType::second_stage;
}

class LegacyTables final : public DeviceTables {
 public:
  LegacyTables(CpuBus& bus, PageAllocator& pages) : contexts_{bus, pages} {}

  PhysAddr root() const override { return contexts_.root(); }
  vtd::TableMode mode() const override { return vtd::TableMode::legacy; }
  void clear(RequesterId requester) override { contexts_.clear(requester); }

  void write(RequesterId requester, const TableTarget& target) override {
    ContextEntry entry;
    entry.set<ContextEntry::DID>(target.domain);
    entry.set<ContextEntry::AW>(static_cast<std::uint8_t>(target.levels - 2));
    entry.set<ContextEntry::TT>(type_of(target));
    if (target.tables) entry.set<ContextEntry::SSPTPTR>(target.tables->value() / page_4k);
    entry.set<ContextEntry::P>(true);
    contexts_.write(requester, entry);
  }

 private:
  ContextTables contexts_;
};

}  // namespace

std::unique_ptr<DeviceTables> make_legacy_tables(CpuBus& bus, PageAllocator& pages) {
  return std::make_unique<LegacyTables>(bus, pages);
}

}  // namespace iommusim::software
