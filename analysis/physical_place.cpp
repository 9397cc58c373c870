// SPDX-License-Identifier: Apache-2.0
#include "analysis/physical_place.h"

#include <fmt/format.h>

namespace iommusim::analysis {

std::string whose_memory(PhysAddr address, const platforms::Machine& machine) {
  for (const platforms::BufferDescription& buffer : machine.description().buffers)
    if (buffer.range.contains(address)) return fmt::format("{} + {:#x}", buffer.name, address - buffer.range.first);
  for (const platforms::IommuDescription& iommu : machine.description().iommus)
    for (const platforms::RmrrDescription& region : iommu.rmrrs)
      if (region.range.contains(address))
        return fmt::format("reserved for firmware of {}", fmt::join(region.devices, ", "));
  return "";
}

std::string place_without_memory(PhysAddr address, const platforms::Machine& machine) {
  const memory::MapEntry* entry = machine.system_map().find(address, 1);
  if (entry == nullptr) return "nothing";
  switch (entry->kind) {
    case memory::TargetKind::iommu_registers: return "the registers of " + machine.name(machine.iommu_id(entry->index));
    case memory::TargetKind::ecam: return "configuration space";
    case memory::TargetKind::doorbell: return "the interrupt window";
    case memory::TargetKind::outbound:
      return "a window of " + machine.name(machine.bridges()[entry->index].id) + " where no BAR answers";
    case memory::TargetKind::memory: break;
  }
  return "memory";
}

}  // namespace iommusim::analysis
