// SPDX-License-Identifier: Apache-2.0
#include "software/pci_placement.h"

#include "base/quantity.h"
#include "software/enumeration_error.h"
#include "software/window_claims.h"

#include <algorithm>
#include <string>
#include <utility>

namespace iommusim::software {
namespace {

constexpr Range<BusAddr> below_four_gib{BusAddr{bridge_window_granule}, BusAddr{0xFFFF'FFFF}};
constexpr Range<BusAddr> above_four_gib{BusAddr{0x1'0000'0000}, Range<BusAddr>::everything().last};

/// What the host bridge has in `part` of the address space.
std::vector<Room> rooms(const std::vector<Range<BusAddr>>& windows, const Range<BusAddr>& part) {
  std::vector<Room> result;
  for (const Range<BusAddr>& window : windows)
    if (const auto common = window.intersection(part)) result.emplace_back(common->first.value(), common->last.value());
  return result;
}

class Placement {
 public:
  explicit Placement(FoundFunctions& functions) : functions_{functions}, below_(functions.size()) {}

  void run(const std::vector<Range<BusAddr>>& windows) {
    collect();
    std::vector<Room> low = rooms(windows, below_four_gib);
    std::vector<Room> high = rooms(windows, above_four_gib);
    for (const Claim& claim : root_.in(Space::memory).list)
      if (!put_into(low, claim)) fail(claim, " free below 4 GiB");
    for (const Claim& claim : root_.in(Space::prefetchable).list)
      if (!put_into(high, claim) && !put_into(low, claim)) fail(claim, " free");
    for (std::size_t i = 0; i < functions_.size(); ++i)
      fill_windows(i);
  }

 private:
  /// From the leaves up: a bridge's windows are as large as what is below it needs.
  void collect() {
    for (std::size_t i = functions_.size(); i-- > 0;) {
      for (std::size_t bar = 0; bar < functions_[i].bars.size(); ++bar)
        claim_bar(i, bar);
      if (functions_[i].is_bridge) claim_windows(i);
    }
    root_.in(Space::memory).lay_out();
    root_.in(Space::prefetchable).lay_out();
  }

  BusClaims& bus_of(std::size_t function) {
    const auto bridge = functions_[function].bridge;
    return bridge ? below_[*bridge] : root_;
  }

  void claim_bar(std::size_t function, std::size_t index) {
    const FoundBar& bar = functions_[function].bars[index];
    const bool behind_bridge = functions_[function].bridge.has_value();
    const bool wide = bar.facts.is_64bit && (bar.facts.prefetchable || !behind_bridge);
    const std::uint64_t size = multiplied_size(bar.facts.size, std::max(bar.virtual_functions, 1U));
    const Space space = wide ? Space::prefetchable : Space::memory;
    bus_of(function).in(space).list.push_back({function, index, space, size, bar.facts.size, 0});
  }

  void claim_windows(std::size_t bridge) {
    BusClaims& below = below_[bridge];
    if (!functions_[bridge].has_wide_window) {
      const std::vector<Claim> wide = std::exchange(below.in(Space::prefetchable).list, {});
      std::vector<Claim>& all = below.in(Space::memory).list;
      all.insert(all.end(), wide.begin(), wide.end());
    }
    for (const Space space : {Space::memory, Space::prefetchable}) {
      Claims& claims = below.in(space);
      if (claims.list.empty()) continue;
      claims.lay_out();
      bus_of(bridge).in(space).list.push_back({bridge, std::nullopt, space, claims.size, claims.alignment, 0});
    }
  }

  bool put_into(std::vector<Room>& rooms, const Claim& claim) {
    for (Room& room : rooms)
      if (const auto base = room.take(claim)) {
        put(claim, *base);
        return true;
      }
    return false;
  }

  void put(const Claim& claim, std::uint64_t base) {
    FoundFunction& function = functions_[claim.function];
    if (claim.bar)
      function.bars[*claim.bar].base = BusAddr{base};
    else
      window_of(function, claim.window) = Range<BusAddr>::from_size(BusAddr{base}, claim.size);
  }

  static std::optional<Range<BusAddr>>& window_of(FoundFunction& bridge, Space space) {
    return space == Space::memory ? bridge.memory_window : bridge.prefetchable_window;
  }

  void fill_windows(std::size_t bridge) {
    for (const Space space : {Space::memory, Space::prefetchable}) {
      const auto own = window_of(functions_[bridge], space);
      if (!own) continue;
      for (const Claim& claim : below_[bridge].in(space).list)
        put(claim, own->first.value() + claim.offset);
    }
  }

  /// The largest BAR that the claim is made for.
  const Claim& largest_bar(const Claim& claim) {
    const Claim* largest = &claim;
    while (!largest->bar) {
      const std::vector<Claim>& list = below_[largest->function].in(largest->window).list;
      largest =
          &*std::max_element(list.begin(), list.end(), [](const Claim& a, const Claim& b) { return a.size < b.size; });
    }
    return *largest;
  }

  [[noreturn]] void fail(const Claim& claim, const std::string& where) {
    const Claim& culprit = largest_bar(claim);
    const FoundFunction& function = functions_[culprit.function];
    const FoundBar& bar = function.bars[*culprit.bar];
    std::string shortage = std::string{bar.virtual_functions == 0 ? "BAR " : "VF BAR "} + std::to_string(bar.index) +
                           " of " + format_size(culprit.size) + " without room";
    if (!claim.bar) shortage += " in the window of " + functions_[claim.function].function.name();
    throw EnumerationError{function.function.id(), shortage,
                           "a window of the host bridge with " + format_size(claim.size) + where + ", aligned to " +
                               format_size(claim.alignment)};
  }

  FoundFunctions& functions_;
  BusClaims root_;
  /// By index of the bridge.
  std::vector<BusClaims> below_;
};

}  // namespace

void place_bars(FoundFunctions& functions, const std::vector<Range<BusAddr>>& windows) {
  Placement{functions}.run(windows);
}

}  // namespace iommusim::software
