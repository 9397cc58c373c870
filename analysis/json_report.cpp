// SPDX-License-Identifier: Apache-2.0
#include "analysis/json_report.h"

#include "analysis/names.h"
#include "analysis/physical_place.h"
#include "base/quantity.h"

namespace iommusim::analysis {

using Json = nlohmann::ordered_json;
using platforms::Machine;

namespace {

std::string hex(std::uint64_t value) {
  return format_hex(value);
}

Json by_kind(const std::array<std::uint64_t, landing_kinds>& landed) {
  Json json = Json::object();
  for (std::size_t i = 0; i < landing_kinds; ++i)
    if (landed[i] != 0) json[std::string{to_string(static_cast<LandingKind>(i))}] = landed[i];
  return json;
}

Json collisions_by_kind(const Results& results) {
  Json json{{"total", results.collisions_total}};
  for (std::size_t i = 0; i < collision_kinds; ++i)
    if (results.collisions_by_kind[i] != 0)
      json[std::string{to_string(static_cast<CollisionKind>(i))}] = results.collisions_by_kind[i];
  return json;
}

/// A posted write has no completion, whether it arrives or not.
std::string_view status_name(const Landing& landing) {
  const bool arrived = landing.kind != LandingKind::iommu_fault && landing.kind != LandingKind::rejected;
  return arrived && landing.status == CompletionStatus::none ? "posted" : to_string(landing.status);
}

Json rule_json(const Landing& landing, const Machine& machine) {
  if (landing.rule == nullptr) return nullptr;
  return {{"rule", landing.rule->id},
          {"where", machine.name(landing.decided_by)},
          {"text", landing.rule->text},
          {"source", landing.rule->source}};
}

/// Who asked for what, the same for collisions and faults.
void add_access(Json& json, const AccessRecord& record, std::uint64_t size, const Machine& machine) {
  json["device"] = machine.name(machine.topology()[record.device].id);
  json["requester_id"] = requester_of(record.device, record.access.requester, machine);
  json["pasid"] = record.access.pasid ? Json(record.access.pasid->value()) : Json(nullptr);
  json["operation"] = operation_name(record.source, record.access.operation);
  json["iova"] = hex(record.access.address.value());
  json["size"] = size;
}

Json collision_json(const Collision& collision, const Machine& machine) {
  Json json{{"kind", to_string(collision.kind)},
            {"count", collision.count},
            {"time_ns", collision.first.as_nanoseconds()},
            {"last_time_ns", collision.last.as_nanoseconds()}};
  add_access(json, collision.example, collision.example_size, machine);
  json["intended"] = to_json(collision.example.intent, machine);
  json["landed"] = to_json(collision.example.landing, machine);
  json["cause"] = rule_json(collision.example.landing, machine);
  json["path"] = to_json(collision.example.path, machine);
  json["remedies"] = Json::array();
  for (const Remedy& remedy : collision.remedies)
    json["remedies"].push_back({{"action", remedy.action}, {"text", remedy.text}});
  return json;
}

Json fault_json(const Fault& fault, const Machine& machine) {
  const Landing& landing = fault.example.landing;
  Json json{{"count", fault.count},
            {"time_ns", fault.first.as_nanoseconds()},
            {"iommu", machine.name(landing.where)},
            {"reason", hex(landing.fault_reason)},
            {"rule", landing.rule->id},
            {"text", landing.rule->text}};
  add_access(json, fault.example, fault.example.access.size, machine);
  return json;
}

Json latency_json(const timing::LatencyHistogram& latency) {
  return {{"count", latency.count()},
          {"min", latency.min().as_nanoseconds()},
          {"mean", latency.mean_nanoseconds()},
          {"p50", latency.percentile(0.5).as_nanoseconds()},
          {"p90", latency.percentile(0.9).as_nanoseconds()},
          {"p99", latency.percentile(0.99).as_nanoseconds()},
          {"p99_9", latency.percentile(0.999).as_nanoseconds()},
          {"max", latency.max().as_nanoseconds()}};
}

Json device_json(const DeviceSummary& device) {
  return {{"accesses", device.accesses},
          {"bytes", device.bytes},
          {"tlps", device.tlps},
          {"landed", by_kind(device.landed)},
          {"collisions", device.collisions},
          {"read_latency_ns", latency_json(device.reads)},
          {"write_latency_ns", latency_json(device.writes)}};
}

/// Figures as members; groups as members of their own.
Json to_json(const timing::StatisticGroup& group) {
  Json json = Json::object();
  for (const timing::Statistic& statistic : group.statistics) {
    Json& figure = json[statistic.name];
    std::visit([&figure](auto value) { figure["value"] = value; }, statistic.value);
    if (!statistic.unit.empty()) figure["unit"] = statistic.unit;
    figure["description"] = statistic.description;
  }
  if (!group.series.empty()) {
    Json& series = json["series"];
    series["interval_ns"] = group.series.front().interval.as_nanoseconds();
    for (const timing::StatisticSeries& one : group.series) {
      series[one.name] = {{"values", one.values}, {"description", one.description}};
      if (!one.unit.empty()) series[one.name]["unit"] = one.unit;
    }
  }
  for (const timing::StatisticGroup& below : group.groups)
    json[below.name] = to_json(below);
  return json;
}

Json iommu_json(const Machine& machine, std::size_t index) {
  Json json = Json::object();
  for (const iommu::Counter& counter : machine.iommu(index).counters())
    json[std::string{counter.name}] = counter.value;
  for (const platforms::UnitMessage& sent : machine.messages_of(index).all())
    json["messages"].push_back({{"count", sent.count},
                                {"time_ns", sent.first.as_nanoseconds()},
                                {"address", hex(sent.message.address.value())},
                                {"data", hex(sent.message.data)},
                                {"landed", analysis::to_json(sent.landing, machine)}});
  return json;
}

void add_parts(Json& json, const Results& results, const Machine& machine) {
  json["devices"] = Json::object();
  json["iommus"] = Json::object();
  json["links"] = Json::object();
  for (const auto& [node, device] : results.devices) {
    const std::string& name = machine.name(machine.topology()[node].id);
    json["devices"][name] = device_json(device);
    json["links"][name] = {{"tlps_up", device.tlps}, {"bytes_up", device.link_bytes}};
  }
  for (std::size_t i = 0; i < machine.iommu_count(); ++i)
    json["iommus"][machine.name(machine.iommu_id(i))] = iommu_json(machine, i);
  json["statistics"] = to_json(results.statistics);
}

/// A GIC knows interrupts by INTID.
void add_interrupt(Json& json, std::uint32_t vector, std::uint32_t destination, ComponentId doorbell,
                   const Machine& machine) {
  const platforms::Doorbell* taker = machine.find_doorbell(doorbell);
  const bool is_gic = taker != nullptr && taker->frame != nullptr;
  json[is_gic ? "intid" : "vector"] = vector;
  json[is_gic ? "processor" : "destination"] = destination;
}

Json interrupt_json(const InterruptSummary& interrupt, const Machine& machine) {
  Json json{{"count", interrupt.count},
            {"time_ns", interrupt.first.as_nanoseconds()},
            {"device", machine.name(machine.topology()[interrupt.device].id)}};
  add_interrupt(json, interrupt.vector, interrupt.destination, interrupt.doorbell, machine);
  return json;
}

}  // namespace

Json to_json(const Path& path, const Machine& machine) {
  Json json = Json::array();
  for (const Hop& hop : path)
    json.push_back({{"where", machine.name(hop.where)}, {"rule", hop.rule->id}});
  return json;
}

Json to_json(const Landing& landing, const Machine& machine) {
  Json json{{"kind", to_string(landing.kind)}, {"where", machine.name(landing.where)}};
  switch (landing.kind) {
    case LandingKind::memory: json["address"] = hex(landing.address); break;
    case LandingKind::peer:
      json["bar"] = landing.bar;
      json["offset"] = hex(landing.bar_offset);
      json["address"] = hex(landing.address);
      break;
    case LandingKind::interrupt:
      add_interrupt(json, landing.vector, landing.destination, landing.where, machine);
      break;
    case LandingKind::iommu_fault: json["reason"] = hex(landing.fault_reason); break;
    case LandingKind::rejected: break;
  }
  json["status"] = status_name(landing);
  if (landing.kind == LandingKind::memory || landing.kind == LandingKind::iommu_fault)
    json["from_cache"] = landing.from_cache;
  return json;
}

Json to_json(const Intent& intent, const Machine& machine) {
  Json json{{"kind", to_string(intent.kind)}};
  switch (intent.kind) {
    case IntentKind::memory:
      json["address"] = hex(intent.physical.value());
      if (intent.buffer) {
        const auto& buffer = machine.description().buffers[*intent.buffer];
        json["buffer"] = buffer.name;
        json["offset"] = hex(intent.physical - buffer.range.first);
      }
      break;
    case IntentKind::no_memory:
      json["address"] = hex(intent.physical.value());
      json["what"] = place_without_memory(intent.physical, machine);
      break;
    case IntentKind::peer:
      json["where"] = machine.name(intent.peer);
      json["address"] = hex(intent.peer_address.value());
      break;
    case IntentKind::interrupt: add_interrupt(json, intent.vector, intent.destination, intent.doorbell, machine); break;
    case IntentKind::none:
    case IntentKind::blocked: break;
  }
  if (intent.was_mapped) {
    json["was_mapped_to"] = hex(intent.past_physical.value());
    json["until_ns"] = intent.past_until.as_nanoseconds();
  }
  return json;
}

Json to_json(const Results& results, const RunInfo& info, const Machine& machine) {
  Json json{{"schema", "iommusim.results/1"},
            {"platform", machine.description().name},
            {"trace", info.trace},
            {"timing", info.timing}};
  json["summary"] = {{"operations", results.operations},
                     {"accesses", results.accesses},
                     {"bytes", results.bytes},
                     {"simulated_ns", results.simulated.as_nanoseconds()},
                     {"landed", by_kind(results.landed)},
                     {"collisions", collisions_by_kind(results)},
                     {"memory_digest", hex(results.memory_digest)}};
  json["collisions"] = Json::array();
  for (const Collision& collision : results.collisions)
    json["collisions"].push_back(collision_json(collision, machine));
  json["faults"] = Json::array();
  for (const Fault& fault : results.faults)
    json["faults"].push_back(fault_json(fault, machine));
  json["interrupts"] = Json::array();
  for (const InterruptSummary& interrupt : results.interrupts)
    json["interrupts"].push_back(interrupt_json(interrupt, machine));
  add_parts(json, results, machine);
  return json;
}

}  // namespace iommusim::analysis
