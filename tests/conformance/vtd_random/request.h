// SPDX-License-Identifier: Apache-2.0
// Random requests at an image.
#pragma once

#include "conformance/vtd_random/image.h"
#include "iommu/ats.h"
#include "oracle/vtd/answer.h"

namespace iommusim::tests {

struct ChosenRequest {
  oracle::vtd::Request request;
  /// What the image has for this requester and PASID; nullptr when it was made up.
  const Space* space = nullptr;
  /// Meant as an interrupt.
  bool interrupt = false;
  /// With request.page_request: the message in full.
  iommu::PageRequest page;
};

/// Mostly at addresses that the image maps, by requesters that it knows.
ChosenRequest random_request(const oracle::vtd::Facts& facts, const Image& image, Random& random);

}  // namespace iommusim::tests
