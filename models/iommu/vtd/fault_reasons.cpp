// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/fault_reasons.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace iommusim::vtd {
namespace {

struct FaultInfo {
  FaultReason reason = FaultReason::none;
  bool qualified = false;
  Rule rule;
};

using R = FaultReason;

const std::array<FaultInfo, 26> fault_table{{
    {R::root_entry_not_present,
     false,
     {"vtd.fault-0x1-root-not-present", "the root entry of the requester's bus is not present",
      "VT-d specification, 7.1.3, LRT.2"}},
    {R::context_entry_not_present,
     true,
     {"vtd.fault-0x2-context-not-present", "the requester's context entry is not present",
      "VT-d specification, 7.1.3, LCT.2"}},
    {R::context_entry_invalid,
     true,
     {"vtd.fault-0x3-context-invalid",
      "the context entry asks for a width or translation type that the unit lacks, or its table cannot be "
      "read",
      "VT-d specification, 7.1.3, LCT.4"}},
    {R::address_beyond_width,
     true,
     {"vtd.fault-0x4-address-width", "the address is beyond the width that the unit or the tables translate",
      "VT-d specification, 7.1.3, LGN.1"}},
    {R::write_not_permitted,
     true,
     {"vtd.fault-0x5-write-permission", "a paging entry on the way does not permit writes",
      "VT-d specification, 7.1.3, LGN.2"}},
    {R::read_not_permitted,
     true,
     {"vtd.fault-0x6-read-permission", "a paging entry on the way does not permit reads",
      "VT-d specification, 7.1.3, LGN.3"}},
    {R::paging_entry_access_error,
     true,
     {"vtd.fault-0x7-paging-access", "a paging entry below the top level cannot be read",
      "VT-d specification, 7.1.3, LSL.1"}},
    {R::root_entry_access_error,
     false,
     {"vtd.fault-0x8-root-access", "the root entry cannot be read", "VT-d specification, 7.1.3, LRT.1"}},
    {R::context_entry_access_error,
     false,
     {"vtd.fault-0x9-context-access", "the context entry cannot be read", "VT-d specification, 7.1.3, LCT.1"}},
    {R::root_entry_reserved,
     false,
     {"vtd.fault-0xa-root-reserved", "the root entry has a reserved bit set", "VT-d specification, 7.1.3, LRT.3"}},
    {R::context_entry_reserved,
     true,
     {"vtd.fault-0xb-context-reserved", "the context entry has a reserved bit set",
      "VT-d specification, 7.1.3, LCT.3"}},
    {R::paging_entry_reserved,
     true,
     {"vtd.fault-0xc-paging-reserved", "a paging entry has a reserved bit set", "VT-d specification, 7.1.3, LSL.2"}},
    {R::request_type_blocked,
     true,
     {"vtd.fault-0xd-request-type", "the context entry blocks translation requests and translated requests",
      "VT-d specification, 7.1.3, LCT.5"}},
    {R::output_in_interrupt_range,
     true,
     {"vtd.fault-0xe-interrupt-range", "the translated address lies in the interrupt range",
      "VT-d specification, 7.1.3, LGN.4"}},
    {R::interrupt_request_reserved,
     false,
     {"vtd.fault-0x20-interrupt-request-reserved", "the interrupt request has a reserved bit set",
      "VT-d specification, 7.1.3"}},
    {R::interrupt_index_beyond_table,
     false,
     {"vtd.fault-0x21-interrupt-index", "the interrupt request's index is beyond the interrupt remapping table",
      "VT-d specification, 7.1.3"}},
    {R::interrupt_entry_not_present,
     true,
     {"vtd.fault-0x22-irte-not-present", "the interrupt remapping table entry is not present",
      "VT-d specification, 7.1.3"}},
    {R::interrupt_entry_access_error,
     false,
     {"vtd.fault-0x23-irte-access", "the interrupt remapping table entry cannot be read", "VT-d specification, 7.1.3"}},
    {R::interrupt_entry_reserved,
     true,
     {"vtd.fault-0x24-irte-reserved",
      "the interrupt remapping table entry has a reserved bit set or asks for what the unit lacks",
      "VT-d specification, 7.1.3"}},
    {R::compatibility_format_blocked,
     false,
     {"vtd.fault-0x25-compatibility-format", "with interrupt remapping on, compatibility-format interrupts are blocked",
      "VT-d specification, 7.1.3"}},
    {R::interrupt_source_invalid,
     true,
     {"vtd.fault-0x26-interrupt-source",
      "the interrupt remapping table entry is not for interrupt requests of this source", "VT-d specification, 7.1.3"}},
    {R::posted_descriptor_access_error,
     true,
     {"vtd.fault-0x27-posted-descriptor-access", "the posted interrupt descriptor cannot be accessed",
      "VT-d specification, 7.1.3"}},
    {R::posted_descriptor_reserved,
     true,
     {"vtd.fault-0x28-posted-descriptor-reserved", "the posted interrupt descriptor has a reserved bit set",
      "VT-d specification, 7.1.3"}},
    {R::invalid_interrupt_request,
     false,
     {"vtd.fault-0x29-invalid-interrupt-request",
      "a write to the interrupt range that is not one aligned doubleword is no interrupt request",
      "VT-d specification, 7.1.3"}},
    {R::table_mode_invalid,
     false,
     {"vtd.fault-0x30-table-mode", "the root pointer names a table mode that the unit does not support",
      "VT-d specification, 7.1.3, RTA.1"}},
    {R::pasid_in_legacy_mode,
     false,
     {"vtd.fault-0x31-pasid-in-legacy-mode", "a request with PASID cannot be translated in legacy mode",
      "VT-d specification, 7.1.3, RTA.2"}},
}};

const FaultInfo& info_of(FaultReason reason) {
  const auto* found = std::find_if(fault_table.begin(), fault_table.end(),
                                   [reason](const FaultInfo& info) { return info.reason == reason; });
  assert(found != fault_table.end());
  return *found;
}

}  // namespace

const Rule& rule_of(FaultReason reason) {
  return info_of(reason).rule;
}

bool is_qualified(FaultReason reason) {
  return info_of(reason).qualified;
}

bool is_cacheable_with_caching_mode(FaultReason reason) {
  return reason != R::root_entry_access_error && reason != R::context_entry_access_error;
}

}  // namespace iommusim::vtd
