// SPDX-License-Identifier: Apache-2.0
// Devices that keep translations and ask for pages, beside a driver and its unit, whatever the architecture.
#pragma once

#include "iommu/ats.h"
#include "iommu/translation.h"

#include <cstdint>
#include <vector>

namespace iommusim::tests {

/// Devices that complete what they are asked, if the test wants it so. `Driver`: a driver's fixture.
template <class Driver>
struct DeviceServices : Driver {
  template <class... Configs>
  explicit DeviceServices(const Configs&... configs) : Driver{configs...} {
    this->bus.unit().on_device_invalidation([this](const iommu::DeviceTlbInvalidation& request, unsigned tag) {
      asked.push_back(request);
      if (answers) this->bus.unit().complete_invalidation(request.target, 1U << tag);
    });
    this->bus.unit().on_page_response(
        [this](const iommu::PageGroupResponse& response) { responses.push_back(response); });
  }

  /// A translation request.
  iommu::TranslationResult ask(RequesterId device, std::uint64_t address) {
    iommu::TranslationRequest request;
    request.requester = device;
    request.address_type = AddressType::translation_request;
    request.address = Iova{address};
    request.size = 8;
    iommu::FetchLog fetches;
    return this->bus.unit().translate(request, fetches);
  }

  std::vector<iommu::DeviceTlbInvalidation> asked;
  std::vector<iommu::PageGroupResponse> responses;
  bool answers = true;
};

/// To be allowed to write.
inline iommu::PageRequest page_request(RequesterId device, std::uint64_t address, std::uint16_t group) {
  iommu::PageRequest request;
  request.requester = device;
  request.address = Iova{address};
  request.group = group;
  request.write = true;
  return request;
}

}  // namespace iommusim::tests
