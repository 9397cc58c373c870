// SPDX-License-Identifier: Apache-2.0
#include "platforms/loader.h"

#include "base/input_file.h"
#include "platforms/bar_mappings.h"
#include "platforms/bus_numbers.h"
#include "platforms/doorbells.h"
#include "platforms/ecam.h"
#include "platforms/egress.h"
#include "platforms/enumerate.h"
#include "platforms/functions.h"
#include "platforms/iommu_kinds.h"
#include "platforms/port_numbers.h"
#include "platforms/readers.h"
#include "platforms/validate.h"
#include "platforms/virtual_functions.h"
#include "platforms/windows.h"

namespace iommusim::platforms {
namespace {

/// Configuration space, bus numbers, windows and BARs that the file does not give.
void complete(Description& description, const Source& source) {
  place_ecam(description);
  for (HostBridgeDescription& bridge : description.host_bridges) {
    if (bridge.firmware_assigns) {
      // Firmware can give out only what the host bridge has.
      validate_address_map(description, source);
      enumerate(bridge, description.local_apic, source);
    } else {
      number_buses(bridge, source);
    }
    expand_virtual_functions(bridge);
    if (!bridge.firmware_assigns) derive_windows(bridge, source);
  }
}

/// Domains that do not say by which stage they map do it as is usual for the IOMMU of their devices.
void resolve_stages(Description& description) {
  const std::vector<FunctionPlace> functions = all_functions(description);
  for (DomainDescription& domain : description.domains) {
    if (domain.stage_is_given || domain.devices.empty()) continue;
    const FunctionPlace* device = find_function(functions, domain.devices.front());
    const IommuDescription* iommu = device == nullptr ? nullptr : iommu_of(description, *device);
    if (iommu != nullptr) domain.stage = usual_stage(*iommu);
  }
}

}  // namespace

Description load_platform(const std::string& path, const std::vector<Override>& overrides) {
  const std::vector<std::uint8_t> bytes = read_whole_file(path, yaml_byte_limit);
  return load_platform_text({bytes.begin(), bytes.end()}, path, overrides);
}

Description load_platform_text(const std::string& text, const std::string& file_name,
                               const std::vector<Override>& overrides) {
  YamlNode root = parse_yaml(text, file_name);
  for (const Override& change : overrides)
    apply_override(root, change);
  Description description = read_description(Value{root, ""});
  description.file = file_name;
  for (const Override& change : overrides)
    description.settings.push_back(change.path + "=" + change.value);
  resolve_doorbells(description);
  const Source source{root};
  // Paths lead by name from here on.
  validate_names(description, source);
  for (HostBridgeDescription& bridge : description.host_bridges)
    number_ports(bridge, source);
  complete(description, source);
  resolve_stages(description);
  resolve_egress(description, source);
  resolve_bar_mappings(description, source);
  validate(description, source);
  return description;
}

}  // namespace iommusim::platforms
