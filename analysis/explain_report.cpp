// SPDX-License-Identifier: Apache-2.0
#include "analysis/explain_report.h"

#include "analysis/access_record.h"
#include "analysis/json_report.h"
#include "analysis/judge.h"
#include "analysis/names.h"
#include "analysis/text_report.h"
#include "base/quantity.h"
#include "platforms/iommu_kinds.h"
#include "platforms/reserved_memory.h"

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

std::string_view operation_text(const Explanation& explanation) {
  return operation_name(explanation.by_firmware ? AccessSource::firmware : AccessSource::dma,
                        explanation.access.operation);
}

Intent intent_of(const IntentResolver& intents, pcie::NodeIndex device, const Access& access, const Sender& sender) {
  if (sender.by_firmware) return intents.of_firmware(device, access.address);
  if (sender.message_data) return intents.of_raw_write(device, {access.address, *sender.message_data});
  return intents.of_dma(device, access.address);
}

/// Firmware has memory at the same physical address, and the access did not land there.
const platforms::RmrrDescription* missed_region(const Explanation& explanation, const Machine& machine) {
  if (!explanation.walk.translation) return nullptr;
  const PhysAddr same{explanation.walk.iova.value()};
  const Landing& landing = explanation.walk.landing;
  if (landing.kind == LandingKind::memory && landing.address == same.value()) return nullptr;
  return platforms::find_reserved_memory(machine, explanation.device, same);
}

std::string reserved_text(const Explanation& explanation, const Machine& machine) {
  const platforms::RmrrDescription* region = missed_region(explanation, machine);
  if (region == nullptr) return "";
  return fmt::format("reserved  {:#x}-{:#x} for firmware of {}, which means this memory and does not reach it\n",
                     region->range.first.value(), region->range.last.value(), name_of(explanation.device, machine));
}

}  // namespace

Explanation explain(const Machine& machine, const platforms::OperatingSystem& system, pcie::NodeIndex device,
                    const Access& access, const Sender& sender) {
  Explanation explanation;
  explanation.device = device;
  explanation.access = access;
  explanation.by_firmware = sender.by_firmware;
  explanation.access.requester = machine.topology()[device].requester;
  explanation.intent = intent_of(IntentResolver{machine, system}, device, access, sender);
  explanation.walk = platforms::walk(machine, device, access, explanation.fetches, sender.message_data.value_or(0));
  explanation.collision =
      Judge{machine, system}.verdict(device, explanation.access, explanation.intent, explanation.walk.landing);
  return explanation;
}

std::string to_text(const Explanation& explanation, const Machine& machine) {
  const Access& access = explanation.access;
  std::string text = fmt::format("{}{} of {} at {:#x} by {}\n", access.poisoned ? "poisoned " : "",
                                 operation_text(explanation), format_size(access.size), access.address.value(),
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
  text += reserved_text(explanation, machine);
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
            {"operation", operation_text(explanation)},
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
