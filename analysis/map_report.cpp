// SPDX-License-Identifier: Apache-2.0
#include "analysis/map_report.h"

#include "analysis/names.h"
#include "base/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace iommusim::analysis {

using Json = nlohmann::ordered_json;
using platforms::Machine;

namespace {

std::string place_of(const Outcome& outcome, const Machine& machine) {
  const std::string& where = machine.name(outcome.where);
  const char* const unmapped = outcome.is_unmapped ? ", not mapped" : "";
  switch (outcome.kind) {
    case LandingKind::memory: return fmt::format("{} {:#x}", where, outcome.address);
    case LandingKind::peer: return fmt::format("{} BAR {} + {:#x}", where, outcome.bar, outcome.address);
    case LandingKind::interrupt: return where;
    case LandingKind::iommu_fault: return fmt::format("{} fault {:#x}{}", where, outcome.fault_reason, unmapped);
    case LandingKind::rejected:
      if (outcome.status == CompletionStatus::none) return fmt::format("{} drops it{}", where, unmapped);
      return fmt::format("{}: {}{}", where, to_string(outcome.status), unmapped);
  }
  return where;
}

Json outcome_json(const Outcome& outcome, const Machine& machine) {
  return {{"kind", to_string(outcome.kind)},
          {"detail", detail_of(outcome, machine)},
          {"rule", outcome.rule == nullptr ? Json(nullptr) : Json(outcome.rule->id)}};
}

Json row_json(const MapRow& row, const Machine& machine) {
  return {{"start", format_hex(row.range.first.value())},
          {"end", format_hex(row.range.last.value())},
          {"hardware", outcome_json(principal(row), machine)},
          {"read", outcome_json(row.read, machine)},
          {"write", outcome_json(row.write, machine)},
          {"software", {{"dma-api", row.dma_api}, {"vfio", row.vfio}, {"iommufd", row.iommufd}}},
          {"verdict", to_string(row.verdict)}};
}

Json device_json(const DeviceMap& map, const Machine& machine) {
  Json json{{"requester_id", requester_of(map.device, machine.topology()[map.device].requester, machine)},
            {"group", map.group ? Json(*map.group) : Json(nullptr)},
            {"ranges", Json::array()},
            {"reserved_regions", Json::array()}};
  for (const MapRow& row : map.rows)
    json["ranges"].push_back(row_json(row, machine));
  for (const software::ReservedRegion& region : map.reserved_regions)
    json["reserved_regions"].push_back(software::sysfs_line(region));
  return json;
}

/// 0 stands for 2^64. Sizes that fit no unit are rounded: the addresses beside them are exact.
std::string size_text(std::uint64_t size) {
  if (size == 0) return "16 EiB";
  constexpr std::array<const char*, 7> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  auto value = static_cast<double>(size);
  for (; value >= 1024 && unit + 1 < units.size(); ++unit)
    value /= 1024;
  const bool whole = value == static_cast<double>(static_cast<std::uint64_t>(value));
  return whole ? fmt::format("{:.0f} {}", value, units[unit]) : fmt::format("{:.1f} {}", value, units[unit]);
}

using Cells = std::array<std::string, 6>;
constexpr std::array<std::string_view, 6> headings{"range",  "size", "hardware", "rule", "believed usable by",
                                                   "verdict"};

std::string rule_text(const Outcome& outcome) {
  return outcome.rule == nullptr ? "-" : std::string{outcome.rule->id};
}

std::string hardware_text(const MapRow& row, const Outcome& outcome, const Machine& machine) {
  const bool differ = row.read.kind != row.write.kind;
  const char* which = !differ ? "" : &outcome == &row.write ? "write: " : "read: ";
  return fmt::format("{}{}: {}", which, to_string(outcome.kind), detail_of(outcome, machine));
}

std::string believers(const MapRow& row) {
  std::string text;
  const auto add = [&text](bool believes, const char* name) {
    if (believes) text += (text.empty() ? "" : " ") + std::string{name};
  };
  add(row.dma_api, "dma-api");
  add(row.vfio, "vfio");
  add(row.iommufd, "iommufd");
  return text.empty() ? "-" : text;
}

Cells cells_of(const MapRow& row, const Machine& machine) {
  const Outcome& outcome = principal(row);
  return {fmt::format("0x{:016x}-0x{:016x}", row.range.first.value(), row.range.last.value()),
          size_text(row.range.size()),
          hardware_text(row, outcome, machine),
          rule_text(outcome),
          believers(row),
          std::string{to_string(row.verdict)}};
}

/// Where reads and writes part, the other one has a line of its own.
Cells other_cells(const MapRow& row, const Machine& machine) {
  const Outcome& other = &principal(row) == &row.write ? row.read : row.write;
  return {"", "", hardware_text(row, other, machine), rule_text(other), "", ""};
}

std::string table(const std::vector<Cells>& lines) {
  std::array<std::size_t, 6> widths{};
  for (const Cells& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i)
      widths[i] = std::max(widths[i], line[i].size());
  std::string text;
  for (const Cells& line : lines) {
    std::string row;
    for (std::size_t i = 0; i < line.size(); ++i)
      row += fmt::format(i == 1 ? "  {:>{}}" : "  {:<{}}", line[i], widths[i]);
    text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string summary(const DeviceMap& map, Verdict verdict) {
  std::uint64_t bytes = 0;
  std::size_t ranges = 0;
  for (const MapRow& row : map.rows)
    if (row.verdict == verdict) {
      bytes += row.range.size();
      ++ranges;
    }
  if (ranges == 0) return fmt::format("  {}: nothing\n", to_string(verdict));
  return fmt::format("  {}: {} in {}\n", to_string(verdict), size_text(bytes),
                     ranges == 1 ? "1 range" : fmt::format("{} ranges", ranges));
}

}  // namespace

std::string detail_of(const Outcome& outcome, const Machine& machine) {
  std::string place = place_of(outcome, machine);
  if (outcome.redirect == nullptr) return place;
  return fmt::format("{}, after {} at {}", place, outcome.redirect->id, machine.name(outcome.redirected_by));
}

Json to_json(const std::vector<DeviceMap>& maps, const Machine& machine) {
  Json json{{"schema", "iommusim.map/1"}, {"devices", Json::object()}};
  for (const DeviceMap& map : maps)
    json["devices"][name_of(map.device, machine)] = device_json(map, machine);
  return json;
}

std::string to_text(const DeviceMap& map, const Machine& machine) {
  std::string text =
      fmt::format("{}, {}\n", sender_label(map.device, machine.topology()[map.device].requester, machine),
                  map.group ? fmt::format("IOMMU group {}", *map.group) : std::string{"behind no IOMMU"});
  for (const software::ReservedRegion& region : map.reserved_regions)
    text += fmt::format("  reserved region {}\n", software::sysfs_line(region));
  std::vector<Cells> lines(1);
  std::copy(headings.begin(), headings.end(), lines.front().begin());
  for (const MapRow& row : map.rows) {
    lines.push_back(cells_of(row, machine));
    if (row.read.kind != row.write.kind) lines.push_back(other_cells(row, machine));
  }
  return text + table(lines) + summary(map, Verdict::unsafe) + summary(map, Verdict::wasted);
}

}  // namespace iommusim::analysis
