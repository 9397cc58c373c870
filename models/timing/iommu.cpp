// SPDX-License-Identifier: Apache-2.0
#include "timing/iommu.h"

#include <algorithm>

namespace iommusim::timing {
namespace {

constexpr unsigned region_shift = 21;
constexpr std::size_t remembered_regions = 4096;
/// A table has 512 entries.
constexpr unsigned table_shift = 9;

}  // namespace

Iommu::Iommu(const IommuParameters& parameters, std::size_t sources, Memory& memory, Duration interval)
    : parameters_{parameters},
      memory_{&memory},
      walkers_{parameters.walkers},
      last_(std::max<std::size_t>(sources, 1) * 2),
      fills_(fills),
      regions_(parameters.one_walk_per_region ? remembered_regions : 0) {
  tables_.reserve(parameters.structure_cache);
  if (interval != Duration{}) series_.emplace(interval, iommu_series::columns);
}

void Iommu::reset_counters() {
  counters_ = {};
  if (series_) series_->restart();
}

Duration& Iommu::region_free(std::uint64_t address) {
  const std::uint64_t number = address >> region_shift;
  Region& region = regions_[number % regions_.size()];
  if (region.number != number) region = {number, Duration{}};
  return region.free;
}

std::uint64_t Iommu::reads_of(const Request& request) {
  const Step& step = request.step;
  if (parameters_.structure_cache == 0) return step.fetches;
  const Table table{step.address >> (step.page_shift + table_shift) << 6 | step.page_shift, request.requester};
  const auto known = std::find(tables_.begin(), tables_.end(), table);
  const bool is_known = known != tables_.end();
  if (is_known)
    std::rotate(tables_.begin(), known, known + 1);
  else {
    if (tables_.size() == parameters_.structure_cache) tables_.pop_back();
    tables_.insert(tables_.begin(), table);
  }
  return is_known ? 1 : step.fetches;
}

/// The lines that a walk reads share the bandwidth of memory with DMA.
Duration Iommu::walk(const Request& request, Duration arrival) {
  const Step& step = request.step;
  const std::uint64_t reads = reads_of(request);
  Duration ready = arrival;
  if (parameters_.one_walk_per_region) ready = std::max({ready, region_free(step.address), last_walk_start_});
  const Duration begin = walkers_.earliest(ready);
  Duration length = parameters_.walk;
  for (std::uint64_t i = 0; i < reads; ++i)
    length += parameters_.walk_read + memory_->fetch(begin + length);
  const Duration busy = length + (request.lane == Lane::read ? parameters_.recovery_read : parameters_.recovery_write);
  const Duration start = walkers_.reserve(ready, busy);
  if (parameters_.one_walk_per_region) {
    last_walk_start_ = start;
    region_free(step.address) = start + busy;
  }
  ++counters_.walks;
  counters_.walk_reads += reads;
  count(arrival, iommu_series::walk_reads, reads);
  counters_.walker_busy += busy;
  return start + length;
}

Duration Iommu::wait_for_lookup(Duration arrival) {
  return lookup_.reserve(arrival, parameters_.lookup_interval);
}

void Iommu::count_in_series(Duration at, std::size_t column, std::uint64_t amount) {
  series_->add(at, column, amount);
}

}  // namespace iommusim::timing
