// SPDX-License-Identifier: Apache-2.0
#include "analysis/doorbell_remedies.h"

#include "analysis/acs_remedy.h"
#include "analysis/free_iova.h"
#include "interrupts/gic/rules.h"

#include <fmt/format.h>

namespace iommusim::analysis {
namespace {

/// The window is as large as before, and begins at a multiple of its size.
std::optional<Remedy> move_window(const RemedyCase& collision) {
  const Range<Iova> window = *collision.msi_window();
  const auto free = find_free_iova(collision.machine, collision.system, collision.record.device, 2 * window.size());
  if (!free) return std::nullopt;
  const Iova first = (free->range.first + (window.size() - 1)).aligned_down(window.size());
  return Remedy{
      "move-msi-window",
      fmt::format("Move the window in which doorbells of user-owned domains are mapped from {:#x} to where {} "
                  "takes addresses inwards and nothing else is: software.msi_window.base={:#x}",
                  window.first.value(), collision.machine.name(collision.bridge().id), first.value() - free->offset)};
}

bool is_unknown_device(const RemedyCase& collision) {
  namespace rules = gic::rules;
  return collision.was_decided_by({&rules::no_device_id, &rules::device_out_of_range, &rules::device_not_in_table,
                                   &rules::device_unmapped, &rules::event_unmapped, &rules::event_out_of_range});
}

Remedy map_device_id(const RemedyCase& collision) {
  const RequesterId own = collision.machine.topology()[collision.record.device].requester;
  return {"map-device-id",
          fmt::format("Map the events of {} for the DeviceID with which its messages reach the ITS: a bridge on their "
                      "way sends them under an ID of its own, not under {} (software.message_id: alias)",
                      collision.device_name(), to_string(own))};
}

Remedy avoid_window(const RemedyCase& collision) {
  const Range<Iova> window = *collision.msi_window();
  return {"reserve-msi-window",
          fmt::format("Keep {} from using IOVAs {:#x}-{:#x} of {}: the kernel maps doorbells there (`msi` in "
                      "reserved_regions), so memory cannot be; or move the window (software.msi_window)",
                      collision.device_name(), window.first.value(), window.last.value(), collision.domain_name())};
}

}  // namespace

std::vector<Remedy> find_doorbell_remedies(const RemedyCase& collision) {
  std::vector<Remedy> found;
  if (collision.kind != CollisionKind::doorbell_lost) {
    found.push_back(avoid_window(collision));
    return found;
  }
  if (is_unknown_device(collision)) {
    found.push_back(map_device_id(collision));
    return found;
  }
  if (auto acs = find_acs_remedy(collision)) found.push_back(std::move(*acs));
  if (collision.in_msi_window())
    if (auto moved = move_window(collision)) found.push_back(std::move(*moved));
  return found;
}

}  // namespace iommusim::analysis
