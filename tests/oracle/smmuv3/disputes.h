// SPDX-License-Identifier: Apache-2.0
// Where the oracle had to choose.
#pragma once

#include "oracle/smmuv3/answer.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace iommusim::oracle::smmuv3 {

struct DisputeText {
  std::string_view question;
  /// What the oracle answers.
  std::string_view choice;
};

/// In the order of Dispute.
constexpr std::array<DisputeText, static_cast<std::size_t>(Dispute::count)> disputes{{
    {"", ""},
    {"stream table or L1STD.L2Ptr beyond the output size", "truncated"},
    {"S1ContextPtr or L1CD.L2Ptr beyond the output or intermediate size: nested, or SMMUv3.0", "configuration error"},
    {"bits 55:52 of S1ContextPtr or L1CD.L2Ptr", "part of the address"},
    {"S1ContextPtr or L1CD.L2Ptr not aligned to the size of its table", "aligned down"},
    {"SubstreamID wider than IDR1.SSIDSIZE", "not truncated"},
    {"TxSZ or S2T0SZ out of range in SMMUv3.0", "ILLEGAL"},
    {"RnW of an atomic that may write and not read in SMMUv3.0", "1"},
    {"level 1 block of 64 KiB tables that is larger than the output size",
     "F_ADDR_SIZE where the address is too large"},
    {"S2PTW and a stage 2 descriptor with reserved MemAttr", "not Device"},
    {"translated transaction beyond the output size", "aborted, no record"},
    {"translation request that would make dirty a page whose descriptor stage 2 write-protects", "no rights"},
    {"access flag of a descriptor that refuses the access, and that cannot be written", "F_PERMISSION"},
    {"stage 1 descriptor whose update aborts, and stage 2 of the page that it maps", "F_WALK_EABT"},
}};

}  // namespace iommusim::oracle::smmuv3
