// SPDX-License-Identifier: Apache-2.0
// The part of a machine that carries messages between IOMMUs and devices: Invalidate Requests, page requests and their
// answers, which are routed by ID (PCIe base specification, 2.2.4.2 and 10). What they cost is the clocks' business.
#include "pcie/capability_list.h"
#include "pcie/id_routing.h"
#include "pcie/translation_capabilities.h"
#include "platforms/machine.h"

#include <algorithm>

namespace iommusim::platforms {

void Machine::connect_devices(std::size_t iommu) {
  iommu::Unit& unit = *iommus_[iommu].unit;
  // A function without ATS does not know the message: nothing is completed, and the unit times out (10.3.1).
  unit.on_device_invalidation([this, iommu, &unit](const iommu::DeviceTlbInvalidation& request, unsigned tag) {
    const Device* device = reachable_device(iommu, request.target);
    if (device == nullptr || device->tlb == nullptr || !topology_[device->node].decoded.ats_enabled) return;
    device->tlb->invalidate(request);
    unit.complete_invalidation(request.target, std::uint32_t{1} << tag);
  });
  unit.on_page_response([this, iommu](const iommu::PageGroupResponse& response) {
    Device* device = reachable_device(iommu, response.target);
    if (device != nullptr) take_page_response(*device, response);
  });
}

/// A function whose requests pass the unit, if messages that are routed by ID get to it.
Device* Machine::reachable_device(std::size_t iommu, RequesterId id) {
  const auto is_meant = [&](const Device& device) {
    const pcie::Node& node = topology_[device.node];
    return node.requester == id && iommu_of(device.node) == iommu && node.decoded.present &&
           pcie::bus_reaches(topology_, device.node) && pcie::links_reach(topology_, device.node);
  };
  const auto found = std::find_if(devices_.begin(), devices_.end(), is_meant);
  return found == devices_.end() ? nullptr : &*found;
}

/// Page Request Status (10.5.2.3): a failure stops the interface, and an answer to nothing is an error.
void Machine::take_page_response(Device& device, const iommu::PageGroupResponse& response) {
  const auto capability = pcie::find_extended_capability(pcie::reader_of(topology_[device.node].config),
                                                         pcie::ExtendedCapabilityId::page_request_interface);
  if (!capability) return;
  pcie::PageRequestStatus status;
  if (!device.page_requests.respond(response))
    status.set<pcie::PageRequestStatus::UnexpectedGroupIndex>(1);
  else if (response.code == iommu::PageResponse::response_failure)
    status.set<pcie::PageRequestStatus::ResponseFailure>(1);
  const auto bits = static_cast<std::uint32_t>(status.raw());
  if (bits != 0) topology_.latch(device.node, *capability + pcie::page_request::status, 2, bits);
}

void Machine::request_page(const Device& device, const iommu::PageRequest& request) {
  if (const auto unit = iommu_of(device.node)) iommus_[*unit].unit->request_page(request);
}

}  // namespace iommusim::platforms
