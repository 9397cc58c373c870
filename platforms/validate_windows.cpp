// SPDX-License-Identifier: Apache-2.0
#include "base/interval_map.h"
#include "platforms/functions.h"
#include "platforms/validate.h"
#include "platforms/virtual_functions.h"
#include "platforms/windows.h"
#include "platforms/yaml_reader.h"

#include <map>
#include <utility>

namespace iommusim::platforms {
namespace {

using Window = std::optional<Range<BusAddr>>;

bool holds(const Window& outer, const Range<BusAddr>& inner) {
  return outer && outer->contains(inner);
}

bool host_bridge_holds(const HostBridgeDescription& bridge, const Range<BusAddr>& range) {
  for (const pcie::OutboundWindow& window : bridge.outbound)
    if (bus_range(window).contains(range)) return true;
  return false;
}

void check_shape(const Range<BusAddr>& window, const std::string& path, const Source& source) {
  if (window.first.offset_in(window_granule) != 0)
    source.fail(path + ".base", format_hex(window.first.value()), "a multiple of 1 MiB");
  if (window.size() % window_granule != 0)
    source.fail(path + ".size", format_hex(window.size()), "a multiple of 1 MiB");
}

/// A window that the file does not give follows from what is below its port, which is what has to move.
[[noreturn]] void fail_outside(const FunctionPlace& place, const Range<BusAddr>& window, const std::string& path,
                               const std::string& outer, const std::string& expected, const Source& source) {
  const std::string outside = "outside the windows of '" + outer + "'";
  if (source.has(path)) source.fail(path, format_range(window) + ", which is " + outside, expected);
  source.fail(place.path, "devices below that need the window " + format_range(window) + ", " + outside, expected);
}

void check_inside(const FunctionPlace& place, const Range<BusAddr>& window, const std::string& path,
                  const Source& source) {
  if (place.parent == nullptr) {
    if (!host_bridge_holds(*place.bridge, window))
      fail_outside(place, window, path, place.bridge->name, "addresses inside a window of that host bridge", source);
  } else if (!holds(place.parent->window, window) && !holds(place.parent->prefetchable_window, window)) {
    fail_outside(place, window, path, place.parent->name, "addresses inside window or prefetchable_window of that port",
                 source);
  }
}

void check_window(const FunctionPlace& place, const Window& window, const std::string& key, const Source& source) {
  if (!window) return;
  const std::string path = place.path + "." + key;
  check_shape(*window, path, source);
  if (key == "window" && window->last.value() >= memory_window_end)
    source.fail(path, format_range(*window), "addresses below 4 GiB (prefetchable_window has 64 address bits)");
  check_inside(place, *window, path, source);
}

/// Addresses that go to a function on a bus: its BARs and, for a port, its windows.
struct Claim {
  Range<BusAddr> range;
  std::string path;
};

std::vector<Claim> claims_of(const FunctionPlace& place) {
  std::vector<Claim> claims;
  const FunctionDescription& function = *place.function;
  // A physical function claims for its virtual functions.
  if (function.kind == FunctionKind::virtual_function) return claims;
  if (function.sriov)
    for (std::size_t i = 0; i < function.sriov->vf_bars.size(); ++i)
      if (const auto range = vf_bar_range(*function.sriov, function.sriov->vf_bars[i]))
        claims.push_back({*range, place.path + ".sriov.vf_bars." + std::to_string(i)});
  for (std::size_t i = 0; i < function.bars.size(); ++i)
    if (const auto range = bar_range(function.bars[i]))
      claims.push_back({*range, place.path + ".bars." + std::to_string(i)});
  if (function.window) claims.push_back({*function.window, place.path + ".window"});
  if (function.prefetchable_window)
    claims.push_back({*function.prefetchable_window, place.path + ".prefetchable_window"});
  return claims;
}

/// Two claims to one address on a bus: nobody could say who answers.
void check_siblings(const std::vector<FunctionPlace>& functions, const Source& source) {
  std::map<std::pair<const HostBridgeDescription*, const FunctionDescription*>, IntervalMap<BusAddr, std::string>>
      buses;
  for (const FunctionPlace& place : functions)
    for (const Claim& claim : claims_of(place)) {
      auto& taken = buses[{place.bridge, place.parent}];
      if (const auto* other = taken.first_overlap(claim.range))
        source.fail(claim.path, format_range(claim.range) + ", which meets " + other->value,
                    "addresses that nothing else on the bus claims");
      taken.insert(claim.range, claim.path);
    }
}

}  // namespace

void validate_windows(const Description& description, const Source& source) {
  const std::vector<FunctionPlace> functions = all_functions(description);
  for (const FunctionPlace& place : functions) {
    check_window(place, place.function->window, "window", source);
    check_window(place, place.function->prefetchable_window, "prefetchable_window", source);
  }
  check_siblings(functions, source);
}

}  // namespace iommusim::platforms
