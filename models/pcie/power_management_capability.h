// SPDX-License-Identifier: Apache-2.0
// PCI Power Management capability (PCIe base specification, 7.5.2). Software can move a function between D0 and D3hot;
// nothing follows from it.
#pragma once

#include "base/word.h"
#include "pcie/config_space.h"

namespace iommusim::pcie {

/// Offsets in bytes from the capability.
namespace power_management {
constexpr unsigned capabilities = 0x02;
constexpr unsigned control_status = 0x04;
constexpr unsigned bytes = 0x08;
}  // namespace power_management

struct PowerManagementCapabilities : Word<16> {
  using Word::Word;
  struct Version : Field<2, 0> {};
};

struct PowerManagementControlStatus : Word<16> {
  using Word::Word;
  struct PowerState : Field<1, 0> {};
  struct NoSoftReset : Field<3, 3> {};
};

inline void build_power_management(unsigned at, ConfigSpace& space) {
  PowerManagementCapabilities capabilities;
  capabilities.set<PowerManagementCapabilities::Version>(3);
  PowerManagementControlStatus reset;
  reset.set<PowerManagementControlStatus::NoSoftReset>(1);
  space.define({at + power_management::capabilities, 2, static_cast<std::uint32_t>(capabilities.raw())});
  space.define({at + power_management::control_status, 2, static_cast<std::uint32_t>(reset.raw()), 0x3});
}

}  // namespace iommusim::pcie
