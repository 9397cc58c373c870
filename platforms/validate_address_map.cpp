// SPDX-License-Identifier: Apache-2.0
#include "base/interval_map.h"
#include "interrupts/gic/gicv2m.h"
#include "interrupts/gic/its_registers.h"
#include "interrupts/gic/mbi.h"
#include "interrupts/gic/redistributor_registers.h"
#include "interrupts/msi.h"
#include "platforms/ecam.h"
#include "platforms/functions.h"
#include "platforms/iommu_kinds.h"
#include "platforms/validate.h"
#include "platforms/windows.h"
#include "platforms/yaml_reader.h"

#include <algorithm>

namespace iommusim::platforms {
namespace {

/// Who answers at which physical address.
class AddressMap {
 public:
  explicit AddressMap(const Source& source) : source_{source} {}

  void add(const Range<PhysAddr>& range, const std::string& what, const std::string& path) {
    if (const auto* other = taken_.first_overlap(range))
      source_.fail(path, format_range(range) + ", which meets " + other->value,
                   "physical addresses that nothing else has");
    taken_.insert(range, what);
  }

 private:
  const Source& source_;
  IntervalMap<PhysAddr, std::string> taken_;
};

Range<PhysAddr> registers_of(const IommuDescription& iommu, const std::string& path, const Source& source) {
  const PhysAddr base = register_base(iommu);
  const auto range = Range<PhysAddr>::from_size(base, register_bytes(iommu));
  if (base.offset_in(page_4k) != 0 || !range)
    source.fail(path, format_hex(base.value()), "the address of a 4 KiB page");
  return *range;
}

void add_fixed(AddressMap& map, const Description& description, const Source& source) {
  if (description.local_apic) {
    const Range<PhysAddr> window{PhysAddr{interrupts::local_apic_window.first.value()},
                                 PhysAddr{interrupts::local_apic_window.last.value()}};
    map.add(window, "the interrupt window", "local_apic");
  }
  for (std::size_t i = 0; i < description.ecam.size(); ++i) {
    const EcamDescription& ecam = description.ecam[i];
    const std::string path = ecam_path(source, i);
    const auto range = Range<PhysAddr>::from_size(ecam.base, ecam_size);
    if (!range || ecam.base.offset_in(ecam_size) != 0)
      source.fail(path, format_hex(ecam.base.value()), "a multiple of 256 MiB");
    const std::string segment = ecam.segment == 0 ? "" : " of segment " + std::to_string(ecam.segment);
    map.add(*range, "the configuration space" + segment + " (ecam)", path);
  }
}

void add_frame(AddressMap& map, PhysAddr base, std::uint64_t size, const std::string& part, const Source& source) {
  const auto range = Range<PhysAddr>::from_size(base, size);
  const std::string path = "gic." + part + ".registers";
  if (!range || base.offset_in(page_4k) != 0)
    source.fail(path, format_hex(base.value()), "the address of a register frame");
  map.add(*range, "the registers of '" + part + "'", path);
}

void add_gic(AddressMap& map, const GicDescription& gic, const Source& source) {
  if (gic.redistributors)
    add_frame(map, gic.redistributors->register_base, gic.redistributors->processors * gic::gicr::frame_size,
              "redistributors", source);
  if (gic.its) add_frame(map, gic.its->register_base, gic::gits::frame_size, "its", source);
  if (gic.gicv2m) add_frame(map, gic.gicv2m->register_base, gic::v2m::frame_size, "gicv2m", source);
  if (gic.mbi) add_frame(map, gic.mbi->register_base, gic::gicd::frame_size, "mbi", source);
}

void check_outbound(const HostBridgeDescription& bridge, const Source& source) {
  IntervalMap<BusAddr, std::size_t> taken;
  for (std::size_t i = 0; i < bridge.outbound.size(); ++i)
    if (!taken.insert(bus_range(bridge.outbound[i]), i))
      source.fail(item_path("host_bridges", bridge.name) + ".windows." + std::to_string(i),
                  "the bus addresses " + format_range(bus_range(bridge.outbound[i])) + " of an earlier window",
                  "disjoint bus addresses");
}

void check_inbound(const HostBridgeDescription& bridge, const Source& source) {
  IntervalMap<BusAddr, std::size_t> taken;
  for (std::size_t i = 0; i < bridge.inbound.size(); ++i)
    if (!taken.insert(bridge.inbound[i].bus, i))
      source.fail(item_path("host_bridges", bridge.name) + ".inbound." + std::to_string(i),
                  format_range(bridge.inbound[i].bus) + ", which meets an earlier window", "disjoint bus addresses");
}

}  // namespace

void validate_address_map(const Description& description, const Source& source) {
  AddressMap map{source};
  add_fixed(map, description, source);
  for (const MemoryDescription& memory : description.memories)
    map.add(memory.range, "the memory '" + memory.name + "'", item_path("memory", memory.name) + ".base");
  for (const HostBridgeDescription& bridge : description.host_bridges) {
    const std::string path = item_path("host_bridges", bridge.name) + ".windows.";
    for (std::size_t i = 0; i < bridge.outbound.size(); ++i)
      map.add(bridge.outbound[i].cpu, "a window of '" + bridge.name + "'", path + std::to_string(i) + ".base");
    check_outbound(bridge, source);
    check_inbound(bridge, source);
  }
  if (description.gic) add_gic(map, *description.gic, source);
  for (const IommuDescription& iommu : description.iommus) {
    const std::string path = item_path("iommus", iommu.name) + ".registers";
    map.add(registers_of(iommu, path, source), "the registers of '" + iommu.name + "'", path);
  }
}

}  // namespace iommusim::platforms
