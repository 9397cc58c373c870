// SPDX-License-Identifier: Apache-2.0
#include "analysis/firmware_memory.h"

#include <algorithm>

namespace iommusim::analysis {

using platforms::Machine;
using platforms::RmrrDescription;

namespace {

/// Where the host bridge takes no addresses for messages, the IOMMU translates them, as on Arm.
software::ReservedRegions report(const Machine& machine, pcie::NodeIndex device,
                                 const software::ReportedDevice& reported) {
  const pcie::HostBridge& bridge = machine.bridges()[machine.topology()[device].host_bridge];
  return bridge.interrupt_window.has_value()
             ? software::vtd_reserved_regions(reported)
             : software::arm_reserved_regions(reported, machine.description().msi_window);
}

void add(software::ReportedDevice& device, const RmrrDescription& region) {
  (region.remappable ? device.remappable_ranges : device.firmware_ranges).push_back(platforms::one_to_one(region));
}

}  // namespace

software::ReservedRegions reported_regions(const Machine& machine, pcie::NodeIndex device) {
  const platforms::FunctionDescription& function = machine.describe(device);
  software::ReportedDevice reported;
  reported.class_code = function.class_code;
  for (const RmrrDescription* region :
       platforms::reserved_memory_of(machine.description().iommus[*machine.iommu_of(device)], {function.name}))
    add(reported, *region);
  return report(machine, device, reported);
}

bool is_relaxable(const Machine& machine, pcie::NodeIndex device, const RmrrDescription& region) {
  software::ReportedDevice reported;
  reported.class_code = machine.describe(device).class_code;
  add(reported, region);
  const software::ReservedRegions regions = report(machine, device, reported);
  return std::any_of(regions.begin(), regions.end(), [&region](const software::ReservedRegion& one) {
    return one.type == software::ReservedType::direct_relaxable && one.range.contains(platforms::one_to_one(region));
  });
}

}  // namespace iommusim::analysis
