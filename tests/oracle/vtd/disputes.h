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
    {"write to the interrupt range that is not an aligned doubleword", "0x29, recorded"},
    {"read or AtomicOp of the interrupt range", "blocked, no record"},
    {"request with PASID to the interrupt range", "translated as any other; the output is checked"},
    {"translation request without PASID in the interrupt range", "success: untranslated access, write only"},
    {"translated request to the interrupt range", "blocked, no record"},
    {"PASID that ECAP.PASID or ECAP.PSS does not allow", "blocked, no record"},
    {"RID_PASID with bits beyond ECAP.PSS", "used as it is"},
    {"RID_PASID too large for the directory: translated request without PASID", "0x48"},
    {"reserved bits in the unused half of a scalable-mode root entry", "ignored"},
    {"pointer bits at or above the host address width in context, directory or PASID entry", "access error"},
    {"legacy mode: pass-through or translated address at or above the host address width", "blocked, no record"},
    {"scalable mode: pass-through address at or above the host address width", "0x83"},
    {"scalable mode: translated address at or above the host address width", "0x83"},
    {"translated request that its PASID directory or PASID entry would refuse", "blocked"},
    {"scalable-mode context entry bits 8:5, which later revisions use", "0x42"},
    {"DTE, PASIDE or PRE without the capability", "0x43"},
    {"PASID entry field of an absent capability", "0x5A"},
    {"privileged by RID_PRIV while SRE=0", "allowed"},
    {"access error at PASID directory or table with FPD=1 in an entry above", "recorded"},
    {"bit 62 of a second-stage entry", "ignored"},
    {"a missing execute permission where a later check fails too", "0x82"},
    {"execute request to a page with X=1 and R=0", "0x86"},
    {"nested: first-stage output beyond the second stage's width", "0x74"},
    {"nested: first-stage output that the second stage does not map", "0x79"},
    {"nested: first-stage table that the second stage puts into the interrupt range", "access error"},
    {"nested: accessed bit that the walk may not set for two reasons", "0x90"},
    {"translation request whose output lies in the interrupt range", "success without rights, recorded"},
    {"translation request whose first-stage tables the second stage refuses", "blocked, recorded"},
    {"remappable interrupt with reserved data bits and an entry that refuses it too", "0x20"},
    {"interrupt entry with the reserved source validation type", "0x26"},
    {"interrupt entry with destination bits that only extended mode has", "0x24"},
}};

}  // namespace iommusim::oracle::vtd
