// SPDX-License-Identifier: Apache-2.0
// From a requester to its domain or PASID directory: root entry, context entry, and whether they may be used (VT-d
// specification, 3.4.2 and 3.4.3).
#pragma once

#include "base/address.h"
#include "base/requester_id.h"
#include "iommu/vtd/context_entry.h"
#include "iommu/vtd/fault_reasons.h"
#include "iommu/vtd/table_format.h"
#include "iommu/vtd/table_reader.h"

#include <cstdint>

namespace iommusim::vtd {

/// What the unit knows of a requester. With a fault, only `fpd` and `scalable` mean something beside it.
struct Context {
  /// Where the entry leads: in legacy mode to second-stage tables, in scalable mode to the PASID directory.
  PhysAddr table;
  std::uint16_t domain = 0;
  FaultReason fault = FaultReason::none;
  TranslationType type = TranslationType::second_stage;
  std::uint8_t levels = 0;
  /// FPD of the context entry, once it was read.
  bool fpd = false;
  /// Translation requests and translated requests are allowed: translation type 01, or DTE.
  bool device_tlb = false;

  // Scalable mode.
  bool scalable = false;
  /// PASIDE and PRE.
  bool pasid_requests = false;
  bool page_requests = false;
  /// Of requests without PASID.
  bool rid_privileged = false;
  Pasid rid_pasid;
  /// The directory serves PASIDs below.
  std::uint32_t pasid_limit = 0;
};

/// Where the search for a context begins.
struct ContextQuery {
  const TableFormat& format;
  PhysAddr root_table;
  RequesterId requester;
};

/// Makes `context` what the tables say. Each step in the order of the specification: access error, not present,
/// reserved bits, then invalid programming.
void look_up_context(const ContextQuery& query, TableReader& tables, Context& context);

/// The same in scalable mode.
void look_up_scalable_context(const ContextQuery& query, TableReader& tables, Context& context);

}  // namespace iommusim::vtd
