// SPDX-License-Identifier: Apache-2.0
#include "platforms/readers.h"

namespace iommusim::platforms {

TimingDescription read_timing(const Value& value) {
  const Map map{
      value,
      {"switch_port", "root_complex", "iommu_lookup", "iommu_fetch", "memory", "doorbell", "cpu_mmio", "quantum"}};
  TimingDescription timing;
  timing.switch_port = map.duration("switch_port", timing.switch_port);
  timing.root_complex = map.duration("root_complex", timing.root_complex);
  timing.iommu_lookup = map.duration("iommu_lookup", timing.iommu_lookup);
  timing.iommu_fetch = map.duration("iommu_fetch", timing.iommu_fetch);
  timing.memory = map.duration("memory", timing.memory);
  timing.doorbell = map.duration("doorbell", timing.doorbell);
  timing.cpu_mmio = map.duration("cpu_mmio", timing.cpu_mmio);
  timing.quantum = map.duration("quantum", timing.quantum);
  return timing;
}

}  // namespace iommusim::platforms
