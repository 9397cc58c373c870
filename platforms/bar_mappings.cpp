// SPDX-License-Identifier: Apache-2.0
#include "platforms/bar_mappings.h"

#include "platforms/functions.h"
#include "platforms/windows.h"

#include <string>

namespace iommusim::platforms {
namespace {

/// A BAR with an address.
struct BarPlace {
  PhysAddr address;
  std::uint64_t size = 0;
};

BarPlace find_bar(const std::vector<FunctionPlace>& functions, const BarReference& wanted, const std::string& path,
                  const Source& source) {
  const std::string name = "BAR " + std::to_string(wanted.index) + " of '" + wanted.device + "'";
  const FunctionPlace* place = find_function(functions, wanted.device);
  if (place == nullptr) source.fail(path, name, "the name of a device before the dot");
  for (const BarDescription& bar : place->function->bars) {
    if (bar.index != wanted.index) continue;
    if (!bar.base) source.fail(path, name + ", which has no address", "a BAR that firmware places");
    const auto address = cpu_address(place->bridge->outbound, *bar.base);
    if (!address)
      source.fail(path, name + ", which the processor cannot reach", "a BAR inside the host bridge's windows");
    return {*address, bar.size};
  }
  source.fail(path, name, "a BAR that the device has");
}

void resolve(MappingDescription& mapping, const BarPlace& bar, const std::string& path, const Source& source) {
  const std::uint64_t offset = mapping.bar->offset;
  if (offset >= bar.size)
    source.fail(path + ".offset", format_hex(offset), "an offset inside the BAR of " + format_size(bar.size));
  const std::uint64_t rest = bar.size - offset;
  if (mapping.size == 0) mapping.size = rest;
  if (mapping.size > rest)
    source.fail(path + ".size", format_size(mapping.size),
                "at most the " + format_size(rest) + " that the BAR has from there");
  if (mapping.size % page_4k != 0)
    source.fail(path + ".bar", "a BAR of " + format_size(bar.size), "whole pages of 4 KiB");
  mapping.physical = bar.address + offset;
}

}  // namespace

void resolve_bar_mappings(Description& description, const Source& source) {
  const std::vector<FunctionPlace> functions = all_functions(description);
  for (DomainDescription& domain : description.domains)
    for (std::size_t i = 0; i < domain.mappings.size(); ++i) {
      MappingDescription& mapping = domain.mappings[i];
      if (!mapping.bar) continue;
      const std::string path = item_path("software.domains", domain.name) + ".mappings." + std::to_string(i);
      resolve(mapping, find_bar(functions, *mapping.bar, path + ".bar", source), path, source);
    }
}

}  // namespace iommusim::platforms
