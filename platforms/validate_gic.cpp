// SPDX-License-Identifier: Apache-2.0
// A GIC: what its parts can be, and that host bridges name a doorbell that is there.
#include "platforms/doorbells.h"
#include "platforms/functions.h"
#include "platforms/spelling.h"
#include "platforms/validate.h"

#include <algorithm>

namespace iommusim::platforms {
namespace {

/// What the file calls a member of a config.
std::string key_of(const std::string& field) {
  return field == "register_base" ? "registers" : field;
}

template <class Config>
void check_part(const std::optional<Config>& config, const std::string& part, const Source& source) {
  if (!config) return;
  const std::vector<gic::ConfigFinding> findings = gic::find_impossible(*config);
  if (findings.empty()) return;
  const gic::ConfigFinding& first = findings.front();
  source.fail("gic." + part + "." + key_of(first.field), first.value, first.allowed);
}

void check_host_bridge(const HostBridgeDescription& bridge, const std::vector<DoorbellKind>& targets,
                       const Source& source) {
  if (!bridge.doorbell || std::find(targets.begin(), targets.end(), *bridge.doorbell) != targets.end()) return;
  std::vector<std::string_view> words;
  words.reserve(targets.size());
  for (const DoorbellKind kind : targets)
    words.push_back(to_string(kind));
  source.fail(item_path("host_bridges", bridge.name) + ".doorbell",
              "'" + std::string{to_string(*bridge.doorbell)} + "'",
              words.empty() ? "none (nothing takes messages)" : "what the platform has: " + list_words(words));
}

}  // namespace

void validate_doorbells(const Description& description, const Source& source) {
  if (description.gic) {
    check_part(description.gic->redistributors, "redistributors", source);
    check_part(description.gic->its, "its", source);
    check_part(description.gic->gicv2m, "gicv2m", source);
    if (description.gic->its && !description.gic->redistributors)
      source.fail("gic.redistributors", "nothing", "redistributors, to which the ITS sends LPIs");
  }
  const std::vector<DoorbellKind> targets = message_targets(description);
  for (const HostBridgeDescription& bridge : description.host_bridges)
    check_host_bridge(bridge, targets, source);
}

}  // namespace iommusim::platforms
