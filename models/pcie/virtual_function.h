// SPDX-License-Identifier: Apache-2.0
// What a virtual function is, as the SR-IOV capability of its physical function makes it (PCIe base specification,
// 9.2.1 and 9.3).
#pragma once

#include "base/requester_id.h"
#include "pcie/config_space.h"
#include "pcie/decoded.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace iommusim::pcie {

/// Where the virtual functions of one physical function lie.
struct VfPlacement {
  std::uint16_t first_offset = 0;
  std::uint16_t stride = 0;
};

/// Routing ID of virtual function `number` (from 1): 16-bit arithmetic that carries into the bus number.
constexpr RequesterId virtual_function_id(RequesterId physical, const VfPlacement& placement, unsigned number) {
  return RequesterId{
      static_cast<std::uint16_t>(physical.raw() + placement.first_offset + (number - 1) * placement.stride)};
}

/// The SR-IOV capability of a physical function, as far as its virtual functions depend on it.
struct VfControls {
  /// Virtual functions 1 to `count` exist; 0 without VF Enable.
  unsigned count = 0;
  bool memory_space_enable = false;
  /// VF BARs: what virtual function 1 has. Slices of the others follow, `slice` bytes apart.
  std::array<std::optional<Range<BusAddr>>, 6> bars;
  std::array<std::uint64_t, 6> slice{};
  /// VFs use the Device Control of their physical function.
  std::uint16_t max_payload = 128;
  std::uint16_t max_read_request = 512;
};

VfControls decode_vf_controls(const ConfigSpace& physical);

/// Where BAR `index` of virtual function `number` (from 1) is placed, whether or not it decodes; nullopt: there is no
/// such function or BAR.
std::optional<Range<BusAddr>> virtual_function_bar(const VfControls& controls, unsigned number, std::size_t index);

/// Virtual function `number` (from 1) with configuration space `own`. It decodes and sends nothing unless present.
Decoded decode_virtual_function(const ConfigSpace& own, const VfControls& controls, unsigned number);

}  // namespace iommusim::pcie
