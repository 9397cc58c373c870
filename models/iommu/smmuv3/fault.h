// SPDX-License-Identifier: Apache-2.0
// Why a decision ends without an address.
#pragma once

#include "iommu/smmuv3/event_record.h"

#include <cstdint>

namespace iommusim::smmuv3 {

/// In 16 bytes, which functions return in registers.
struct Fault {
  EventCode code = EventCode::none;
  bool stage_2 = false;
  FaultClass fault_class = FaultClass::input;
  /// F_PERMISSION in a table walk: the access to the table was a read.
  bool table_read = false;
  /// F_PERMISSION of the access itself: what it lacks, of Permissions.
  std::uint8_t lacking = 0;
  /// The IPA of a stage 2 fault, or what could not be fetched.
  std::uint64_t address = 0;

  explicit operator bool() const { return code != EventCode::none; }
};
static_assert(sizeof(Fault) == 16);

/// Faults whose response the context descriptor or the stream table entry chooses (5.5): of the address, not of the
/// configuration.
constexpr bool is_of_translation(EventCode code) {
  return code == EventCode::f_translation || code == EventCode::f_addr_size || code == EventCode::f_access ||
         code == EventCode::f_permission;
}

}  // namespace iommusim::smmuv3
