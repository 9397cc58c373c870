// SPDX-License-Identifier: Apache-2.0
#include "analysis/text_report.h"

#include "analysis/names.h"
#include "analysis/physical_place.h"
#include "base/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace iommusim::analysis {

using platforms::Machine;

namespace {

/// The buffer that holds a physical address, with the offset in it; or whose firmware uses it.
std::string place_in_memory(PhysAddr address, const Machine& machine) {
  const std::string place = whose_memory(address, machine);
  return place.empty() ? "" : " (" + place + ")";
}

std::string counts(const Results& results) {
  std::string text;
  for (std::size_t i = 0; i < landing_kinds; ++i)
    if (results.landed[i] != 0)
      text +=
          fmt::format("{}{} {}", text.empty() ? "" : ", ", results.landed[i], to_string(static_cast<LandingKind>(i)));
  return text.empty() ? "nothing was sent" : text;
}

std::string collision_text(const Collision& collision, std::size_t pages, std::uint64_t accesses,
                           const Machine& machine) {
  const AccessRecord& example = collision.example;
  std::string text =
      fmt::format("\n{}: {} by {}{}\n", to_string(collision.kind), format_count(accesses, "access", "accesses"),
                  sender_label(example.device, example.access.requester, machine),
                  pages == 1 ? "" : fmt::format(" on {} pages; the first:", pages));
  const auto line = [&text](const char* title, const std::string& body) {
    text += fmt::format("  {:<9} {}\n", title, body);
  };
  line("what", fmt::format("{} of {} at {:#x}, {}", operation_name(example.source, example.access.operation),
                           format_size(collision.example_size), example.access.address.value(),
                           format_duration(collision.first)));
  line("intended", to_text(example.intent, machine));
  line("landed", to_text(example.landing, machine));
  if (example.landing.rule != nullptr)
    line("because", fmt::format("{}: {} [{}]", machine.name(example.landing.decided_by), example.landing.rule->text,
                                example.landing.rule->id));
  line("path", to_text(example.path, machine));
  for (const Remedy& remedy : collision.remedies)
    line("remedy", remedy.text);
  return text;
}

std::string every_collision(const Results& results, const Machine& machine) {
  std::string text;
  for (const Collision& collision : results.collisions)
    text += collision_text(collision, 1, collision.count, machine);
  return text;
}

std::string grouped_collisions(const Results& results, const Machine& machine) {
  using Group = std::tuple<pcie::NodeIndex, CollisionKind, const Rule*, ComponentId, ComponentId>;
  struct Members {
    std::set<BusAddr> pages;
    std::uint64_t accesses = 0;
  };
  const auto group_of = [](const Collision& c) {
    const Landing& landing = c.example.landing;
    return Group{c.example.device, c.kind, landing.rule, landing.decided_by, landing.where};
  };
  std::map<Group, Members> groups;
  for (const Collision& collision : results.collisions) {
    Members& members = groups[group_of(collision)];
    members.pages.insert(collision.example.access.address.aligned_down(page_4k));
    members.accesses += collision.count;
  }
  std::string text;
  for (const Collision& collision : results.collisions) {
    const auto group = groups.find(group_of(collision));
    if (group == groups.end()) continue;
    text += collision_text(collision, group->second.pages.size(), group->second.accesses, machine);
    groups.erase(group);
  }
  return text;
}

/// Interrupts of IOMMUs' own.
std::string unit_messages(const Machine& machine) {
  std::string text;
  for (std::size_t i = 0; i < machine.iommu_count(); ++i)
    for (const platforms::UnitMessage& sent : machine.messages_of(i).all())
      text += fmt::format("{} sent {} of its own: {}\n", machine.name(machine.iommu_id(i)),
                          format_count(sent.count, "message"), to_text(sent.landing, machine));
  return text;
}

/// "name: text", or the name alone.
std::string title(const platforms::Description& platform) {
  return platform.text.empty() ? platform.name : fmt::format("{}: {}", platform.name, platform.text);
}

}  // namespace

std::string interrupt_text(std::uint32_t vector, std::uint32_t destination, ComponentId doorbell,
                           const Machine& machine) {
  const platforms::Doorbell* taker = machine.find_doorbell(doorbell);
  switch (taker == nullptr ? platforms::DoorbellKind::local_apic : taker->kind) {
    case platforms::DoorbellKind::local_apic: break;
    case platforms::DoorbellKind::redistributors:
    case platforms::DoorbellKind::its: return fmt::format("LPI {} to processor {}", vector, destination);
    case platforms::DoorbellKind::gicv2m:
    case platforms::DoorbellKind::mbi: return fmt::format("SPI {}", vector);
  }
  return fmt::format("interrupt vector {:#x} to APIC {}", vector, destination);
}

std::string to_text(const Landing& landing, const Machine& machine) {
  const std::string& where = machine.name(landing.where);
  switch (landing.kind) {
    case LandingKind::memory:
      return fmt::format("memory {:#x}{}{}", landing.address, place_in_memory(PhysAddr{landing.address}, machine),
                         landing.from_cache ? ", by a cached translation" : "");
    case LandingKind::peer: return fmt::format("{} BAR {} + {:#x}", where, landing.bar, landing.bar_offset);
    case LandingKind::interrupt:
      if (landing.rule != nullptr && landing.rule->topic == RuleTopic::interrupt_posting)
        return fmt::format("interrupt vector {:#x} posted by {} for APIC {}", landing.vector, where,
                           landing.destination);
      return interrupt_text(landing.vector, landing.destination, landing.where, machine);
    case LandingKind::iommu_fault:
      return fmt::format("fault {:#x} in {}: {}", landing.fault_reason, where, to_string(landing.status));
    case LandingKind::rejected: return fmt::format("rejected by {}: {}", where, to_string(landing.status));
  }
  return "?";
}

std::string to_text(const Intent& intent, const Machine& machine) {
  switch (intent.kind) {
    case IntentKind::memory:
      return fmt::format("memory {:#x}{}", intent.physical.value(), place_in_memory(intent.physical, machine));
    case IntentKind::no_memory:
      return fmt::format("{} at {:#x}", place_without_memory(intent.physical, machine), intent.physical.value());
    case IntentKind::peer:
      return fmt::format("{} at bus address {:#x}", machine.name(intent.peer), intent.peer_address.value());
    case IntentKind::interrupt: return interrupt_text(intent.vector, intent.destination, intent.doorbell, machine);
    case IntentKind::none:
      return intent.was_mapped ? fmt::format("nothing: the mapping to {:#x} ended at {}", intent.past_physical.value(),
                                             format_duration(intent.past_until))
                               : "nothing: software never mapped this address";
    case IntentKind::blocked: return "nothing: the device is blocked";
  }
  return "?";
}

std::string to_text(const Path& path, const Machine& machine) {
  std::string text;
  ComponentId last = ComponentId::none;
  for (const Hop& hop : path) {
    if (hop.where == last) continue;
    text += (text.empty() ? "" : " > ") + machine.name(hop.where);
    last = hop.where;
  }
  return text;
}

std::string to_text(const Results& results, const RunInfo& info, const Machine& machine, TextForm form) {
  std::string text = title(machine.description()) + "\n";
  text += fmt::format("{} of {}, {}, {}, {} simulated\n", format_count(results.operations, "operation"), info.trace,
                      format_count(results.accesses, "access", "accesses"), format_size(results.bytes),
                      format_duration(results.simulated));
  text += fmt::format("landed: {}\n", counts(results));
  text += unit_messages(machine);
  if (results.collisions_total == 0) return text + "no collisions: every access landed where software meant it to\n";
  text += fmt::format("COLLISIONS: {}\n", results.collisions_total);
  return text + (form == TextForm::grouped ? grouped_collisions(results, machine) : every_collision(results, machine));
}

namespace {

std::string figure(const timing::Statistic& statistic) {
  const auto* count = std::get_if<std::uint64_t>(&statistic.value);
  const std::string value =
      count != nullptr ? fmt::format("{}", *count) : fmt::format("{:.3f}", std::get<double>(statistic.value));
  return fmt::format("{} {}", value, statistic.unit);
}

/// Its highest interval, and when that was.
std::string peak(const timing::StatisticSeries& series) {
  const auto highest = std::max_element(series.values.begin(), series.values.end());
  if (highest == series.values.end()) return "nothing";
  const auto number = static_cast<std::uint64_t>(highest - series.values.begin());
  return fmt::format("at most {}{}{} in {}, from {} on", *highest, series.unit.empty() ? "" : " ", series.unit,
                     format_duration(series.interval), format_duration(series.interval * number));
}

void add_group(std::string& text, const timing::StatisticGroup& group, std::size_t indent) {
  text += fmt::format("{:{}}{}\n", "", indent, group.name);
  for (const timing::Statistic& statistic : group.statistics)
    text += fmt::format("{:{}}{:<22} {:>16}  {}\n", "", indent + 2, statistic.name, figure(statistic),
                        statistic.description);
  for (const timing::StatisticSeries& series : group.series)
    text += fmt::format("{:{}}{:<22} {}\n", "", indent + 2, series.name + " by time", peak(series));
  for (const timing::StatisticGroup& below : group.groups)
    add_group(text, below, indent + 2);
}

}  // namespace

std::string to_text(const timing::StatisticGroup& group) {
  std::string text;
  add_group(text, group, 0);
  return text;
}

}  // namespace iommusim::analysis
