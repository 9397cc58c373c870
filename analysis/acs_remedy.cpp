// SPDX-License-Identifier: Apache-2.0
#include "analysis/acs_remedy.h"

#include "analysis/acs_trial.h"
#include "analysis/judge.h"
#include "analysis/names.h"
#include "pcie/rules.h"
#include "platforms/walk.h"

#include <fmt/format.h>

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
  AcsSearch(platforms::Machine& machine, const platforms::OperatingSystem& system, const AccessRecord& record,
            CollisionKind kind)
      : machine_{machine},
        system_{system},
        record_{record},
        kind_{kind},
        ports_{ports_above(machine.topology(), record.device)} {
    // Between functions of one device, the function's own ACS comes before that of any port.
    if (decided_in_device()) ports_.insert(ports_.begin(), record.device);
  }

  /// From the least change to the most.
  std::optional<Remedy> find() {
    const NodeIndex decider = port_that_decided();
    if (decider != NodeIndex::none) {
      const auto redirect = control_with<AcsControl::P2pRequestRedirect, AcsControl::P2pCompletionRedirect>();
      if (auto remedy = try_controls({decider}, redirect)) return remedy;
    }
    for (const AcsControl bits : candidates())
      if (auto remedy = try_controls(ports_, bits)) return remedy;
    const bool has_acs = decider != NodeIndex::none && machine_.topology()[decider].decoded.has_acs;
    if (decider != NodeIndex::none && !has_acs && acs_would_decide()) return replace_port(decider);
    return std::nullopt;
  }

 private:
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

  /// The root complex decides behind the root port, whose controls it obeys.
  NodeIndex port_that_decided() const {
    for (const NodeIndex port : ports_)
      if (machine_.topology()[port].id == record_.landing.decided_by) return port;
    const ComponentId bridge = machine_.bridges()[machine_.topology()[record_.device].host_bridge].id;
    return record_.landing.decided_by == bridge && !ports_.empty() ? ports_.back() : NodeIndex::none;
  }

  /// The ways on which ACS has a say: to a peer, and back into the port's own window.
  bool acs_would_decide() const {
    const Landing& landing = record_.landing;
    return landing.kind == LandingKind::peer || landing.rule == &pcie::rules::port_u_turn ||
           landing.rule == &pcie::rules::switch_unclaimed;
  }

  std::optional<Remedy> try_controls(const std::vector<NodeIndex>& ports, AcsControl bits) {
    const AcsTrial trial{machine_, ports, bits};
    if (trial.changes().empty() || !is_cured()) return std::nullopt;
    std::string settings;
    for (const AcsTrial::Change& change : trial.changes())
      settings += fmt::format("{}{} {:#06x} -> {:#06x} (setpci -s {} ECAP_ACS+6.w={:04x})",
                              settings.empty() ? "" : ", ", label_of(change.port, machine_), change.before,
                              change.after, to_string(machine_.topology()[change.port].requester), change.after);
    return Remedy{"enable-acs", "Set ACS Control of " + settings};
  }

  /// Asks the decision procedures again. A breach is cured by a refusal, too.
  bool is_cured() const {
    iommu::FetchLog fetches;
    const platforms::Walk way =
        platforms::walk(machine_, record_.device, record_.access, fetches, record_.intent.message.data);
    const LandingKind kind = way.landing.kind;
    const bool refused = kind == LandingKind::iommu_fault || kind == LandingKind::rejected;
    if (refused && kind_ == CollisionKind::isolation_breach) return true;
    return !Judge{machine_, system_}.verdict(record_.device, record_.access, record_.intent, way.landing);
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

  platforms::Machine& machine_;
  const platforms::OperatingSystem& system_;
  const AccessRecord& record_;
  CollisionKind kind_;
  std::vector<NodeIndex> ports_;
};

}  // namespace

std::optional<Remedy> find_acs_remedy(platforms::Machine& machine, const platforms::OperatingSystem& system,
                                      const AccessRecord& record, CollisionKind kind) {
  return AcsSearch{machine, system, record, kind}.find();
}

}  // namespace iommusim::analysis
