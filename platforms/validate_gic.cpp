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
  if (field == "register_base") return "registers";
  return field == "ranges" ? "spis" : field;
}

template <class Config>
void check_part(const std::optional<Config>& config, const std::string& part, const Source& source) {
  if (!config) return;
  const std::vector<ConfigFinding> findings = gic::find_impossible(*config);
  if (findings.empty()) return;
  const ConfigFinding& first = findings.front();
  source.fail("gic." + part + "." + key_of(first.field), first.value, first.allowed);
}

void check_doorbell(DoorbellKind doorbell, const std::vector<DoorbellKind>& targets, const std::string& path,
                    const Source& source) {
  if (std::find(targets.begin(), targets.end(), doorbell) != targets.end()) return;
  std::vector<std::string_view> words;
  words.reserve(targets.size());
  for (const DoorbellKind kind : targets)
    words.push_back(to_string(kind));
  source.fail(path, "'" + std::string{to_string(doorbell)} + "'",
              words.empty() ? "none (nothing takes messages)" : "what the platform has: " + list_words(words));
}

bool is_of_requester(const gic::ItsConfig& its, std::uint32_t device) {
  constexpr std::uint32_t last_requester = 0xFFFF;
  if (its.devices.empty()) return device <= last_requester;
  return std::any_of(its.devices.begin(), its.devices.end(), [device](const gic::DeviceMapping& mapping) {
    return device >= mapping.device && device - mapping.device < mapping.count;
  });
}

/// The ITS tells senders apart by DeviceID.
void check_device_id(const IommuDescription& iommu, const GicDescription& gic, const Source& source) {
  const std::string path = item_path("iommus", iommu.name) + ".device_id";
  if (iommu.doorbell != DoorbellKind::its) {
    if (iommu.device_id) source.fail(path, format_hex(*iommu.device_id), "no such key without doorbell: its");
    return;
  }
  if (!iommu.device_id) source.fail(path, "nothing", "the DeviceID of the unit's own messages");
  const bool fits = gic.its->device_bits >= 32 || *iommu.device_id >> gic.its->device_bits == 0;
  if (!fits || is_of_requester(*gic.its, *iommu.device_id))
    source.fail(path, format_hex(*iommu.device_id), "a DeviceID of the ITS that no requester ID has (gic.its.devices)");
}

/// Messages of the unit's own.
void check_iommu(const Description& description, const IommuDescription& iommu, const Source& source) {
  const std::string path = item_path("iommus", iommu.name) + ".doorbell";
  if (iommu.doorbell && !iommu.smmuv3.msi)
    source.fail(path, "'" + std::string{to_string(*iommu.doorbell)} + "'", "no such key without msi: true");
  if (iommu.doorbell) check_doorbell(*iommu.doorbell, gic_doorbells(description), path, source);
  check_device_id(iommu, description.gic.value_or(GicDescription{}), source);
}

}  // namespace

void validate_doorbells(const Description& description, const Source& source) {
  if (description.gic) {
    check_part(description.gic->redistributors, "redistributors", source);
    check_part(description.gic->its, "its", source);
    check_part(description.gic->gicv2m, "gicv2m", source);
    check_part(description.gic->mbi, "mbi", source);
    if (description.gic->its && !description.gic->redistributors)
      source.fail("gic.redistributors", "nothing", "redistributors, to which the ITS sends LPIs");
  }
  const std::vector<DoorbellKind> targets = message_targets(description);
  for (const HostBridgeDescription& bridge : description.host_bridges)
    if (bridge.doorbell)
      check_doorbell(*bridge.doorbell, targets, item_path("host_bridges", bridge.name) + ".doorbell", source);
  for (const IommuDescription& iommu : description.iommus)
    check_iommu(description, iommu, source);
}

}  // namespace iommusim::platforms
