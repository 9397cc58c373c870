// SPDX-License-Identifier: Apache-2.0
// The steps of slow_route(): one request, followed to its end. Each file of definitions has what one place of the tree
// does with it.
#pragma once

#include "oracle/slow_router.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace iommusim::oracle {

/// Of a function in SlowTree::functions, or of a bridge.
using Index = std::size_t;

/// Every member answers one question of the specification.
class SlowRouting {
 public:
  SlowRouting(const SlowTree& tree, const SlowRequest& request) : tree_{tree}, request_{request} {}

  SlowAnswer issue();
  std::optional<SlowAnswer> down_from_system(std::uint64_t address, Index ingress);

 private:
  struct Decision {
    std::string_view rule;
    std::optional<Index> by;
  };

  const SlowFunction& at(Index function) const { return tree_.functions[function]; }
  std::uint64_t address() const { return request_.address; }

  // Claims (1.1, 1.2; ACS-001 to ACS-003)
  std::optional<unsigned> bar_of(Index function) const;
  bool in_window(Index port) const;
  std::vector<Index> below(Index port) const;

  // Ends
  SlowAnswer reject(std::optional<Index> function, Index bridge, SlowStatus status, std::string_view rule) const;
  SlowAnswer refuse(Index function, std::string_view rule) const;
  SlowAnswer refuse_at_root(Index bridge, std::string_view rule) const;
  SlowAnswer violation(Index port, std::string_view rule) const;
  SlowAnswer claim(Index function, const Decision& decision) const;

  // Inside a device (2.2, 2.3: functions of multi-function devices, virtual ones included)
  std::vector<Index> other_functions() const;
  std::optional<SlowAnswer> inside_device() const;
  std::optional<SlowAnswer> to_function(Index peer) const;

  // Completions (section 4: by the bus number of the requester ID)
  bool completion_returns() const;

  // Upwards
  unsigned requester() const;
  SlowAnswer above(Index function);
  SlowAnswer conventional_bus(Index bridge);
  SlowAnswer master_abort(Index bridge, std::string_view rule) const;
  std::optional<SlowAnswer> refused_at_entry(Index port) const;
  SlowAcs acs_of(Index port) const { return at(port).acs.value_or(SlowAcs{}); }
  SlowAnswer downstream_port(Index port);
  std::vector<Index> own_first(Index port) const;
  SlowAnswer port_bar(Index ingress, Index owner, unsigned control, std::string_view blocked);
  SlowAnswer peer(Index port, Index sibling);
  static bool controls(const SlowAcs& acs, unsigned number) {
    return std::count(acs.controlled.begin(), acs.controlled.end(), number) != 0;
  }
  SlowAnswer leave(Index upstream);
  SlowAnswer leave_from(Index function);

  // Root (3.3, 3.4)
  SlowAnswer root_port(Index port);
  SlowAnswer u_turn(Index port) const;
  SlowAnswer root_complex(Index node);
  std::optional<SlowAnswer> between_root_ports(Index node, Index target);
  SlowPolicy policy(Index from, Index to) const;
  SlowAnswer refuse_peer(Index bridge) const;
  std::optional<Index> peer_on_root_buses(Index bridge, Index node) const;
  std::optional<SlowAnswer> directly_between(Index node, Index target);
  bool vector_names(Index node, Index target) const;
  SlowAnswer inbound(Index node);
  SlowAnswer arrive(SlowEnd end, Index node) const;
  std::optional<Index> root_bus_owner(Index bridge, std::optional<Index> except) const;
  std::optional<Index> subtractive_on_root_bus(Index bridge) const;

  // Downwards (3.2): no ACS
  SlowAnswer enter_from_root(Index node, const Decision& decision);
  SlowAnswer through(Index port, const Decision& decision);
  SlowAnswer into_switch(Index upstream, const Decision& decision);
  SlowAnswer into_bridge(Index bridge, const Decision& decision);

  const SlowTree& tree_;
  SlowRequest request_;
};

}  // namespace iommusim::oracle
