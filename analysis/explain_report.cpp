// SPDX-License-Identifier: Apache-2.0
#include "analysis/explain_report.h"

#include "analysis/json_report.h"
#include "analysis/judge.h"
#include "analysis/names.h"
#include "analysis/text_report.h"
#include "base/quantity.h"
#include "platforms/iommu_kinds.h"

#include <fmt/format.h>

namespace iommusim::analysis {

using Json = nlohmann::ordered_json;
using platforms::Machine;

namespace {

std::string words(const iommu::Fetch& fetch) {
  if (fetch.failed) return "-";
  std::string text;
  for (int i = fetch.words - 1; i >= 0; --i)
    text += fmt::format("{}{:016x}", text.empty() ? "0x" : "_", fetch.value[static_cast<std::size_t>(i)]);
  return text;
}

/// Only the device's IOMMU fetches words for it.
std::string meaning(const iommu::Fetch& fetch, pcie::NodeIndex device, const Machine& machine) {
  const auto unit = machine.iommu_of(device);
  return unit ? machine.iommu(*unit).describe(fetch) : "";
}

std::string table_words(const Explanation& explanation, const Machine& machine) {
  if (!explanation.walk.translation) return "";
  std::string text = fmt::format("       asked for {:#x}", explanation.walk.iova.value());
  const auto unit = machine.iommu_of(explanation.device);
  if (unit && explanation.walk.translation->translation_cached)
    text += fmt::format(", answered by the {}", platforms::translation_cache_name(machine.description().iommus[*unit]));
  text += "\n";
  for (const iommu::Fetch& fetch : explanation.fetches)
    text += fmt::format("       {:<14} [{:#x}] = {}: {}\n", fetch.what, fetch.address.value(), words(fetch),
                        meaning(fetch, explanation.device, machine));
  return text;
}

}  // namespace

Explanation explain(const Machine& machine, const platforms::OperatingSystem& system, pcie::NodeIndex device,
                    const Access& access, std::optional<std::uint32_t> message_data) {
  Explanation explanation;
  explanation.device = device;
  explanation.access = access;
  explanation.access.requester = machine.topology()[device].requester;
  const IntentResolver intents{machine, system};
  explanation.intent = message_data ? intents.of_raw_write(device, {access.address, *message_data})
                                    : intents.of_dma(device, access.address);
  explanation.walk = platforms::walk(machine, device, access, explanation.fetches, message_data.value_or(0));
  explanation.collision =
      Judge{machine, system}.verdict(device, explanation.access, explanation.intent, explanation.walk.landing);
  return explanation;
}

std::string to_text(const Explanation& explanation, const Machine& machine) {
  const Access& access = explanation.access;
  std::string text = fmt::format("{}{} of {} at {:#x} by {}\n", access.poisoned ? "poisoned " : "",
                                 to_string(access.operation), format_size(access.size), access.address.value(),
                                 sender_label(explanation.device, access.requester, machine));
  unsigned step = 0;
  // A device with ATS meets the IOMMU twice; the words are those of its translation request.
  bool is_told = false;
  for (const Hop& hop : explanation.walk.path) {
    text += fmt::format("{:>4}.  {}: {} [{}; {}]\n", ++step, machine.name(hop.where), hop.rule->text, hop.rule->id,
                        hop.rule->source);
    if (is_told || !machine.find_iommu(hop.where)) continue;
    text += table_words(explanation, machine);
    is_told = true;
  }
  text += fmt::format("intended  {}\n", to_text(explanation.intent, machine));
  text += fmt::format("landed    {}\n", to_text(explanation.walk.landing, machine));
  text += explanation.collision ? fmt::format("COLLISION {}\n", to_string(*explanation.collision)) : "as intended\n";
  return text;
}

Json to_json(const Explanation& explanation, const Machine& machine) {
  const Access& access = explanation.access;
  Json json{{"schema", "iommusim.explain/1"},
            {"platform", machine.description().name},
            {"device", machine.name(machine.topology()[explanation.device].id)},
            {"requester_id", requester_of(explanation.device, access.requester, machine)},
            {"pasid", access.pasid ? Json(access.pasid->value()) : Json(nullptr)},
            {"operation", to_string(access.operation)},
            {"poisoned", access.poisoned},
            {"address", format_hex(access.address.value())},
            {"size", access.size}};
  json["path"] = Json::array();
  for (const Hop& hop : explanation.walk.path)
    json["path"].push_back({{"where", machine.name(hop.where)},
                            {"rule", hop.rule->id},
                            {"text", hop.rule->text},
                            {"source", hop.rule->source}});
  json["table_words"] = Json::array();
  for (const iommu::Fetch& fetch : explanation.fetches)
    json["table_words"].push_back({{"what", fetch.what},
                                   {"address", format_hex(fetch.address.value())},
                                   {"value", words(fetch)},
                                   {"meaning", meaning(fetch, explanation.device, machine)}});
  json["intended"] = to_json(explanation.intent, machine);
  json["landed"] = to_json(explanation.walk.landing, machine);
  json["collision"] = explanation.collision ? Json(to_string(*explanation.collision)) : Json(nullptr);
  return json;
}

}  // namespace iommusim::analysis
