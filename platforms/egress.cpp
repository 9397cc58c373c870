// SPDX-License-Identifier: Apache-2.0
#include "platforms/egress.h"

#include "platforms/readers.h"
#include "platforms/spelling.h"

namespace iommusim::platforms {
namespace {

/// Something that an egress control vector has a bit for.
struct Candidate {
  std::string_view name;
  unsigned number = 0;
};

/// Everything on one bus that can be each other's target.
class Bus {
 public:
  Bus(std::vector<FunctionDescription>& functions, bool is_link, const Source& source)
      : functions_{functions}, is_link_{is_link}, source_{source} {}

  void resolve(const std::string& path) {
    for (FunctionDescription& function : functions_) {
      const std::string own = path + ".devices." + function.name;
      if (function.acs) fill(*function.acs, candidates(function), own + ".acs");
      if (function.sriov && function.sriov->acs) fill(*function.sriov->acs, candidates(function), own + ".sriov.acs");
      for (FunctionDescription& virtual_function : function.virtual_functions)
        virtual_function.acs = function.sriov->acs;
    }
  }

 private:
  std::vector<Candidate> candidates(const FunctionDescription& from) const {
    std::vector<Candidate> found;
    for (const FunctionDescription& other : functions_) {
      if (is_port(from.kind) && other.kind == from.kind) found.push_back({other.name, other.port_number});
      if (is_port(from.kind) || is_port(other.kind) || !same_device(from, other)) continue;
      found.push_back({other.name, number_of(other)});
      for (const FunctionDescription& virtual_function : other.virtual_functions)
        found.push_back({virtual_function.name, number_of(virtual_function)});
    }
    return found;
  }

  bool same_device(const FunctionDescription& a, const FunctionDescription& b) const {
    return is_link_ || (a.id.bus() == b.id.bus() && a.id.device() == b.id.device());
  }

  unsigned number_of(const FunctionDescription& function) const {
    for (const FunctionDescription& other : functions_)
      if (other.ari && other.ari->acs_function_groups) return function.ari ? function.ari->function_group : 0;
    return is_link_ ? function.id.devfn() : function.id.function();
  }

  void fill(AcsDescription& acs, const std::vector<Candidate>& candidates, const std::string& path) const {
    const unsigned bits = pcie::egress_control_bits(acs.capability);
    for (std::size_t i = 0; i < acs.egress_targets.size(); ++i) {
      const std::string key = path + ".egress_blocked." + std::to_string(i);
      const unsigned number = number_for(acs.egress_targets[i], candidates, key);
      if (number >= bits)
        source_.fail(key, "number " + std::to_string(number),
                     "one below " + std::to_string(bits) + ", the egress_vector_bits");
      acs.egress_blocked.set(number);
    }
  }

  unsigned number_for(const EgressTarget& target, const std::vector<Candidate>& candidates,
                      const std::string& key) const {
    if (target.name.empty()) return target.number;
    std::vector<std::string_view> names;
    for (const Candidate& candidate : candidates) {
      if (candidate.name == target.name) return candidate.number;
      names.push_back(candidate.name);
    }
    const std::string expected = names.empty() ? "a number (there is no other port or function to name)"
                                               : "a sibling port or function: " + suggest_word(target.name, names);
    source_.fail(key, "'" + target.name + "'", expected);
  }

  std::vector<FunctionDescription>& functions_;
  bool is_link_;
  const Source& source_;
};

void resolve_below(std::vector<FunctionDescription>& functions, bool is_link, const std::string& path,
                   const Source& source) {
  Bus{functions, is_link, source}.resolve(path);
  for (FunctionDescription& function : functions)
    resolve_below(function.children, function.kind != FunctionKind::upstream_port, path + ".devices." + function.name,
                  source);
}

}  // namespace

void resolve_egress(Description& description, const Source& source) {
  for (HostBridgeDescription& bridge : description.host_bridges)
    resolve_below(bridge.functions, false, "host_bridges." + bridge.name, source);
}

}  // namespace iommusim::platforms
