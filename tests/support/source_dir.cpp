// SPDX-License-Identifier: Apache-2.0
#include "support/source_dir.h"

namespace iommusim::tests {

std::string source_dir() {
  return IOMMUSIM_SOURCE_DIR;
}

}  // namespace iommusim::tests
