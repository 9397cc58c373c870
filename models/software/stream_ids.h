// SPDX-License-Identifier: Apache-2.0
// StreamIDs of requesters, as firmware tells them to the operating system (IORT ID mappings, DT iommu-map).
#pragma once

#include "base/requester_id.h"
#include "iommu/smmuv3/config.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace iommusim::software {

class StreamIds {
 public:
  /// Without mappings a StreamID is the requester ID.
  explicit StreamIds(std::vector<smmuv3::StreamMapping> mappings) : mappings_{std::move(mappings)} {}

  std::optional<std::uint32_t> stream_of(RequesterId requester) const {
    if (mappings_.empty()) return requester.raw();
    const std::uint32_t id = requester.raw();
    for (const smmuv3::StreamMapping& mapping : mappings_)
      if (id >= mapping.first.raw() && id - mapping.first.raw() < mapping.count)
        return mapping.stream + (id - mapping.first.raw());
    return std::nullopt;
  }
  /// Of several, the first. Nobody's StreamID is taken for a requester ID.
  RequesterId requester_of(std::uint32_t stream) const {
    for (const smmuv3::StreamMapping& mapping : mappings_)
      if (stream >= mapping.stream && stream - mapping.stream < mapping.count)
        return RequesterId{static_cast<std::uint16_t>(mapping.first.raw() + (stream - mapping.stream))};
    return RequesterId{static_cast<std::uint16_t>(stream)};
  }

 private:
  std::vector<smmuv3::StreamMapping> mappings_;
};

}  // namespace iommusim::software
