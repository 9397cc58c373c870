// SPDX-License-Identifier: Apache-2.0
#include "platforms/capture.h"

namespace iommusim::platforms {

Capture load_capture(const std::string& folder) {
  return load_vtd_capture(folder);
}

}  // namespace iommusim::platforms
