// SPDX-License-Identifier: Apache-2.0
// What time series tell of devices, links and IOMMUs.
#pragma once

#include "timing/time_series.h"

#include <array>

namespace iommusim::timing {

/// Of one function, by the end of its operations.
namespace function_series {
enum : std::size_t { operations, read_bytes, written_bytes };
constexpr std::array<SeriesColumn, 3> columns{{{"operations", "", "that ended"},
                                               {"read_bytes", "bytes", "payload of reads that ended"},
                                               {"written_bytes", "bytes", "payload of writes that ended"}}};
}  // namespace function_series

/// Of one direction of a link, by the beginning of its TLPs. Times are summed up in picoseconds.
namespace channel_series {
enum : std::size_t { tlps, bytes, busy, queue_max };
constexpr std::array<SeriesColumn, 4> columns{
    {{"tlps", "", "sent"},
     {"bytes", "bytes", "sent, with headers and framing"},
     {"busy", "ns", "time in which it sent"},
     {"queue_max", "", "most TLPs that waited for it at once (approximate timing)", true}}};
}  // namespace channel_series

/// Of one IOMMU, by the arrival of requests.
namespace iommu_series {
enum : std::size_t { lookups, hits, walk_reads };
constexpr std::array<SeriesColumn, 3> columns{{{"lookups", "", "requests looked up"},
                                               {"hits", "", "requests that needed no walk"},
                                               {"walk_reads", "", "table entries that walks read from memory"}}};
}  // namespace iommu_series

}  // namespace iommusim::timing
