// SPDX-License-Identifier: Apache-2.0
// An IOMMU as a requester sees it that repeats itself.
#pragma once

#include "iommu/cache_hits.h"

namespace iommusim::modules {

class Translator {
 public:
  virtual ~Translator() = default;
  /// A request like the one that found `hits`, to the same 4 KiB page, goes by without passing the module. True: it is
  /// answered as that one was, and counted. False: it has to be sent.
  virtual bool repeat(const iommu::CacheHits& hits) = 0;
};

}  // namespace iommusim::modules
