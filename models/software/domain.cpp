// SPDX-License-Identifier: Apache-2.0
#include "software/domain.h"

namespace iommusim::software {

std::string to_string(DomainId domain) {
  return "domain " + std::to_string(static_cast<unsigned>(domain));
}

}  // namespace iommusim::software
