// SPDX-License-Identifier: Apache-2.0
#include "analysis/acs_remedy.h"

#include "analysis/acs_edits.h"
#include "analysis/acs_trial.h"
#include "pcie/device_routing.h"
#include "pcie/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace iommusim::analysis {
namespace {

using pcie::AcsControl;
using pcie::NodeIndex;

template <class... Bits>
AcsControl control_with() {
  AcsControl control;
  (control.set<Bits>(1), ...);
  return control;
}

class AcsSearch {
 public:
  explicit AcsSearch(const RemedyCase& collision)
      : case_{collision},
        machine_{collision.machine},
        record_{collision.record},
        ports_{ports_above(collision.machine.topology(), collision.record.device)} {
    // Between functions of one device, the function's own ACS comes before that of any port.
    if (decided_in_device()) ports_.insert(ports_.begin(), record_.device);
  }

  /// From the least change to the most. What sends a request through the IOMMU comes before what lets it pass by.
  std::optional<Remedy> find() {
    const bool wants_peer = record_.intent.kind == IntentKind::peer;
    if (!wants_peer)
      if (auto remedy = undo_rules_on_the_way(wants_peer)) return remedy;
    if (auto remedy = add_services()) return remedy;
    if (wants_peer)
      if (auto remedy = undo_rules_on_the_way(wants_peer)) return remedy;
    const NodeIndex decider = port_of(record_.landing.decided_by);
    if (decider == NodeIndex::none || machine_.topology()[decider].decoded.has_acs || !acs_would_decide())
      return std::nullopt;
    return replace_port(decider);
  }

 private:
  std::optional<Remedy> add_services() {
    const NodeIndex decider = port_of(record_.landing.decided_by);
    if (decider != NodeIndex::none) {
      const auto redirect = control_with<AcsControl::P2pRequestRedirect, AcsControl::P2pCompletionRedirect>();
      if (auto remedy = try_edits({{decider, redirect}})) return remedy;
    }
    for (const AcsControl bits : candidates())
      if (auto remedy = try_edits(set_in(ports_, bits))) return remedy;
    return std::nullopt;
  }

  /// For all ports above the device: what sends its own window's addresses up, what Linux sets, and what sends up the
  /// addresses that no port of the switch claims.
  static std::array<AcsControl, 3> candidates() {
    return {control_with<AcsControl::UpstreamForwarding>(),
            control_with<AcsControl::SourceValidation, AcsControl::P2pRequestRedirect,
                         AcsControl::P2pCompletionRedirect, AcsControl::UpstreamForwarding>(),
            control_with<AcsControl::UpstreamForwarding, AcsControl::UnclaimedRequestRedirect>()};
  }

  bool decided_in_device() const {
    namespace rules = pcie::rules;
    const Rule* rule = record_.landing.rule;
    return record_.landing.decided_by == machine_.topology()[record_.device].id &&
           (rule == &rules::device_direct_peer || rule == &rules::acs_egress_direct ||
            rule == &rules::acs_direct_translated || rule == &rules::acs_egress_blocked);
  }

  /// What the ports on the way applied may be what has to change: set where nothing was, or cleared, or a bit of a
  /// vector. Each alone, then with what the ports above need to let the request pass.
  std::optional<Remedy> undo_rules_on_the_way(bool wants_peer) {
    for (const Hop& hop : record_.path) {
      const NodeIndex port = hop.where == machine_.topology()[record_.device].id ? record_.device : port_of(hop.where);
      if (port == NodeIndex::none) continue;
      for (const AcsEdit& edit : edits_for(*hop.rule, port, egress_number_at(port), wants_peer)) {
        if (auto remedy = try_edits({edit})) return remedy;
        std::vector<AcsEdit> edits = set_in(ports_, control_with<AcsControl::UpstreamForwarding>());
        edits.push_back(edit);
        if (auto remedy = try_edits(edits)) return remedy;
      }
    }
    return std::nullopt;
  }

  /// The port above the device that this is. The root complex decides behind the root port, whose controls it obeys.
  NodeIndex port_of(ComponentId component) const {
    for (const NodeIndex port : ports_)
      if (machine_.topology()[port].id == component) return port;
    return component == case_.bridge().id && !ports_.empty() ? ports_.back() : NodeIndex::none;
  }

  /// The number by which the egress control vector of `port` means the function that the request went or was to go to.
  std::uint8_t egress_number_at(NodeIndex port) const {
    const pcie::Topology& topology = machine_.topology();
    const bool landed = record_.landing.kind == LandingKind::peer;
    const ComponentId id = landed ? record_.landing.where : record_.intent.peer;
    NodeIndex target = id == ComponentId::none ? peer_by_address() : case_.node_of(id);
    if (target == NodeIndex::none) return 0;
    if (port == record_.device) return pcie::egress_number(topology, port, target);
    while (topology[target].parent != topology[port].parent && topology[target].parent != NodeIndex::none)
      target = topology[target].parent;
    return topology[target].port_number;
  }

  /// Who would claim the address, for a request that was refused before anybody did.
  NodeIndex peer_by_address() const {
    const pcie::Topology& topology = machine_.topology();
    for (std::size_t i = 0; i < topology.size(); ++i)
      if (topology[static_cast<NodeIndex>(i)].decoded.bar_with(record_.access.address))
        return static_cast<NodeIndex>(i);
    return NodeIndex::none;
  }

  /// The ways on which ACS has a say: to a peer, and back into the port's own window.
  bool acs_would_decide() const {
    const Landing& landing = record_.landing;
    return landing.kind == LandingKind::peer || landing.rule == &pcie::rules::port_u_turn ||
           landing.rule == &pcie::rules::port_u_turn_dropped || landing.rule == &pcie::rules::switch_unclaimed;
  }

  std::optional<Remedy> try_edits(const std::vector<AcsEdit>& edits) {
    const AcsTrial trial{machine_, edits};
    if (trial.changes().empty() || !is_cured(case_, record_.access)) return std::nullopt;
    return describe(trial.changes());
  }

  Remedy describe(const std::vector<AcsTrial::Change>& changes) const {
    const bool opens = std::any_of(changes.begin(), changes.end(), [this](const AcsTrial::Change& change) {
      return record_.intent.kind == IntentKind::peer && (change.before & ~change.after) != 0;
    });
    std::string text = "Set ";
    const char* last_register = "";
    for (const AcsTrial::Change& change : changes) {
      const char* name = change.offset == pcie::acs::control ? "ACS Control" : "Egress Control Vector";
      text += &change == &changes.front() ? "" : ", ";
      // Neighbours in the list share the register's name.
      if (std::string_view{name} != last_register) text += fmt::format("{} of ", name);
      last_register = name;
      text += setting(change);
    }
    if (!opens) return {"enable-acs", text};
    return {"relax-acs", text + "; from then on no IOMMU sees what goes this way"};
  }

  std::string setting(const AcsTrial::Change& change) const {
    const unsigned digits = acs_register_width(change.offset) * 2;
    return fmt::format("{} 0x{:0{}x} -> 0x{:0{}x} (setpci -s {} ECAP_ACS+{:x}.{}={:0{}x})",
                       label_of(change.port, machine_), change.before, digits, change.after, digits,
                       id_of(change.port, machine_), change.offset, digits == 4 ? 'w' : 'l', change.after, digits);
  }

  Remedy replace_port(NodeIndex port) const {
    if (port == record_.device)
      return {"share-domain",
              fmt::format("{} has no ACS capability, so nothing comes between the functions of its device: give all of "
                          "them to one owner, and keep its IOVAs out of their BARs",
                          label_of(port, machine_))};
    return {"replace-port", fmt::format("{} has no ACS capability, so no setting sends this request to the IOMMU: move "
                                        "{} below a port with ACS, or to another root port",
                                        label_of(port, machine_), name_of(record_.device, machine_))};
  }

  const RemedyCase& case_;
  platforms::Machine& machine_;
  const AccessRecord& record_;
  std::vector<NodeIndex> ports_;
};

}  // namespace

std::optional<Remedy> find_acs_remedy(const RemedyCase& collision) {
  return AcsSearch{collision}.find();
}

}  // namespace iommusim::analysis
