// SPDX-License-Identifier: Apache-2.0
// The header of a memory request as it stands in an AER header log (PCIe base specification, 2.2 and 7.8.4.8).
#pragma once

#include "base/access.h"

#include <array>
#include <cstdint>

namespace iommusim::pcie {

/// Three or four doublewords, the first byte on the wire in bits 31:24; a three-doubleword header leaves the last 0.
/// The tag is 0: requests are not numbered. An atomic is shown as FetchAdd.
std::array<std::uint32_t, 4> request_header(const Access& access);

}  // namespace iommusim::pcie
