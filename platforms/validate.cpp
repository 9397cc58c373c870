// SPDX-License-Identifier: Apache-2.0
#include "platforms/validate.h"

#include "platforms/doorbells.h"
#include "platforms/functions.h"

#include <set>

namespace iommusim::platforms {
namespace {

/// Names of one kind of thing.
class Names {
 public:
  explicit Names(const Source& source) : source_{source} {}

  void add(const std::string& list, std::size_t index, const std::string& name) {
    // By index: the path by name would lead to the first of the two.
    if (!names_.insert(name).second)
      source_.fail(list + "." + std::to_string(index) + ".name", "'" + name + "' a second time", "a name of its own");
  }

  /// A part whose name is its key.
  void add_fixed(const std::string& map, const std::string& name) {
    if (!names_.insert(name).second)
      source_.fail(map + "." + name, "'" + name + "', which something else is called", "a name that nothing else has");
  }

 private:
  const Source& source_;
  std::set<std::string> names_;
};

void add_functions(Names& names, const std::string& owner, const std::vector<FunctionDescription>& functions) {
  const std::string list = owner + ".devices";
  for (std::size_t i = 0; i < functions.size(); ++i) {
    names.add(list, i, functions[i].name);
    add_functions(names, list + "." + functions[i].name, functions[i].children);
  }
}

template <class Items>
void add_items(Names& names, const std::string& list, const Items& items) {
  for (std::size_t i = 0; i < items.size(); ++i)
    names.add(list, i, items[i].name);
}

}  // namespace

void validate_names(const Description& description, const Source& source) {
  Names components{source};
  add_items(components, "memory", description.memories);
  add_items(components, "host_bridges", description.host_bridges);
  for (const HostBridgeDescription& bridge : description.host_bridges)
    add_functions(components, item_path("host_bridges", bridge.name), bridge.functions);
  add_items(components, "iommus", description.iommus);
  for (const DoorbellKind kind : gic_doorbells(description))
    components.add_fixed("gic", std::string{to_string(kind)});
  if (description.gic && description.gic->redistributors) components.add_fixed("gic", "redistributors");
  Names buffers{source};
  add_items(buffers, "software.buffers", description.buffers);
  Names domains{source};
  add_items(domains, "software.domains", description.domains);
}

void validate_software(const Description& description, const Source& source) {
  validate_buffers(description, source);
  validate_domains(description, source);
  validate_guests(description, source);
  validate_interrupts(description, source);
}

void validate(const Description& description, const Source& source) {
  validate_topology(description, source);
  validate_virtual_functions(description, source);
  validate_bars(description, source);
  validate_windows(description, source);
  validate_address_map(description, source);
  validate_doorbells(description, source);
  validate_iommus(description, source);
  validate_software(description, source);
}

}  // namespace iommusim::platforms
