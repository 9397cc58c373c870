// SPDX-License-Identifier: Apache-2.0
#include "analysis/remedy.h"

#include "analysis/acs_remedy.h"
#include "analysis/address_remedies.h"
#include "analysis/command_trial.h"
#include "analysis/doorbell_remedies.h"
#include "analysis/explain_command.h"
#include "analysis/fault_cause.h"
#include "analysis/fault_remedies.h"
#include "analysis/firmware_remedies.h"
#include "iommu/device_tlb.h"
#include "pcie/header.h"
#include "pcie/pci_bridge.h"
#include "pcie/rules.h"
#include "platforms/iommu_kinds.h"

#include <fmt/format.h>

namespace iommusim::analysis {
namespace {

using pcie::NodeIndex;
using pcie::PortType;

/// Collects the remedies of one collision.
class Finder {
 public:
  explicit Finder(const RemedyCase& collision)
      : case_{collision}, record_{collision.record}, topology_{collision.machine.topology()} {}

  std::vector<Remedy> find() {
    if (was_poisoned()) return find_source();
    if (case_.was_decided_by({&pcie::rules::link_disabled})) return find_link();
    if (auto remedies = find_firmware_remedies(case_); !remedies.empty()) return remedies;
    add(find_request_remedies(case_));
    by_kind();
    if (record_.landing.kind == LandingKind::peer) add(find_address_remedies(case_));
    enable_in_command();
    separate_owners();
    if (found_.empty()) look_closer();
    return std::move(found_);
  }

 private:
  bool was_poisoned() const {
    return case_.was_decided_by({&pcie::rules::completer_poisoned, &pcie::rules::root_complex_poisoned,
                                 &pcie::rules::port_poisoned_egress_blocked});
  }

  /// Where poisoned data ends, hardware did its duty. Letting it pass cures nothing.
  std::vector<Remedy> find_source() const {
    return {{"repair-source",
             fmt::format("The data was bad when {} sent it, and {} rightly kept it from its target: find out why {} "
                         "poisons what it sends, and send it again",
                         case_.device_name(), case_.machine.name(record_.landing.decided_by), case_.device_name())}};
  }

  /// Lost in front of a link: at the function, upstream port or bridge below it.
  std::vector<Remedy> find_link() const {
    const NodeIndex port = topology_[case_.node_of(record_.landing.decided_by)].parent;
    return {{"enable-link", fmt::format("Enable the link below {} again (Link Disable in Link Control), or quiesce {} "
                                        "before the link is disabled",
                                        label_of(port, case_.machine), case_.device_name())}};
  }

  void by_kind() {
    switch (case_.kind) {
      case CollisionKind::doorbell_lost: let_interrupt_go(); return;
      case CollisionKind::peer_hijack:
      case CollisionKind::isolation_breach: enable_acs(); return;
      case CollisionKind::peer_blocked:
        enable_acs();
        if (case_.was_decided_by({&pcie::rules::host_bridge_peer_denied})) allow_peer_to_peer();
        return;
      case CollisionKind::interrupt_swallow: reserve_interrupts(); return;
      case CollisionKind::interrupt_forged: block_forging(); return;
      case CollisionKind::window_hole: leave_hole(); return;
      case CollisionKind::stale_translation: invalidate(); return;
      case CollisionKind::translation_fault:
        add(case_.in_msi_window() ? find_doorbell_remedies(case_) : find_fault_remedies(case_));
        return;
      case CollisionKind::wrong_memory: return;
    }
  }

  void add(std::vector<Remedy> remedies) {
    for (Remedy& remedy : remedies)
      found_.push_back(std::move(remedy));
  }
  void add(std::string action, std::string text) { found_.push_back({std::move(action), std::move(text)}); }

  void enable_acs() {
    if (auto remedy = find_acs_remedy(case_)) found_.push_back(std::move(*remedy));
  }

  void let_interrupt_go() {
    if (case_.was_decided_by({&pcie::rules::msi_disabled}))
      return add("enable-interrupts",
                 fmt::format("Enable the vector in the MSI or MSI-X capability of {} before the device may signal it",
                             case_.device_name()));
    if (case_.was_decided_by({&pcie::rules::msi_masked}))
      return add("unmask-vector", fmt::format("Unmask the vector of {}", case_.device_name()));
    if (case_.is_for_gic()) return add(find_doorbell_remedies(case_));
    program_entry();
    enable_acs();
  }

  /// The interrupt remapping table does not hold what software meant, or the unit holds what it did before.
  void program_entry() {
    const std::string unit = case_.machine.name(record_.landing.where);
    if (record_.landing.kind == LandingKind::interrupt)
      return add("invalidate", fmt::format("After an interrupt remapping table entry for {} changes, invalidate the "
                                           "interrupt-entry cache for it and wait",
                                           case_.device_name()));
    if (record_.landing.kind != LandingKind::iommu_fault) return;
    if (fault_cause(case_.machine, record_.landing) == iommu::FaultCause::message_not_remappable)
      return add("program-entry", fmt::format("Give {} a message in remappable format, with an entry in the interrupt "
                                              "remapping table of {}",
                                              case_.device_name(), unit));
    add("program-entry", fmt::format("Program the entry of the interrupt remapping table of {} that the message of {} "
                                     "names: present, for its requester ID",
                                     unit, case_.device_name()));
  }

  void reserve_interrupts() {
    if (case_.in_msi_window()) return add(find_doorbell_remedies(case_));
    if (case_.bridge().interrupt_window) found_.push_back(reserve_interrupt_window(case_));
  }

  void block_forging() {
    const auto unit = case_.machine.iommu_of(record_.device);
    const bool can_remap = unit && case_.machine.iommu(*unit).interrupt_lookup() != nullptr;
    const std::string how =
        can_remap ? fmt::format("Keep interrupt remapping of {} on", case_.machine.name(case_.machine.iommu_id(*unit)))
        : unit    ? fmt::format("Enable interrupt remapping in {} (interrupt_remapping)",
                                case_.machine.name(case_.machine.iommu_id(*unit)))
                  : "Use an IOMMU with interrupt remapping";
    add("interrupt-remapping",
        fmt::format(
            "{}: without it nothing checks who sends an interrupt, any device can raise any vector, and {} must "
            "not be given to untrusted software",
            how, case_.device_name()));
  }

  void leave_hole() {
    if (case_.in_interrupt_window()) return reserve_interrupts();
    if (record_.intent.kind == IntentKind::no_memory) found_.push_back(map_to_memory(case_));
    enable_acs();
    add(find_address_remedies(case_));
  }

  /// The node on the root bus through which a function's requests come.
  NodeIndex root_of(NodeIndex function) const {
    while (topology_[function].parent != NodeIndex::none)
      function = topology_[function].parent;
    return function;
  }

  void allow_peer_to_peer() {
    const NodeIndex peer = case_.node_of(record_.intent.peer);
    const bool together = peer != NodeIndex::none && root_of(peer) == root_of(record_.device);
    add("allow-peer-to-peer", fmt::format("{} forwards nothing between root ports: use a root complex that does{}",
                                          case_.machine.name(record_.landing.decided_by),
                                          together ? "" : ", or keep both devices below one switch"));
  }

  void invalidate() {
    const auto unit = case_.machine.iommu_of(record_.device);
    const platforms::IommuDescription& iommu = case_.machine.description().iommus[unit.value_or(0)];
    const std::string_view cache = platforms::translation_cache_name(iommu);
    const std::string_view command = platforms::device_invalidation_name(iommu);
    if (case_.was_decided_by({&iommu::rules::device_tlb}))
      return add(
          "invalidate-device-tlb",
          fmt::format("The device TLB of {0} was not invalidated: after the mapping of IOVA {1:#x} in {2} changes, "
                      "invalidate the {3}, then the device TLB of {0} ({4}), and wait for both, "
                      "before the old page is used for anything else",
                      case_.device_name(), case_.page(), case_.domain_name(), cache, command));
    add("invalidate", fmt::format("After the mapping of IOVA {:#x} in {} changes, invalidate the {} for it and wait, "
                                  "before the old page is used for anything else",
                                  case_.page(), case_.domain_name(), cache));
  }

  void enable_in_command() {
    namespace rules = pcie::rules;
    if (case_.was_decided_by({&rules::bus_master_disabled, &rules::port_bus_master_disabled}))
      try_command<pcie::Command::BusMasterEnable>("enable-bus-master", "Bus Master Enable");
    if (case_.was_decided_by({&rules::memory_space_disabled, &rules::port_memory_space_disabled}))
      try_command<pcie::Command::MemorySpaceEnable>("enable-memory-space", "Memory Space Enable");
  }

  /// Where one bit is clear others may be, too: first the function that refused, then all on the way.
  template <class Bit>
  void try_command(const char* action, const char* name) {
    pcie::Command bit;
    bit.set<Bit>(1);
    const NodeIndex refuser = case_.node_of(record_.landing.decided_by);
    if (refuser == NodeIndex::none) return;
    std::vector<NodeIndex> way{refuser};
    for (const NodeIndex end : {record_.device, refuser})
      for (NodeIndex node = end; node != NodeIndex::none; node = topology_[node].parent)
        way.push_back(node);
    for (const std::vector<NodeIndex>& nodes : {std::vector<NodeIndex>{refuser}, way}) {
      const CommandTrial trial{case_.machine, nodes, bit};
      if (trial.changed().empty() || !is_cured(case_, record_.access)) continue;
      std::string names;
      for (const NodeIndex node : trial.changed())
        names += (names.empty() ? "" : ", ") + name_of(node, case_.machine);
      return add(action, fmt::format("Set {} in the Command register of {}", name, names));
    }
  }

  /// A bridge gives all that is behind it one requester ID, and a conventional bus keeps nobody from anybody.
  void separate_owners() {
    const NodeIndex bridge = topology_[record_.device].parent;
    if (case_.kind != CollisionKind::isolation_breach || bridge == NodeIndex::none ||
        topology_[bridge].type != PortType::pci_bridge)
      return;
    add("share-domain",
        fmt::format("Everything behind {} shares a bus and the requester ID {}, so nothing tells {} from its "
                    "neighbours: give all of them to one owner, in one domain",
                    label_of(bridge, case_.machine),
                    requester_of(record_.device, record_.access.requester, case_.machine), case_.device_name()));
  }

  void look_closer() {
    add("explain", explain_command(record_, case_.machine) + " shows each step, before the first operation of a trace");
  }

  const RemedyCase& case_;
  const AccessRecord& record_;
  const pcie::Topology& topology_;
  std::vector<Remedy> found_;
};

}  // namespace

std::vector<Remedy> find_remedies(platforms::Machine& machine, const platforms::OperatingSystem& system,
                                  const AccessRecord& record, CollisionKind kind) {
  return Finder{RemedyCase{machine, system, record, kind}}.find();
}

}  // namespace iommusim::analysis
