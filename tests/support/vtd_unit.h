// SPDX-License-Identifier: Apache-2.0
// The VT-d unit among the IOMMUs of a machine.
#pragma once

#include "iommu/vtd/unit.h"
#include "platforms/machine.h"

namespace iommusim::tests {

/// Throws std::bad_cast when IOMMU `index` is another one.
inline const vtd::Unit& vtd_unit(const platforms::Machine& machine, std::size_t index = 0) {
  return dynamic_cast<const vtd::Unit&>(machine.iommu(index));
}

}  // namespace iommusim::tests
