// SPDX-License-Identifier: Apache-2.0
#include "platforms/enumerate.h"

#include "interrupts/msi.h"
#include "pcie/capability_list.h"
#include "pcie/sriov_capability.h"
#include "platforms/power_on_bus.h"
#include "platforms/windows.h"
#include "software/enumeration_error.h"
#include "software/pci_enumeration.h"

#include <string>

namespace iommusim::platforms {
namespace {

/// A described function, its key path, and, by position in the list, its place in the tree of a PowerOnBus.
struct Assigned {
  FunctionDescription* function = nullptr;
  std::string path;
};

/// More have no numbers; and what follows looks at each function of a bus for each other one.
constexpr std::size_t most_on_a_bus = 256;
constexpr std::size_t most_functions = 0xFFFF;

void collect(std::vector<FunctionDescription>& functions, const std::string& owner, const Source& source,
             std::vector<Assigned>& all) {
  if (functions.size() > most_on_a_bus || all.size() + functions.size() > most_functions)
    source.fail(owner + ".devices", std::to_string(functions.size()) + " functions",
                "at most 256 on a bus and 65535 below a host bridge");
  for (FunctionDescription& function : functions) {
    const std::string path = owner + ".devices." + function.name;
    all.push_back({&function, path});
    collect(function.children, path, source, all);
  }
}

class Refusal {
 public:
  explicit Refusal(const Source& source) : source_{source} {}

  void check(const Assigned& assigned) const {
    for (const char* key : {".secondary", ".subordinate", ".window", ".prefetchable_window"})
      refuse(assigned.path + key);
    if (const std::string at = source_.text(assigned.path + ".at"); at.find(':') != std::string::npos)
      source_.fail(assigned.path + ".at", "'" + at + "'", "device.function, because firmware assigns the bus");
    refuse_bases(assigned.path + ".bars", assigned.function->bars.size());
    if (assigned.function->sriov)
      refuse_bases(assigned.path + ".sriov.vf_bars", assigned.function->sriov->vf_bars.size());
  }

 private:
  void refuse_bases(const std::string& list, std::size_t bars) const {
    for (std::size_t i = 0; i < bars; ++i)
      refuse(list + "." + std::to_string(i) + ".base");
  }

  void refuse(const std::string& path) const {
    if (!source_.has(path)) return;
    const std::string text = source_.text(path);
    source_.fail(path, text.empty() ? "a map" : "'" + text + "'", "nothing, because firmware assigns it");
  }

  const Source& source_;
};

software::PciRoot root_of(const HostBridgeDescription& bridge, bool local_apic) {
  software::PciRoot root{bridge.segment, {bridge.first_bus, bridge.last_bus}, {}};
  for (const pcie::OutboundWindow& window : bridge.outbound)
    root.windows.push_back(bus_range(window));
  if (local_apic) root.interrupt_window = interrupts::local_apic_window;
  return root;
}

void run_enumeration(PowerOnBus& bus, const software::PciRoot& root, const std::vector<Assigned>& all,
                     const Source& source) {
  try {
    software::enumerate_pci(bus, root);
  } catch (const software::EnumerationError& error) {
    const pcie::NodeIndex function = bus.tree().find(error.function());
    source.fail(all.at(pcie::index_of(function)).path, error.shortage(), error.need());
  }
}

std::optional<BusAddr> base_of(const std::optional<Range<BusAddr>>& range) {
  return range ? std::optional{range->first} : std::nullopt;
}

void read_vf_bars(const pcie::ConfigSpace& config, SriovDescription& sriov) {
  const auto capability = pcie::find_extended_capability(pcie::reader_of(config),
                                                         pcie::ExtendedCapabilityId::single_root_io_virtualization);
  const auto bars = pcie::decode_bars(config, *capability + pcie::sriov::vf_bar0, 6);
  for (BarDescription& bar : sriov.vf_bars)
    bar.base = base_of(bars.at(bar.index));
}

/// What the registers of a function say after enumeration, on bus number `bus`.
void read_back(const pcie::ConfigurationTree::Function& hardware, std::uint8_t bus, FunctionDescription& function) {
  function.id = RequesterId{bus, function.id.device(), function.id.function()};
  for (RequesterId& alias : function.dma_alias)
    alias = RequesterId{bus, alias.device(), alias.function()};
  for (BarDescription& bar : function.bars)
    bar.base = base_of(hardware.decoded.bars.at(bar.index));
  if (function.sriov) read_vf_bars(hardware.config, *function.sriov);
  if (!is_port(function.kind)) return;
  function.secondary_bus = hardware.decoded.secondary_bus;
  function.subordinate_bus = hardware.decoded.subordinate_bus;
  function.window = hardware.decoded.windows[0];
  function.prefetchable_window = hardware.decoded.windows[1];
}

}  // namespace

void enumerate(HostBridgeDescription& bridge, bool local_apic, const Source& source) {
  std::vector<Assigned> all;
  collect(bridge.functions, "host_bridges." + bridge.name, source, all);
  for (const Assigned& assigned : all)
    Refusal{source}.check(assigned);
  PowerOnBus bus{bridge};
  run_enumeration(bus, root_of(bridge, local_apic), all, source);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& hardware = bus.tree()[static_cast<pcie::NodeIndex>(i)];
    const bool on_root_bus = hardware.parent == pcie::NodeIndex::none;
    read_back(hardware, on_root_bus ? bridge.first_bus : bus.tree()[hardware.parent].decoded.secondary_bus,
              *all[i].function);
  }
}

}  // namespace iommusim::platforms
