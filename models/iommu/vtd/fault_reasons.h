// SPDX-License-Identifier: Apache-2.0
// The reasons for which a unit refuses a request (VT-d specification, 7.1.3): the value in FRCD.FR and the
// rule.
#pragma once

#include "base/rule.h"
#include "iommu/fault_cause.h"

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
  paging_entry_access_error = 0x07,   // LSS.1
  root_entry_access_error = 0x08,     // LRT.1
  context_entry_access_error = 0x09,  // LCT.1
  root_entry_reserved = 0x0A,         // LRT.3
  context_entry_reserved = 0x0B,      // LCT.3
  paging_entry_reserved = 0x0C,       // LSS.2
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
  table_mode_invalid = 0x30,           // RTA.1
  pasid_in_legacy_mode = 0x31,         // RTA.2
  page_request_in_legacy_mode = 0x32,  // RTA.3

  scalable_root_access_error = 0x38,     // SRT.1
  scalable_root_not_present = 0x39,      // SRT.2
  scalable_root_reserved = 0x3A,         // SRT.3
  scalable_context_access_error = 0x40,  // SCT.1
  scalable_context_not_present = 0x41,   // SCT.2
  scalable_context_reserved = 0x42,      // SCT.3
  scalable_context_invalid = 0x43,       // SCT.4
  device_tlb_disabled = 0x44,            // SCT.5
  pasid_requests_disabled = 0x45,        // SCT.6
  pasid_beyond_directory = 0x46,         // SCT.7
  page_requests_disabled = 0x47,         // SCT.8
  pasid_is_rid_pasid = 0x48,             // SCT.9

  pasid_directory_access_error = 0x50,  // SPD.1
  pasid_directory_not_present = 0x51,   // SPD.2
  pasid_directory_reserved = 0x52,      // SPD.3
  pasid_entry_access_error = 0x58,      // SPT.1
  pasid_entry_not_present = 0x59,       // SPT.2
  pasid_entry_reserved = 0x5A,          // SPT.3
  pasid_entry_invalid = 0x5B,           // SPT.4
  execute_requests_disabled = 0x5C,     // SPT.5
  supervisor_requests_disabled = 0x5D,  // SPT.6

  first_stage_access_error = 0x70,            // SFS.1
  first_stage_not_present = 0x71,             // SFS.2
  first_stage_reserved = 0x72,                // SFS.3
  first_stage_top_access_error = 0x73,        // SFS.4
  first_stage_address_beyond_width = 0x74,    // SFS.5
  first_stage_top_read_not_permitted = 0x75,  // SFS.6
  first_stage_read_not_permitted = 0x76,      // SFS.7
  first_stage_write_not_permitted = 0x77,     // SFS.8
  second_stage_access_error = 0x78,           // SSS.1
  second_stage_not_present = 0x79,            // SSS.2
  second_stage_reserved = 0x7A,               // SSS.3
  second_stage_top_access_error = 0x7B,       // SSS.4
  second_stage_update_not_snooped = 0x7C,     // SSS.5
  second_stage_update_access_error = 0x7D,    // SSS.6
  not_canonical = 0x80,                       // SGN.1
  user_not_permitted = 0x81,                  // SGN.2
  execute_not_permitted = 0x82,               // SGN.3
  address_beyond_host_width = 0x83,           // SGN.4
  scalable_address_beyond_width = 0x84,       // SGN.5
  scalable_write_not_permitted = 0x85,        // SGN.6
  scalable_read_not_permitted = 0x86,         // SGN.7
  scalable_output_in_interrupt_range = 0x87,  // SGN.8
  pasid_beyond_capability = 0x89,             // SGN.10
  first_stage_update_not_snooped = 0x90,      // SFS.9
  first_stage_update_access_error = 0x91,     // SFS.10
};

/// How a translation request ends for which the reason was found (4.2.3).
enum class TranslationRequestEnd : std::uint8_t {
  /// Unsupported request, and a record.
  unsupported,
  /// Completer abort, and a record.
  aborted,
  /// Success without any right, and no record: the device may ask for the page.
  without_rights,
  /// The same, and a record.
  recorded_without_rights,
};

/// Why, for people and reports. Precondition: not `none`.
const Rule& rule_of(FaultReason reason);

/// True: FPD in a structure that was read for the request suppresses the record (never the block).
bool is_qualified(FaultReason reason);

/// In whichever mode the unit found it.
iommu::FaultCause cause_of(FaultReason reason);

TranslationRequestEnd translation_request_end(FaultReason reason);

/// The fault lies in what was fetched, not in the fetch: with CAP.CM such a result may be cached.
bool is_cacheable_with_caching_mode(FaultReason reason);

}  // namespace iommusim::vtd
