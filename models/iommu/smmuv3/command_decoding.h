// SPDX-License-Identifier: Apache-2.0
// From the words of a command to what it asks for. Preconditions: is_legal(), and an opcode of the kind.
#pragma once

#include "iommu/ats.h"
#include "iommu/smmuv3/command.h"
#include "iommu/smmuv3/config.h"
#include "iommu/smmuv3/invalidation.h"

#include <optional>

namespace iommusim::smmuv3 {

/// CMD_CFGI_* (4.3).
ConfigInvalidation config_invalidation_of(const ConfigCommand& command);

/// What registers add to a CMD_TLBI_*.
struct TlbCommandContext {
  /// IDR3.RIL.
  bool ranges = false;
  /// CR2.E2H.
  bool e2h = false;
  /// CR0.VMW.
  std::uint16_t vmid_ignored = 0;
};
/// CMD_TLBI_* (4.4). CMD_TLBI_EL2_ALL, which concerns both regimes of EL2, gives the one without ASIDs.
TlbInvalidation tlb_invalidation_of(const TlbCommand& command, const TlbCommandContext& context);

/// CMD_ATC_INV and CMD_PRI_RESP (4.5) for the function whose requests have the command's StreamID.
iommu::DeviceTlbInvalidation device_invalidation_of(const DeviceTlbCommand& command, RequesterId target);
iommu::PageGroupResponse page_response_of(const PageResponseCommand& command, RequesterId target);

/// Whose requests have the StreamID; nullopt: nobody's.
std::optional<RequesterId> requester_of(const UnitConfig& config, std::uint32_t stream);

}  // namespace iommusim::smmuv3
