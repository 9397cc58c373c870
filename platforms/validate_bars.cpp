// SPDX-License-Identifier: Apache-2.0
#include "base/interval_map.h"
#include "platforms/functions.h"
#include "platforms/validate.h"
#include "platforms/virtual_functions.h"
#include "platforms/windows.h"
#include "platforms/yaml_reader.h"

#include <map>

namespace iommusim::platforms {
namespace {

struct PlacedBar {
  const FunctionPlace* place = nullptr;
  const BarDescription* bar = nullptr;
  Range<BusAddr> range;
  std::string path;
  std::string kind = "BAR ";
};

/// Of all virtual functions of one physical function together.
void add_vf_bars(const FunctionPlace& place, std::vector<PlacedBar>& bars) {
  const SriovDescription& sriov = *place.function->sriov;
  for (std::size_t i = 0; i < sriov.vf_bars.size(); ++i)
    if (const auto range = vf_bar_range(sriov, sriov.vf_bars[i]))
      bars.push_back(
          {&place, &sriov.vf_bars[i], *range, place.path + ".sriov.vf_bars." + std::to_string(i), "VF BAR "});
}

std::vector<PlacedBar> placed_bars(const std::vector<FunctionPlace>& functions) {
  std::vector<PlacedBar> bars;
  for (const FunctionPlace& place : functions) {
    if (place.function->kind == FunctionKind::virtual_function) continue;
    for (std::size_t i = 0; i < place.function->bars.size(); ++i) {
      const BarDescription& bar = place.function->bars[i];
      if (const auto range = bar_range(bar))
        bars.push_back({&place, &bar, *range, place.path + ".bars." + std::to_string(i)});
    }
    if (place.function->sriov) add_vf_bars(place, bars);
  }
  return bars;
}

std::string owner_of(const PlacedBar& bar) {
  return bar.kind + std::to_string(bar.bar->index) + " of '" + bar.place->function->name + "'";
}

/// Bus addresses of different host bridges have nothing to do with each other.
void check_disjoint(const Description& description, const std::vector<PlacedBar>& bars, const Source& source) {
  for (const HostBridgeDescription& bridge : description.host_bridges) {
    IntervalMap<BusAddr, const PlacedBar*> taken;
    for (const PlacedBar& bar : bars) {
      if (bar.place->bridge != &bridge) continue;
      const auto* other = taken.first_overlap(bar.range);
      if (other != nullptr)
        source.fail(bar.path + ".base", format_range(bar.range) + ", which meets " + owner_of(*other->value),
                    "addresses that no other BAR has");
      taken.insert(bar.range, &bar);
    }
  }
}

void check_off_memory(const Description& description, const PlacedBar& bar, const Source& source) {
  // Without an offset in its outbound window a bus address is the processor's address.
  const Range<PhysAddr> physical{PhysAddr{bar.range.first.value()}, PhysAddr{bar.range.last.value()}};
  for (const pcie::OutboundWindow& window : bar.place->bridge->outbound)
    if (window.offset != 0) return;
  for (const MemoryDescription& memory : description.memories)
    if (memory.range.overlaps(physical))
      source.fail(bar.path + ".base", format_range(bar.range) + ", which meets the memory '" + memory.name + "'",
                  "addresses outside all memory");
}

bool passes(const FunctionDescription& port, const Range<BusAddr>& range) {
  return (port.window && port.window->contains(range)) ||
         (port.prefetchable_window && port.prefetchable_window->contains(range));
}

/// Every port on the way down must pass the address on.
void check_in_windows(const PlacedBar& bar, const std::map<const FunctionDescription*, const FunctionPlace*>& places,
                      const Source& source) {
  if (bar.place->parent == nullptr) return;
  for (const FunctionDescription* port = bar.place->parent; port != nullptr; port = places.at(port)->parent)
    if (!passes(*port, bar.range))
      source.fail(bar.path + ".base",
                  format_range(bar.range) + ", which is outside the windows of '" + port->name + "'",
                  "addresses inside window or prefetchable_window of that port");
  const bool needs_prefetchable = bar.range.last.value() >= memory_window_end && !bar.bar->prefetchable;
  if (needs_prefetchable)
    source.fail(bar.path + ".base", format_range(bar.range) + " behind a port, not prefetchable",
                "addresses below 4 GiB, or prefetchable: true");
}

void check_in_host_bridge(const PlacedBar& bar, const Source& source) {
  for (const pcie::OutboundWindow& window : bar.place->bridge->outbound)
    if (bus_range(window).contains(bar.range)) return;
  source.fail(bar.path + ".base",
              format_range(bar.range) + ", which is outside the windows of '" + bar.place->bridge->name + "'",
              "addresses inside a window of that host bridge");
}

}  // namespace

void validate_bars(const Description& description, const Source& source) {
  const std::vector<FunctionPlace> functions = all_functions(description);
  const std::vector<PlacedBar> bars = placed_bars(functions);
  check_disjoint(description, bars, source);
  std::map<const FunctionDescription*, const FunctionPlace*> places;
  for (const FunctionPlace& place : functions)
    places.emplace(place.function, &place);
  for (const PlacedBar& bar : bars) {
    check_off_memory(description, bar, source);
    check_in_windows(bar, places, source);
    check_in_host_bridge(bar, source);
  }
}

}  // namespace iommusim::platforms
