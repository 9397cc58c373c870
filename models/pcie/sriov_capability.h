// SPDX-License-Identifier: Apache-2.0
// Single Root I/O Virtualization capability of a physical function (PCIe base specification, 9.3.3; reference
// pcie-acs 2.4).
#pragma once

#include "base/word.h"

namespace iommusim::pcie {

/// Offsets in bytes from the extended capability.
namespace sriov {
constexpr unsigned capabilities = 0x04;
constexpr unsigned control = 0x08;
constexpr unsigned status = 0x0A;
constexpr unsigned initial_vfs = 0x0C;
constexpr unsigned total_vfs = 0x0E;
constexpr unsigned num_vfs = 0x10;
constexpr unsigned function_dependency_link = 0x12;
constexpr unsigned first_vf_offset = 0x14;
constexpr unsigned vf_stride = 0x16;
constexpr unsigned vf_device_id = 0x1A;
constexpr unsigned supported_page_sizes = 0x1C;
constexpr unsigned system_page_size = 0x20;
constexpr unsigned vf_bar0 = 0x24;
constexpr unsigned bytes = 0x40;

/// Bit n stands for pages of 2^(n + 12) bytes. Every device supports 4, 8, 64, 256 KiB, 1 and 4 MiB.
constexpr unsigned required_page_sizes = 0x553;
}  // namespace sriov

struct SriovCapabilities : Word<32> {
  using Word::Word;
  struct VfMigrationCapable : Field<0, 0> {};
  struct AriCapableHierarchyPreserved : Field<1, 1> {};
};

struct SriovControl : Word<16> {
  using Word::Word;
  struct VfEnable : Field<0, 0> {};
  struct VfMemorySpaceEnable : Field<3, 3> {};
  /// In the lowest-numbered physical function of a device only.
  struct AriCapableHierarchy : Field<4, 4> {};
};

}  // namespace iommusim::pcie
