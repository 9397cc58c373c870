// SPDX-License-Identifier: Apache-2.0
// The reasons for which a unit refuses a request (VT-d specification, 7.1.3): the value in FRCD.FR and the
// rule.
#pragma once

#include "base/rule.h"

#include <cstdint>

namespace iommusim::vtd {

/// The specification's condition code stands beside each reason.
enum class FaultReason : std::uint8_t {
  none = 0x00,
  root_entry_not_present = 0x01,      // LRT.2
  context_entry_not_present = 0x02,   // LCT.2
  context_entry_invalid = 0x03,       // LCT.4
  address_beyond_width = 0x04,        // LGN.1
  write_not_permitted = 0x05,         // LGN.2
  read_not_permitted = 0x06,          // LGN.3
  paging_entry_access_error = 0x07,   // LSL.1
  root_entry_access_error = 0x08,     // LRT.1
  context_entry_access_error = 0x09,  // LCT.1
  root_entry_reserved = 0x0A,         // LRT.3
  context_entry_reserved = 0x0B,      // LCT.3
  paging_entry_reserved = 0x0C,       // LSL.2
  request_type_blocked = 0x0D,        // LCT.5
  output_in_interrupt_range = 0x0E,   // LGN.4
  interrupt_request_reserved = 0x20,
  interrupt_index_beyond_table = 0x21,
  interrupt_entry_not_present = 0x22,
  interrupt_entry_access_error = 0x23,
  interrupt_entry_reserved = 0x24,
  compatibility_format_blocked = 0x25,
  interrupt_source_invalid = 0x26,
  posted_descriptor_access_error = 0x27,
  posted_descriptor_reserved = 0x28,
  invalid_interrupt_request = 0x29,
  table_mode_invalid = 0x30,    // RTA.1
  pasid_in_legacy_mode = 0x31,  // RTA.2
};

/// Why, for people and reports. Precondition: not `none`.
const Rule& rule_of(FaultReason reason);

/// True: FPD in a structure that was read for the request suppresses the record (never the block).
bool is_qualified(FaultReason reason);

/// The fault lies in what was fetched, not in the fetch: with CAP.CM such a result may be cached.
bool is_cacheable_with_caching_mode(FaultReason reason);

}  // namespace iommusim::vtd
