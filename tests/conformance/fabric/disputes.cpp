// SPDX-License-Identifier: Apache-2.0
#include "conformance/fabric/disputes.h"

namespace iommusim::tests {
namespace {

/// Claims to an address on one bus: BARs and windows of the functions on it, and the BARs of the switch above.
unsigned claims_on_bus(const oracle::SlowTree& tree, std::optional<std::size_t> port, std::size_t bridge,
                       std::uint64_t address) {
  unsigned claims = 0;
  const auto count = [&](const oracle::SlowFunction& function, bool with_windows) {
    for (const oracle::SlowBar& bar : function.bars)
      claims += bar.span.holds(address) ? 1 : 0;
    bool window = false;
    for (const oracle::Span& span : function.windows)
      window = window || span.holds(address);
    claims += with_windows && window ? 1 : 0;
  };
  for (const oracle::SlowFunction& function : tree.functions)
    if (function.parent == port && function.bridge == bridge) count(function, true);
  if (port) count(tree.functions[*port], false);
  return claims;
}

}  // namespace

bool is_disputed(const oracle::SlowTree& tree, std::uint64_t address) {
  for (std::size_t bridge = 0; bridge < tree.bridges.size(); ++bridge)
    if (claims_on_bus(tree, std::nullopt, bridge, address) > 1) return true;
  for (std::size_t i = 0; i < tree.functions.size(); ++i)
    if (claims_on_bus(tree, i, tree.functions[i].bridge, address) > 1) return true;
  return false;
}

bool is_disputed_behind_root(const oracle::SlowTree& tree, const platforms::Walk& walk) {
  const bool translated = walk.translation && walk.translation->outcome == iommu::Outcome::translated;
  const std::uint64_t address = translated ? walk.translation->address.value() : walk.iova.value();
  for (const oracle::SlowBridge& bridge : tree.bridges)
    for (const oracle::SlowWindow& window : bridge.outbound)
      if (window.bus.holds(address - window.offset) && is_disputed(tree, address - window.offset)) return true;
  return false;
}

}  // namespace iommusim::tests
