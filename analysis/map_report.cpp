// SPDX-License-Identifier: Apache-2.0
#include "analysis/map_report.h"

#include "analysis/names.h"
#include "analysis/physical_place.h"
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

std::string_view type_of(const FirmwareRegion& region) {
  return to_string(region.relaxable ? software::ReservedType::direct_relaxable : software::ReservedType::direct);
}

std::string place_and_owner(PhysAddr address, const Machine& machine) {
  const std::string owner = whose_memory(address, machine);
  return owner.empty() ? fmt::format("memory {:#x}", address.value())
                       : fmt::format("memory {:#x} ({})", address.value(), owner);
}

std::string conflict_text(const FirmwareConflict& conflict, const Machine& machine) {
  const std::string where = fmt::format("{:#x}-{:#x}", conflict.range.first.value(), conflict.range.last.value());
  if (conflict.meant)
    return fmt::format("at {} the domain has {}, which its devices do not reach", where,
                       place_and_owner(*conflict.meant, machine));
  const Outcome& outcome = *conflict.outcome;
  if (outcome.kind == LandingKind::memory)
    return fmt::format("{} leads to {}", where, place_and_owner(PhysAddr{outcome.address}, machine));
  return fmt::format("{} ends in {}: {}", where, to_string(outcome.kind), detail_of(outcome, machine));
}

Json firmware_json(const FirmwareRegion& region, const Machine& machine) {
  Json json{{"start", format_hex(region.region->range.first.value())},
            {"end", format_hex(region.region->range.last.value())},
            {"type", type_of(region)},
            {"conflicts", Json::array()}};
  for (const FirmwareConflict& conflict : region.conflicts)
    json["conflicts"].push_back({{"start", format_hex(conflict.range.first.value())},
                                 {"end", format_hex(conflict.range.last.value())},
                                 {"text", conflict_text(conflict, machine)}});
  return json;
}

Json device_json(const DeviceMap& map, const Machine& machine) {
  Json json{{"requester_id", requester_of(map.device, machine.topology()[map.device].requester, machine)},
            {"group", map.group ? Json(*map.group) : Json(nullptr)},
            {"ranges", Json::array()},
            {"reserved_regions", Json::array()},
            {"firmware_memory", Json::array()},
            {"refused_by_vfio", Json::array()}};
  for (const MapRow& row : map.rows)
    json["ranges"].push_back(row_json(row, machine));
  for (const software::ReservedRegion& region : map.reserved_regions)
    json["reserved_regions"].push_back(software::sysfs_line(region));
  for (const FirmwareRegion& region : map.firmware_regions)
    json["firmware_memory"].push_back(firmware_json(region, machine));
  for (const Range<Iova>& range : map.refused_by_vfio)
    json["refused_by_vfio"].push_back(
        {{"start", format_hex(range.first.value())}, {"end", format_hex(range.last.value())}});
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

std::string firmware_text(const FirmwareRegion& region, const Machine& machine) {
  std::string text = fmt::format("  memory of its firmware {:#x}-{:#x}, {}: {}\n", region.region->range.first.value(),
                                 region.region->range.last.value(), type_of(region),
                                 region.conflicts.empty() ? "one to one" : "CONFLICT");
  for (const FirmwareConflict& conflict : region.conflicts)
    text += "    " + conflict_text(conflict, machine) + "\n";
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
  for (const FirmwareRegion& region : map.firmware_regions)
    text += firmware_text(region, machine);
  for (const Range<Iova>& range : map.refused_by_vfio)
    text += fmt::format("  VFIO refuses to map {:#x}-{:#x} at once: not all of it is usable\n", range.first.value(),
                        range.last.value());
  std::vector<Cells> lines(1);
  std::copy(headings.begin(), headings.end(), lines.front().begin());
  for (const MapRow& row : map.rows) {
    lines.push_back(cells_of(row, machine));
    if (row.read.kind != row.write.kind) lines.push_back(other_cells(row, machine));
  }
  return text + table(lines) + summary(map, Verdict::unsafe) + summary(map, Verdict::wasted);
}

}  // namespace iommusim::analysis
