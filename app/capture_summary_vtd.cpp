// SPDX-License-Identifier: Apache-2.0
// The summary of a captured VT-d unit.
#include "app/capture_summary.h"
#include "base/endian.h"
#include "iommu/vtd/context_entry.h"
#include "iommu/vtd/registers.h"
#include "iommu/vtd/root_entry.h"
#include "iommu/vtd/unit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <optional>

namespace iommusim::app {
namespace {

using platforms::Capture;

// VT-d specification, 11.4.4 and 11.4.6.
constexpr std::uint64_t gsts_offset = 0x01C;
constexpr std::uint64_t rtaddr_offset = 0x020;
constexpr std::uint64_t entry_size = 16;
constexpr unsigned entries = 256;

/// Entry `index` of a root or context table; nullopt: it was not captured, or is not present.
template <class Entry>
std::optional<Entry> present_entry(const Capture& capture, PhysAddr table, unsigned index) {
  std::array<std::uint8_t, entry_size> bytes{};
  if (!capture.memory->read(table + index * entry_size, bytes.data(), bytes.size())) return std::nullopt;
  Entry entry;
  entry.set_word(0, load_le<std::uint64_t>(bytes.data()));
  entry.set_word(1, load_le<std::uint64_t>(bytes.data() + 8));
  return entry.template get<typename Entry::P>() ? std::optional{entry} : std::nullopt;
}

std::string context(const Capture& capture, RequesterId requester, const vtd::ContextEntry& entry) {
  const std::string domain = fmt::format("domain {:#x}, ", entry.get<vtd::ContextEntry::DID>());
  if (entry.get<vtd::ContextEntry::TT>() == vtd::TranslationType::pass_through) return domain + "pass-through";
  const std::uint64_t table = entry.get<vtd::ContextEntry::SSPTPTR>() << 12;
  return fmt::format("{}{} levels from {:#x}, {}", domain, vtd::levels_of(entry.get<vtd::ContextEntry::AW>()), table,
                     mapped_text(capture.unit->input_space(requester)));
}

std::string contexts(const Capture& capture, PhysAddr root_table) {
  std::string text;
  for (unsigned bus = 0; bus < entries; ++bus) {
    const auto root = present_entry<vtd::RootEntry>(capture, root_table, bus);
    if (!root) continue;
    const PhysAddr table{root->get<vtd::RootEntry::CTP>() << 12};
    for (unsigned devfn = 0; devfn < entries; ++devfn) {
      const RequesterId requester{static_cast<std::uint16_t>(bus << 8 | devfn)};
      if (const auto entry = present_entry<vtd::ContextEntry>(capture, table, devfn))
        text += summary_line(to_string(requester), context(capture, requester, *entry));
    }
  }
  return text.empty() ? summary_line("requesters", "none has a context entry") : text;
}

}  // namespace

std::string summary_of_vtd(const Capture& capture, const std::string& name) {
  const auto& unit = dynamic_cast<const vtd::Unit&>(*capture.unit);
  const vtd::UnitConfig& config = unit.config();
  const vtd::GlobalStatus status{unit.read_register(gsts_offset, 4)};
  const PhysAddr root_table{unit.read_register(rtaddr_offset, 8) & vtd::RootTableAddress::RTA::mask};
  const bool translates = status.get<vtd::GlobalStatus::TES>();
  std::string text = fmt::format("{}: VT-d unit at {:#x}\n", name, config.register_base.value());
  text += summary_line("addresses", fmt::format("{} bits, tables of {} levels", config.guest_address_width,
                                                fmt::join(config.table_levels, " or ")));
  if (!capture.unsupported.empty()) text += summary_line("not modelled", unsupported_of(capture));
  text += summary_line("memory", memory_text(*capture.memory));
  if (!translates) return text + summary_line("translation", "off");
  return text + summary_line("translation", fmt::format("on, root table at {:#x}", root_table.value())) +
         contexts(capture, root_table);
}

}  // namespace iommusim::app
