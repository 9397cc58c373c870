// SPDX-License-Identifier: Apache-2.0
// What the walks of a conformance case found, and where the answers of QEMU's cache contradict it.
#pragma once

#include "base/range.h"
#include "iommu/translation.h"

#include <vector>

namespace iommusim::traces {

class Smmuv3WalkedPages {
 public:
  /// Of every request, in order.
  void note(const iommu::TranslationRequest& request, const iommu::TranslationResult& result,
            const iommu::FetchLog& fetches);
  /// Why QEMU may answer the request otherwise, against the architecture: the rule and its section; nullptr: it may
  /// not.
  const char* deviation(const iommu::TranslationRequest& request, const iommu::TranslationResult& result) const;

 private:
  struct Page {
    RequesterId requester;
    Range<Iova> range;
    /// Its descriptor has nG=0.
    bool global = false;
    /// Its own descriptor permits writes; a table above it does not.
    bool read_only_by_table = false;
  };
  std::vector<Page> pages_;
};

}  // namespace iommusim::traces
