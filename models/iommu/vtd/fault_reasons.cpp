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
  TranslationRequestEnd request_end = TranslationRequestEnd::unsupported;
  Rule rule;
};

using R = FaultReason;
constexpr auto unsupported = TranslationRequestEnd::unsupported;
constexpr auto aborted = TranslationRequestEnd::aborted;
constexpr auto without_rights = TranslationRequestEnd::without_rights;

const std::array<FaultInfo, 62> fault_table{{
    {R::root_entry_not_present,
     false,
     unsupported,
     {"vtd.fault-0x1-root-not-present", "the root entry of the requester's bus is not present",
      "VT-d specification, 7.1.3, LRT.2"}},
    {R::context_entry_not_present,
     true,
     unsupported,
     {"vtd.fault-0x2-context-not-present", "the requester's context entry is not present",
      "VT-d specification, 7.1.3, LCT.2"}},
    {R::context_entry_invalid,
     true,
     aborted,
     {"vtd.fault-0x3-context-invalid",
      "the context entry asks for a width or translation type that the unit lacks, or its table cannot be read",
      "VT-d specification, 7.1.3, LCT.4"}},
    {R::address_beyond_width,
     true,
     without_rights,
     {"vtd.fault-0x4-address-width", "the address is beyond the width that the unit or the tables translate",
      "VT-d specification, 7.1.3, LGN.1"}},
    {R::write_not_permitted,
     true,
     without_rights,
     {"vtd.fault-0x5-write-permission", "a paging entry on the way does not permit writes",
      "VT-d specification, 7.1.3, LGN.2"}},
    {R::read_not_permitted,
     true,
     without_rights,
     {"vtd.fault-0x6-read-permission", "a paging entry on the way does not permit reads",
      "VT-d specification, 7.1.3, LGN.3"}},
    {R::paging_entry_access_error,
     true,
     aborted,
     {"vtd.fault-0x7-paging-access", "a paging entry below the top level cannot be read",
      "VT-d specification, 7.1.3, LSL.1"}},
    {R::root_entry_access_error,
     false,
     aborted,
     {"vtd.fault-0x8-root-access", "the root entry cannot be read", "VT-d specification, 7.1.3, LRT.1"}},
    {R::context_entry_access_error,
     false,
     aborted,
     {"vtd.fault-0x9-context-access", "the context entry cannot be read", "VT-d specification, 7.1.3, LCT.1"}},
    {R::root_entry_reserved,
     false,
     aborted,
     {"vtd.fault-0xa-root-reserved", "the root entry has a reserved bit set", "VT-d specification, 7.1.3, LRT.3"}},
    {R::context_entry_reserved,
     true,
     aborted,
     {"vtd.fault-0xb-context-reserved", "the context entry has a reserved bit set",
      "VT-d specification, 7.1.3, LCT.3"}},
    {R::paging_entry_reserved,
     true,
     aborted,
     {"vtd.fault-0xc-paging-reserved", "a paging entry has a reserved bit set", "VT-d specification, 7.1.3, LSL.2"}},
    {R::request_type_blocked,
     true,
     unsupported,
     {"vtd.fault-0xd-request-type", "the context entry blocks translation requests and translated requests",
      "VT-d specification, 7.1.3, LCT.5"}},
    {R::output_in_interrupt_range,
     true,
     without_rights,
     {"vtd.fault-0xe-interrupt-range", "the translated address lies in the interrupt range",
      "VT-d specification, 7.1.3, LGN.4"}},
    {R::invalid_interrupt_request,
     false,
     unsupported,
     {"vtd.fault-0x29-invalid-interrupt-request",
      "a write to the interrupt range that is not one aligned doubleword is no interrupt request",
      "VT-d specification, 7.1.3"}},
    {R::table_mode_invalid,
     false,
     unsupported,
     {"vtd.fault-0x30-table-mode", "the root pointer names a table mode that the unit does not support",
      "VT-d specification, 7.1.3, RTA.1"}},
    {R::pasid_in_legacy_mode,
     false,
     unsupported,
     {"vtd.fault-0x31-pasid-in-legacy-mode", "a request with PASID cannot be translated in legacy mode",
      "VT-d specification, 7.1.3, RTA.2"}},
    {R::page_request_in_legacy_mode,
     false,
     unsupported,
     {"vtd.fault-0x32-page-request-in-legacy-mode", "a page request cannot be served in legacy mode",
      "VT-d specification, 7.1.3, RTA.3"}},
    {R::scalable_root_access_error,
     false,
     aborted,
     {"vtd.fault-0x38-root-access", "the scalable-mode root entry cannot be read", "VT-d specification, 7.1.3, SRT.1"}},
    {R::scalable_root_not_present,
     false,
     unsupported,
     {"vtd.fault-0x39-root-not-present", "the half of the root entry that serves the requester is not present",
      "VT-d specification, 7.1.3, SRT.2"}},
    {R::scalable_root_reserved,
     false,
     aborted,
     {"vtd.fault-0x3a-root-reserved", "the half of the root entry that serves the requester has a reserved bit set",
      "VT-d specification, 7.1.3, SRT.3"}},
    {R::scalable_context_access_error,
     false,
     aborted,
     {"vtd.fault-0x40-context-access", "the scalable-mode context entry cannot be read",
      "VT-d specification, 7.1.3, SCT.1"}},
    {R::scalable_context_not_present,
     true,
     unsupported,
     {"vtd.fault-0x41-context-not-present", "the requester's scalable-mode context entry is not present",
      "VT-d specification, 7.1.3, SCT.2"}},
    {R::scalable_context_reserved,
     true,
     aborted,
     {"vtd.fault-0x42-context-reserved", "the scalable-mode context entry has a reserved bit set",
      "VT-d specification, 7.1.3, SCT.3"}},
    {R::device_tlb_disabled,
     true,
     unsupported,
     {"vtd.fault-0x44-device-tlb-disabled",
      "the context entry does not let the device use translation requests and translated requests",
      "VT-d specification, 7.1.3, SCT.5"}},
    {R::pasid_requests_disabled,
     true,
     unsupported,
     {"vtd.fault-0x45-pasid-disabled", "the context entry does not let the device send requests with PASID",
      "VT-d specification, 7.1.3, SCT.6"}},
    {R::pasid_beyond_directory,
     true,
     unsupported,
     {"vtd.fault-0x46-pasid-beyond-directory", "the PASID is beyond the PASID directory",
      "VT-d specification, 7.1.3, SCT.7"}},
    {R::page_requests_disabled,
     true,
     unsupported,
     {"vtd.fault-0x47-page-requests-disabled", "the context entry does not let the device send page requests",
      "VT-d specification, 7.1.3, SCT.8"}},
    {R::rid_pasid_invalid,
     true,
     aborted,
     {"vtd.fault-0x48-rid-pasid",
      "the PASID that the context entry gives to requests without one is beyond the PASID directory",
      "VT-d specification, 7.1.3, SCT.9"}},
    {R::pasid_directory_access_error,
     false,
     aborted,
     {"vtd.fault-0x50-pasid-directory-access", "the PASID directory entry cannot be read",
      "VT-d specification, 7.1.3, SPD.1"}},
    {R::pasid_directory_not_present,
     true,
     unsupported,
     {"vtd.fault-0x51-pasid-directory-not-present", "the PASID directory entry is not present",
      "VT-d specification, 7.1.3, SPD.2"}},
    {R::pasid_directory_reserved,
     true,
     aborted,
     {"vtd.fault-0x52-pasid-directory-reserved", "the PASID directory entry has a reserved bit set",
      "VT-d specification, 7.1.3, SPD.3"}},
    {R::pasid_entry_access_error,
     false,
     aborted,
     {"vtd.fault-0x58-pasid-entry-access", "the PASID table entry cannot be read", "VT-d specification, 7.1.3, SPT.1"}},
    {R::pasid_entry_not_present,
     true,
     unsupported,
     {"vtd.fault-0x59-pasid-entry-not-present", "the PASID table entry is not present",
      "VT-d specification, 7.1.3, SPT.2"}},
    {R::pasid_entry_reserved,
     true,
     aborted,
     {"vtd.fault-0x5a-pasid-entry-reserved", "the PASID table entry has a reserved bit set",
      "VT-d specification, 7.1.3, SPT.3"}},
    {R::pasid_entry_invalid,
     true,
     aborted,
     {"vtd.fault-0x5b-pasid-entry-invalid",
      "the PASID table entry asks for a translation type or width that the unit lacks",
      "VT-d specification, 7.1.3, SPT.4"}},
    {R::execute_requests_disabled,
     true,
     unsupported,
     {"vtd.fault-0x5c-execute-requests", "the PASID table entry does not allow requests for execute permission",
      "VT-d specification, 7.1.3, SPT.5"}},
    {R::supervisor_requests_disabled,
     true,
     unsupported,
     {"vtd.fault-0x5d-supervisor-requests", "the PASID table entry does not allow requests with supervisor privilege",
      "VT-d specification, 7.1.3, SPT.6"}},
    {R::first_stage_access_error,
     true,
     aborted,
     {"vtd.fault-0x70-first-stage-access", "a first-stage entry below the top level cannot be read",
      "VT-d specification, 7.1.3, SFL.1"}},
    {R::first_stage_not_present,
     true,
     without_rights,
     {"vtd.fault-0x71-first-stage-not-present", "a first-stage entry on the way is not present",
      "VT-d specification, 7.1.3, SFL.2"}},
    {R::first_stage_reserved,
     true,
     aborted,
     {"vtd.fault-0x72-first-stage-reserved", "a first-stage entry has a reserved bit set",
      "VT-d specification, 7.1.3, SFL.3"}},
    {R::first_stage_top_access_error,
     true,
     aborted,
     {"vtd.fault-0x73-first-stage-top-access", "the top first-stage table cannot be read",
      "VT-d specification, 7.1.3, SFL.4"}},
    {R::first_stage_address_beyond_width,
     true,
     aborted,
     {"vtd.fault-0x74-first-stage-address",
      "a first-stage entry holds an address that the second stage does not translate",
      "VT-d specification, 7.1.3, SFL.5"}},
    {R::first_stage_top_read_not_permitted,
     true,
     without_rights,
     {"vtd.fault-0x75-first-stage-top-read", "the second stage does not permit reading the top first-stage table",
      "VT-d specification, 7.1.3, SFL.6"}},
    {R::first_stage_read_not_permitted,
     true,
     without_rights,
     {"vtd.fault-0x76-first-stage-read", "the second stage does not permit reading a first-stage table",
      "VT-d specification, 7.1.3, SFL.7"}},
    {R::first_stage_write_not_permitted,
     true,
     without_rights,
     {"vtd.fault-0x77-first-stage-write",
      "the second stage does not permit setting the accessed or dirty bit of a first-stage entry",
      "VT-d specification, 7.1.3, SFL.8"}},
    {R::second_stage_access_error,
     true,
     aborted,
     {"vtd.fault-0x78-second-stage-access", "a second-stage entry below the top level cannot be read",
      "VT-d specification, 7.1.3, SSL.1"}},
    {R::second_stage_not_present,
     true,
     without_rights,
     {"vtd.fault-0x79-second-stage-not-present", "a second-stage entry on the way permits nothing",
      "VT-d specification, 7.1.3, SSL.2"}},
    {R::second_stage_reserved,
     true,
     aborted,
     {"vtd.fault-0x7a-second-stage-reserved", "a second-stage entry has a reserved bit set",
      "VT-d specification, 7.1.3, SSL.3"}},
    {R::second_stage_top_access_error,
     true,
     aborted,
     {"vtd.fault-0x7b-second-stage-top-access", "the top second-stage table cannot be read",
      "VT-d specification, 7.1.3, SSL.4"}},
    {R::second_stage_update_not_snooped,
     true,
     aborted,
     {"vtd.fault-0x7c-second-stage-update",
      "an accessed or dirty bit of a second-stage entry is to be set, but the walk is not snooped",
      "VT-d specification, 7.1.3, SSL.5"}},
    {R::second_stage_update_access_error,
     true,
     aborted,
     {"vtd.fault-0x7d-second-stage-update-access",
      "memory refuses to set an accessed or dirty bit of a second-stage entry", "VT-d specification, 7.1.3, SSL.6"}},
    {R::not_canonical,
     true,
     without_rights,
     {"vtd.fault-0x80-not-canonical", "the address is not canonical for the first-stage tables",
      "VT-d specification, 7.1.3, SGN.1"}},
    {R::user_not_permitted,
     true,
     without_rights,
     {"vtd.fault-0x81-user-permission", "a first-stage entry on the way does not permit user accesses",
      "VT-d specification, 7.1.3, SGN.2"}},
    {R::execute_not_permitted,
     true,
     without_rights,
     {"vtd.fault-0x82-execute-permission", "the tables do not permit execution", "VT-d specification, 7.1.3, SGN.3"}},
    {R::address_beyond_host_width,
     true,
     without_rights,
     {"vtd.fault-0x83-host-address-width", "the address is beyond the host address width",
      "VT-d specification, 7.1.3, SGN.4"}},
    {R::scalable_address_beyond_width,
     true,
     without_rights,
     {"vtd.fault-0x84-address-width", "the address is beyond the width that the second-stage tables translate",
      "VT-d specification, 7.1.3, SGN.5"}},
    {R::scalable_write_not_permitted,
     true,
     without_rights,
     {"vtd.fault-0x85-write-permission", "a paging entry on the way does not permit writes",
      "VT-d specification, 7.1.3, SGN.6"}},
    {R::scalable_read_not_permitted,
     true,
     without_rights,
     {"vtd.fault-0x86-read-permission", "a paging entry on the way does not permit reads",
      "VT-d specification, 7.1.3, SGN.7"}},
    {R::scalable_output_in_interrupt_range,
     true,
     without_rights,
     {"vtd.fault-0x87-interrupt-range", "the translated address lies in the interrupt range",
      "VT-d specification, 7.1.3, SGN.8"}},
    {R::first_stage_update_not_snooped,
     true,
     aborted,
     {"vtd.fault-0x90-first-stage-update",
      "an accessed or dirty bit of a first-stage entry is to be set, but the walk is not snooped",
      "VT-d specification, 7.1.3, SFL.9"}},
    {R::first_stage_update_access_error,
     true,
     aborted,
     {"vtd.fault-0x91-first-stage-update-access",
      "memory refuses to set an accessed or dirty bit of a first-stage entry", "VT-d specification, 7.1.3, SFL.10"}},
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

FaultCause cause_of(FaultReason reason) {
  switch (reason) {
    case R::root_entry_not_present:
    case R::context_entry_not_present:
    case R::scalable_root_not_present:
    case R::scalable_context_not_present:
    case R::pasid_directory_not_present:
    case R::pasid_entry_not_present: return FaultCause::no_domain;
    case R::write_not_permitted:
    case R::read_not_permitted:
    case R::first_stage_not_present:
    case R::second_stage_not_present:
    case R::scalable_write_not_permitted:
    case R::scalable_read_not_permitted: return FaultCause::no_mapping;
    case R::address_beyond_width:
    case R::not_canonical:
    case R::scalable_address_beyond_width: return FaultCause::address_beyond_width;
    case R::output_in_interrupt_range:
    case R::scalable_output_in_interrupt_range: return FaultCause::output_in_interrupt_range;
    default: return FaultCause::other;
  }
}

TranslationRequestEnd translation_request_end(FaultReason reason) {
  return info_of(reason).request_end;
}

bool is_cacheable_with_caching_mode(FaultReason reason) {
  switch (reason) {
    case R::root_entry_access_error:
    case R::context_entry_access_error:
    case R::scalable_root_access_error:
    case R::scalable_context_access_error:
    case R::pasid_directory_access_error:
    case R::pasid_entry_access_error: return false;
    default: return true;
  }
}

}  // namespace iommusim::vtd
