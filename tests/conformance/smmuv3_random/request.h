// SPDX-License-Identifier: Apache-2.0
// Random requests at an image.
#pragma once

#include "conformance/smmuv3_random/image.h"
#include "oracle/smmuv3/answer.h"

namespace iommusim::tests::smmu {

struct ChosenRequest {
  oracle::smmuv3::Request request;
  /// What the image has for this stream and substream; nullptr when it was made up.
  const Space* space = nullptr;
};

/// Mostly at addresses that the image maps, by streams that it knows.
ChosenRequest random_request(const Facts& facts, std::uint32_t first_stream, const Image& image, Random& random);

}  // namespace iommusim::tests::smmu
