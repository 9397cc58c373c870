// SPDX-License-Identifier: Apache-2.0
#include "base/interval_map.h"
#include "platforms/functions.h"
#include "platforms/iommu_kinds.h"
#include "platforms/requester_ids.h"
#include "platforms/require_device.h"
#include "platforms/reserved_memory.h"
#include "platforms/validate.h"
#include "platforms/yaml_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace iommusim::platforms {
namespace {

/// One domain with the IOMMUs that its devices are behind.
struct DomainPlace {
  const DomainDescription& domain;
  std::string path;
  std::vector<const IommuDescription*> iommus;
};

void check_stage(const DomainPlace& place, const Source& source) {
  const bool has_tables = place.domain.type == DomainType::dma || place.domain.type == DomainType::unmanaged;
  const std::string stage = place.domain.stage == software::Stage::first ? "first" : "second";
  for (const IommuDescription* iommu : place.iommus)
    if (has_tables && !has_stage(*iommu, place.domain.stage))
      source.fail(place.path + ".stage", stage, "a stage that '" + iommu->name + "' has");
}

void check_levels(const DomainPlace& place, const Source& source) {
  const unsigned levels = place.domain.levels;
  for (const IommuDescription* iommu : place.iommus) {
    const std::vector<unsigned> possible = table_levels(*iommu, place.domain.stage);
    if (levels != 0 && std::find(possible.begin(), possible.end(), levels) == possible.end())
      source.fail(place.path + ".levels", std::to_string(levels), "one of the table_levels of '" + iommu->name + "'");
  }
}

/// Bits of the highest address that every IOMMU of the domain translates.
unsigned width_of(const DomainPlace& place) {
  unsigned width = 64;
  for (const IommuDescription* iommu : place.iommus) {
    const std::vector<unsigned> possible = table_levels(*iommu, place.domain.stage);
    const unsigned deepest = possible.empty() ? 0 : *std::max_element(possible.begin(), possible.end());
    const unsigned levels = place.domain.levels != 0 ? place.domain.levels : deepest;
    width = std::min(width, input_width(*iommu, place.domain.stage, levels));
  }
  return width;
}

void check_width(const DomainPlace& place, Iova first, std::uint64_t size, const std::string& path,
                 const Source& source) {
  const auto iovas = Range<Iova>::from_size(first, size);
  const unsigned width = width_of(place);
  if (!iovas || (width < 64 && iovas->last.value() >> width != 0))
    source.fail(path, format_hex(first.value()) + " and " + format_size(size),
                fmt::format("addresses of at most {} bits, the width of the domain's IOMMU", width));
}

void check_mapping_widths(const DomainPlace& place, const MappingDescription& mapping, const std::string& path,
                          const Source& source) {
  check_width(place, mapping.iova, mapping.size, path + ".iova", source);
  for (const IommuDescription* iommu : place.iommus)
    if (((mapping.iova.value() | mapping.physical.value() | mapping.size) & (page_size(*iommu) - 1)) != 0)
      source.fail(path, "a mapping that is no multiple of " + format_size(page_size(*iommu)),
                  "whole pages of '" + iommu->name + "'");
  const std::uint64_t last = mapping.physical.value() + (mapping.size - 1);
  for (const IommuDescription* iommu : place.iommus)
    if (last >> output_width(*iommu) != 0)
      source.fail(path + ".physical", format_hex(mapping.physical.value()),
                  fmt::format("a physical address of at most {} bits", output_width(*iommu)));
}

void check_mappings(const DomainPlace& place, const Source& source) {
  const DomainDescription& domain = place.domain;
  const bool has_tables = domain.type == DomainType::dma || domain.type == DomainType::unmanaged;
  if (!has_tables && !domain.mappings.empty())
    source.fail(place.path + ".mappings", "mappings", "none in a domain of type identity or blocked");
  IntervalMap<Iova, std::size_t> taken;
  for (std::size_t i = 0; i < domain.mappings.size(); ++i) {
    const std::string path = place.path + ".mappings." + std::to_string(i);
    check_mapping_widths(place, domain.mappings[i], path, source);
    const auto range = Range<Iova>::from_size(domain.mappings[i].iova, domain.mappings[i].size);
    if (const auto* other = taken.first_overlap(*range))
      source.fail(path + ".iova", format_range(*range) + ", which meets mapping " + std::to_string(other->value),
                  "addresses that are mapped once");
    taken.insert(*range, i);
  }
}

void check_doorbell(const DomainPlace& place, const Description& description, const Source& source) {
  if (!place.domain.doorbell_iova) return;
  const Iova iova = *place.domain.doorbell_iova;
  const std::string path = place.path + ".doorbell_iova";
  if (!description.gic) source.fail(path, "it", "a platform with a gic");
  for (const IommuDescription* iommu : place.iommus) {
    const std::uint64_t size = page_size(*iommu);
    if (iova.offset_in(size) != 0)
      source.fail(path, format_hex(iova.value()), "a page of '" + iommu->name + "', which has " + format_size(size));
    check_width(place, iova, size, path, source);
    const Range<Iova> page{iova, iova + (size - 1)};
    for (const MappingDescription& mapping : place.domain.mappings)
      if (Range<Iova>::from_size(mapping.iova, mapping.size)->overlaps(page))
        source.fail(path, format_hex(iova.value()) + ", which is in a mapping", "a page of its own");
    for (const RmrrDescription* region : reserved_memory_of(*iommu, place.domain.devices))
      if (one_to_one(*region).overlaps(page))
        source.fail(path, format_hex(iova.value()) + ", which is in memory of firmware", "a page of its own");
  }
}

/// Which domain each requester ID of a segment belongs to: the IOMMU knows nothing but the ID.
class RequesterOwners {
 public:
  explicit RequesterOwners(const Source& source) : source_{source} {}

  void add(const FunctionPlace& device, const DomainDescription& domain, const std::string& path) {
    for (const RequesterId id : requester_ids(*device.function, device.parent)) {
      const auto [owner, added] = owners_.emplace(std::pair{device.bridge->segment, id}, &domain);
      if (!added && owner->second != &domain)
        source_.fail(path,
                     fmt::format("'{}', whose requests may carry the requester ID {}, which the domain '{}' has",
                                 device.function->name, to_string(id), owner->second->name),
                     "devices that share a requester ID in one domain");
    }
  }

 private:
  const Source& source_;
  std::map<std::pair<std::uint16_t, RequesterId>, const DomainDescription*> owners_;
};

}  // namespace

void validate_domains(const Description& description, const Source& source) {
  const std::vector<FunctionPlace> functions = all_functions(description);
  std::map<std::string, std::string> domain_of;
  RequesterOwners owners{source};
  for (const DomainDescription& domain : description.domains) {
    DomainPlace place{domain, item_path("software.domains", domain.name), {}};
    for (std::size_t i = 0; i < domain.devices.size(); ++i) {
      const std::string path = place.path + ".devices." + std::to_string(i);
      const FunctionPlace& device = require_device(functions, domain.devices[i], path, source);
      const auto [other, added] = domain_of.emplace(domain.devices[i], domain.name);
      if (!added)
        source.fail(path, "'" + domain.devices[i] + "', which the domain '" + other->second + "' has",
                    "every device in one domain");
      owners.add(device, domain, path);
      const IommuDescription* iommu = iommu_of(description, device);
      if (iommu == nullptr)
        source.fail(path, "'" + domain.devices[i] + "', whose host bridge has no IOMMU", "a device behind an IOMMU");
      place.iommus.push_back(iommu);
    }
    check_stage(place, source);
    check_levels(place, source);
    check_mappings(place, source);
    check_doorbell(place, description, source);
  }
}

}  // namespace iommusim::platforms
