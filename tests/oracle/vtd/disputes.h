// SPDX-License-Identifier: Apache-2.0
// Where the oracle had to choose.
#pragma once

#include "oracle/vtd/answer.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace iommusim::oracle::vtd {

struct DisputeText {
  std::string_view question;
  /// What the oracle answers.
  std::string_view choice;
};

/// In the order of Dispute.
constexpr std::array<DisputeText, static_cast<std::size_t>(Dispute::count)> disputes{{
    {"", ""},
    {"request with PASID to a unit without ECAP.PASID", "blocked, no record"},
    {"reserved bits in the unused half of a scalable-mode root entry", "ignored"},
    {"PASID entry with AW where ECAP.SSTS is 0", "ignored"},
    {"bit 62 of a second-stage entry", "ignored"},
    {"a missing execute permission where a later check fails too", "0x82"},
    {"execute request to a page with X=1 and R=0", "0x86"},
    {"nested: first-stage table that the second stage puts into the interrupt range", "access error"},
    {"nested: accessed bit that the walk may not set for two reasons", "0x90"},
    {"interrupt entry with the reserved source validation type", "0x26"},
    {"posted interrupt descriptor with bits 511:320 set", "ignored"},
}};

}  // namespace iommusim::oracle::vtd
