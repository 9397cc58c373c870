// SPDX-License-Identifier: Apache-2.0
// Known answers of an IOMMU, asked again of a unit.
#pragma once

#include "iommu/unit.h"
#include "traces/read_progress.h"

#include <cstdint>
#include <string>
#include <vector>

namespace iommusim::traces {

struct TranslationCheck {
  /// Answers of the file: one for each line and requester.
  std::uint64_t checked = 0;
  std::uint64_t equal = 0;
  /// The first 20 that differ: "line 7, 00:05.0 read 0x1000: found …, expected …".
  std::vector<std::string> differences;
};

/// `file` holds one JSON object a line, plain or zstd, as the captures have them:
///   translations: sid, perhaps ssid (a PASID), iova, pa, perhaps mask (page size minus one), leaf_perm ("r", "w",
///   "rw"), result ("ok" or "fault", then perhaps fault_reason); mappings: sids, iova, size, pa, perm.
/// The first and the last byte of the page, or without mask the byte at iova, are read and written; address, rights and
/// page size must be the listed ones. The unit is asked without effect on it. Throws InputError for what is no such
/// file.
TranslationCheck check_translations(const iommu::Unit& unit, const std::string& file,
                                    const ReadProgress& progress = {});

}  // namespace iommusim::traces
