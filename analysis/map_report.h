// SPDX-License-Identifier: Apache-2.0
// map.json, schema iommusim.map/1 (docs/map.schema.json), and the table for people.
#pragma once

#include "analysis/device_map.h"
#include "platforms/machine.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace iommusim::analysis {

nlohmann::ordered_json to_json(const std::vector<DeviceMap>& maps, const platforms::Machine& machine);
std::string to_text(const DeviceMap& map, const platforms::Machine& machine);

/// Which memory, BAR, unit and reason or refuser, with the address where the range begins: "dram-high 0x110000000",
/// "gpu1 BAR 2 + 0x0". What ACS sent another way says so: "dmar0 fault 0x6, not mapped, after acs.p2p-request-redirect
/// at dp0".
std::string detail_of(const Outcome& outcome, const platforms::Machine& machine);

}  // namespace iommusim::analysis
