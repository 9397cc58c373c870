// SPDX-License-Identifier: Apache-2.0
// Nested domains: the memory of their guests, and what these map.
#include "base/interval_map.h"
#include "platforms/functions.h"
#include "platforms/iommu_kinds.h"
#include "platforms/validate.h"
#include "platforms/yaml_reader.h"
#include "software/guest_memory.h"

#include <fmt/format.h>

#include <algorithm>

namespace iommusim::platforms {
namespace {

struct Guest {
  const DomainDescription& domain;
  const Range<PhysAddr>& memory;
  std::string path;
};

/// Second-stage tables are as deep as the unit has them.
unsigned second_stage_width(const IommuDescription& iommu) {
  const std::vector<unsigned> levels = table_levels(iommu, software::Stage::second);
  if (levels.empty()) return 0;
  return input_width(iommu, software::Stage::second, *std::max_element(levels.begin(), levels.end()));
}

void check_iommu(const Guest& guest, const IommuDescription& iommu, const Source& source) {
  if (!has_nesting(iommu)) source.fail(guest.path + ".stage", "nested", "a stage that '" + iommu.name + "' has");
  const unsigned width = second_stage_width(iommu);
  if (guest.memory.last.value() >> width != 0)
    source.fail(guest.path + ".guest_memory", format_range(guest.memory),
                fmt::format("addresses of at most {} bits, the width of the second stage of '{}'", width, iommu.name));
}

void check_memory(const Guest& guest, const Description& description, const Source& source) {
  const std::string path = guest.path + ".guest_memory";
  const std::vector<MemoryDescription>& banks = description.memories;
  if (std::none_of(banks.begin(), banks.end(), [&](const auto& bank) { return bank.range.contains(guest.memory); }))
    source.fail(path, format_range(guest.memory), "addresses of one memory");
  if (description.os_memory && description.os_memory->overlaps(guest.memory))
    source.fail(path, format_range(guest.memory), "memory that software.os_memory does not have");
}

void check_mappings(const Guest& guest, const Source& source) {
  const Range<PhysAddr> data{guest.memory.first, software::GuestMemory::tables_in(guest.memory).first - 1};
  for (std::size_t i = 0; i < guest.domain.mappings.size(); ++i) {
    const MappingDescription& mapping = guest.domain.mappings[i];
    const auto physical = Range<PhysAddr>::from_size(mapping.physical, mapping.size);
    if (!physical || !data.contains(*physical))
      source.fail(guest.path + ".mappings." + std::to_string(i),
                  format_hex(mapping.physical.value()) + " and " + format_size(mapping.size),
                  "memory of the guest below its tables: " + format_range(data));
  }
}

}  // namespace

void validate_guests(const Description& description, const Source& source) {
  const std::vector<FunctionPlace> functions = all_functions(description);
  IntervalMap<PhysAddr, std::string> owners;
  for (const DomainDescription& domain : description.domains) {
    if (!domain.guest_memory) continue;
    const Guest guest{domain, *domain.guest_memory, item_path("software.domains", domain.name)};
    if (domain.type != DomainType::dma && domain.type != DomainType::unmanaged)
      source.fail(guest.path + ".stage", "nested", "no tables in a domain of type identity or blocked");
    for (const std::string& device : domain.devices)
      check_iommu(guest, *iommu_of(description, *find_function(functions, device)), source);
    check_memory(guest, description, source);
    check_mappings(guest, source);
    if (!owners.insert(guest.memory, domain.name))
      source.fail(guest.path + ".guest_memory", format_range(guest.memory),
                  "memory that the guest of '" + owners.first_overlap(guest.memory)->value + "' does not have");
  }
}

}  // namespace iommusim::platforms
