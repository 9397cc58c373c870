// SPDX-License-Identifier: Apache-2.0
#include "platforms/walk.h"

#include "iommu/access_request.h"
#include "iommu/device_tlb_use.h"
#include "pcie/device_claim.h"
#include "pcie/device_routing.h"
#include "pcie/id_routing.h"
#include "pcie/pci_bridge.h"
#include "pcie/routing.h"
#include "pcie/rules.h"

#include <optional>
#include <utility>

namespace iommusim::platforms {
namespace {

using pcie::Action;
using pcie::NodeIndex;
using pcie::PortType;
using pcie::RootAction;
using pcie::RouteDecision;

CompletionStatus unsupported(const Access& access) {
  return access.posted() ? CompletionStatus::none : CompletionStatus::unsupported_request;
}

/// One access on its way. Each member function is one place; it ends the access or hands it to the next.
class Walker {
 public:
  Walker(const Machine& machine, const Access& access, std::uint32_t data, iommu::FetchLog& fetches)
      : machine_{machine}, topology_{machine.topology()}, access_{access}, message_data_{data}, fetches_{fetches} {}

  /// With ATS, what the function knows, or what the IOMMU answers when it asks. It asks for no page: that would have
  /// effects.
  void start(NodeIndex function) {
    const iommu::DeviceTlb* tlb = tlb_of(function);
    if (tlb == nullptr) return issue(function, access_);
    const Access intended = access_;
    if (const auto known = tlb->resolve(access_)) {
      result_.path.add(topology_[function].id, iommu::rules::device_tlb);
      access_ = *known;
      issue(function, intended);
      if (known->address_type == AddressType::translated)
        iommu::land_by_device_tlb(result_.landing, topology_[function].id);
      return;
    }
    access_ = iommu::translation_request(intended);
    issue(function, intended);
    if (!completion_ || result_.landing.status != CompletionStatus::successful) return end_unanswered(intended);
    const auto sent = iommu::permitted(*completion_, intended);
    result_.landing = {};
    if (!sent) return deny(function, intended);
    access_ = *sent;
    issue(function, intended);
  }

  /// `intended`: what software gave the engine, whose address bits bound it.
  void issue(NodeIndex function, const Access& intended) {
    const RouteDecision decision = pcie::issue(topology_, function, intended);
    hop(function, decision);
    if (decision.action != Action::upstream) return reject(decision);
    if (const auto inside = pcie::leave_device(topology_, function, access_)) {
      hop(function, *inside);
      if (inside->action == Action::reject) return reject(*inside);
      if (inside->action == Action::downstream) {
        result_.landing.decide(topology_[function].id, *inside->rule);
        return claim_at({inside->target});
      }
    }
    climb(function);
    lose_completion(function);
  }

  void outbound(PhysAddr address) {
    const auto decision = pcie::decide_outbound(topology_, machine_.bridges(), address, access_.size, ingress_);
    if (!decision) return;
    result_.path.add(decision->bridge, *decision->rule);
    if (decision->target == NodeIndex::none) {
      const CompletionStatus status = access_.posted() ? CompletionStatus::none : decision->refused_read;
      result_.landing = rejection(decision->bridge, *decision->rule, status);
      return;
    }
    access_.address = decision->address;
    enter_root_node(decision->target);
  }

  Walk take() { return result_; }

 private:
  const iommu::DeviceTlb* tlb_of(NodeIndex function) const {
    const pcie::Node& node = topology_[function];
    const bool asks = iommu::uses_device_tlb(access_, node.requester, node.decoded.ats_enabled);
    const Device* device = asks ? machine_.device_at(function) : nullptr;
    return device == nullptr ? nullptr : device->tlb.get();
  }

  /// The translation request was refused, so nothing else is sent.
  void end_unanswered(const Access& intended) {
    if (intended.posted()) result_.landing.status = CompletionStatus::none;
  }

  void deny(NodeIndex function, const Access& intended) {
    const ComponentId id = topology_[function].id;
    result_.path.add(id, iommu::rules::translation_denied);
    result_.landing = rejection(id, iommu::rules::translation_denied, unsupported(intended));
  }

  void hop(NodeIndex asked, const RouteDecision& decision) {
    result_.path.add(topology_[pcie::decider(decision, asked)].id, *decision.rule);
  }
  void reject(const RouteDecision& decision) {
    result_.landing = rejection(topology_[decision.target].id, *decision.rule, decision.status);
  }

  void lose_completion(NodeIndex function) {
    if (access_.posted() || pcie::bus_reaches(topology_, function)) return;
    result_.path.add(topology_[function].id, pcie::rules::completion_lost);
    result_.landing.status = CompletionStatus::timeout;
  }

  /// From a function or upstream port towards the root.
  void climb(NodeIndex from) {
    NodeIndex below = from;
    while (topology_[below].parent != NodeIndex::none) {
      const NodeIndex port = topology_[below].parent;
      if (topology_[port].type == PortType::pci_bridge) {
        if (!leave_bus(port)) return;
        below = port;
        continue;
      }
      const RouteDecision decision = pcie::route_from_below(topology_, port, access_);
      hop(port, decision);
      if (decision.action == Action::reject) return reject(decision);
      if (decision.action == Action::claim) return claim_port(decision);
      if (decision.action == Action::downstream) {
        result_.landing.decide(topology_[port].id, *decision.rule);
        return descend(decision.target);
      }
      below = topology_[port].type == PortType::root_port ? port : topology_[port].parent;
    }
    enter_root_complex(below);
  }

  /// On the conventional bus of `bridge`: true when the bridge takes the access, now in its own name.
  bool leave_bus(NodeIndex bridge) {
    const RouteDecision decision = pcie::route_on_bus(topology_, bridge, access_);
    if (decision.action == Action::claim) {
      hop(decision.target, decision);
      result_.landing.decide(topology_[decision.target].id, *decision.rule);
      claim_at({decision.target});
      return false;
    }
    hop(bridge, decision);
    if (decision.action == Action::reject) {
      reject(decision);
      return false;
    }
    access_ = pcie::in_name_of(topology_[bridge], access_);
    return true;
  }

  void enter_root_complex(NodeIndex root_node) {
    ingress_ = root_node;
    const pcie::RootDecision decision = pcie::decide_inbound(topology_, machine_.bridges(), root_node, access_);
    const std::size_t bridge = topology_[root_node].host_bridge;
    const ComponentId id = machine_.bridges()[bridge].id;
    result_.path.add(id, *decision.rule);
    switch (decision.action) {
      case RootAction::interrupt_window: return translate(Iova{access_.address.value()});
      case RootAction::translate: return translate(decision.iova);
      case RootAction::peer: result_.landing.decide(id, *decision.rule); return enter_root_node(decision.target);
      case RootAction::reject: result_.landing = rejection(id, *decision.rule, decision.status); return;
    }
  }

  void translate(Iova iova) {
    access_.address = BusAddr{iova.value()};
    const auto unit = machine_.iommu_of(ingress_);
    if (!unit) {
      result_.iova = iova;
      return reach_system(PhysAddr{iova.value()});
    }
    const ComponentId id = machine_.iommu_id(*unit);
    const iommu::TranslationResult result = decide(machine_.iommu(*unit));
    if (!completion_) {
      result_.iova = iova;
      result_.translation = result;
    }
    result_.path.add(id, *result.rule);
    switch (result.outcome) {
      case iommu::Outcome::translated:
        result_.landing.decide(id, *result.rule);
        if (access_.address_type == AddressType::translation_request) return answer(result);
        result_.landing.from_cache = result.translation_cached;
        return reach_system(result.address);
      case iommu::Outcome::interrupt:
        access_.address = BusAddr{result.address.value()};
        message_data_ = result.message_data;
        return ring(machine_.doorbell_at(result.address));
      case iommu::Outcome::posted:
        // Poisoned data is discarded before it is taken down.
        if (access_.poisoned) return ring(machine_.doorbell_at(PhysAddr{access_.address.value()}));
        result_.landing = iommu::landing_at_unit(id, access_, result);
        return;
      case iommu::Outcome::ignored:
      case iommu::Outcome::stalled:
      case iommu::Outcome::fault: result_.landing = iommu::landing_at_unit(id, access_, result); return;
    }
  }

  /// The table words of a translation request are those that tell something; the translated request behind it reads
  /// none but its context.
  iommu::TranslationResult decide(const iommu::Unit& unit) {
    if (!completion_) return unit.decide(iommu::request_of(access_, message_data_), fetches_);
    iommu::FetchLog context_only;
    return unit.decide(iommu::request_of(access_, message_data_), context_only);
  }

  void answer(const iommu::TranslationResult& result) {
    completion_ = iommu::translation_completion(access_, result);
    result_.landing.status = CompletionStatus::successful;
  }

  void reach_system(PhysAddr address) {
    const memory::SystemDecision decision =
        memory::decide_dma_target(machine_.system_map(), address, access_.size == 0 ? 1 : access_.size);
    result_.path.add(machine_.interconnect_id(), *decision.rule);
    if (decision.target == nullptr) {
      result_.landing = rejection(machine_.interconnect_id(), *decision.rule, unsupported(access_));
      return;
    }
    if (result_.landing.rule == nullptr) result_.landing.decide(machine_.interconnect_id(), *decision.rule);
    access_.address = BusAddr{address.value()};
    if (decision.target->kind == memory::TargetKind::outbound) return outbound(address);
    if (decision.target->kind == memory::TargetKind::doorbell)
      return ring(machine_.doorbells()[decision.target->index]);
    reach_memory(machine_.memory().banks()[decision.target->index].id, address);
  }

  void reach_memory(ComponentId bank, PhysAddr address) {
    Landing& landing = result_.landing;
    if (access_.poisoned) {
      landing = pcie::discard_poisoned(access_, bank);
      result_.path.add(bank, *landing.rule);
      return;
    }
    landing.kind = LandingKind::memory;
    landing.where = bank;
    landing.address = address.value();
    landing.status = access_.posted() ? CompletionStatus::none : CompletionStatus::successful;
  }

  void ring(const Doorbell& doorbell) {
    switch (doorbell.kind) {
      case DoorbellKind::local_apic: return ring_local_apic(doorbell.id);
      case DoorbellKind::redistributors:
      case DoorbellKind::its:
      case DoorbellKind::gicv2m:
      case DoorbellKind::mbi: return ring_gic(doorbell);
    }
  }

  void ring_gic(const Doorbell& doorbell) {
    const gic::DoorbellRequest request{access_, message_data_, std::nullopt};
    const gic::DoorbellResult result = doorbell.frame->decide(request);
    result_.path.add(doorbell.id, *result.rule);
    const bool from_cache = result_.landing.from_cache && result.outcome != gic::DoorbellOutcome::refused;
    result_.landing = gic::landing_of(result, access_, doorbell.id);
    result_.landing.from_cache = from_cache;
  }

  void ring_local_apic(ComponentId id) {
    const auto decision = interrupts::classify_message(access_);
    if (!decision) return;
    result_.path.add(id, *decision->rule);
    if (!decision->is_interrupt) {
      result_.landing = rejection(id, *decision->rule, decision->status);
      return;
    }
    const interrupts::MsiMessage message{access_.address, message_data_};
    result_.landing = interrupts::interrupt_landing(message, access_.requester, id, *decision->rule);
  }

  /// At a root port's primary side, or at an integrated endpoint.
  void enter_root_node(NodeIndex node) {
    if (topology_[node].type == PortType::pci_bridge) return enter_from_above(node);
    if (topology_[node].type != PortType::root_port) return claim_at({node});
    const RouteDecision decision = pcie::route_from_above(topology_, node, access_);
    hop(node, decision);
    if (decision.action == Action::claim) return claim_port(decision);
    if (decision.action != Action::downstream) return reject(decision);
    descend(node);
  }

  /// Down the link below a port.
  void descend(NodeIndex port) {
    const std::vector<NodeIndex>& partners = topology_[port].children;
    if (partners.empty()) return lose_below(port);
    const NodeIndex partner = partners.front();
    if (!pcie::is_port(topology_[partner].type)) return claim_at(partners);
    enter_from_above(partner);
  }

  /// At the primary side of a switch or a PCIe-to-PCI bridge.
  void enter_from_above(NodeIndex port) {
    const RouteDecision decision = pcie::route_from_above(topology_, port, access_);
    hop(port, decision);
    if (decision.action == Action::claim) return claim_port(decision);
    if (decision.action != Action::downstream) return reject(decision);
    if (topology_[port].type == PortType::pci_bridge) return claim_at({decision.target});
    descend(decision.target);
  }

  void lose_below(NodeIndex port) {
    result_.path.add(topology_[port].id, pcie::rules::port_link_down);
    result_.landing = rejection(topology_[port].id, pcie::rules::port_link_down, unsupported(access_));
  }

  void claim_at(const std::vector<NodeIndex>& functions) {
    const RouteDecision decision = pcie::claim_at_device(topology_, functions, access_);
    hop(decision.target, decision);
    if (decision.action != Action::claim) return reject(decision);
    land_in_bar(decision);
  }

  void claim_port(const RouteDecision& decision) {
    result_.landing.decide(topology_[decision.target].id, *decision.rule);
    land_in_bar(decision);
  }

  void land_in_bar(const RouteDecision& decision) {
    Landing& landing = result_.landing;
    landing.kind = LandingKind::peer;
    landing.where = topology_[decision.target].id;
    landing.status = access_.posted() ? CompletionStatus::none : CompletionStatus::successful;
    landing.address = access_.address.value();
    landing.bar = decision.bar;
    landing.bar_offset = access_.address - topology_[decision.target].decoded.bars[decision.bar]->first;
  }

  const Machine& machine_;
  const pcie::Topology& topology_;
  Access access_;
  /// The root-bus node that the access came up through; none: a processor's access.
  NodeIndex ingress_ = NodeIndex::none;
  std::uint32_t message_data_;
  iommu::FetchLog& fetches_;
  /// The answer to a translation request.
  std::optional<iommu::AddressTranslation> completion_;
  Walk result_;
};

}  // namespace

Walk walk(const Machine& machine, NodeIndex function, const Access& access, iommu::FetchLog& fetches,
          std::uint32_t message_data) {
  Access own = access;
  own.requester = machine.topology()[function].requester;
  return walk_as_sent(machine, function, own, fetches, message_data);
}

Walk walk_as_sent(const Machine& machine, NodeIndex function, const Access& access, iommu::FetchLog& fetches,
                  std::uint32_t message_data) {
  fetches.clear();
  Walker walker{machine, access, message_data, fetches};
  walker.start(function);
  return walker.take();
}

Walk walk_outbound(const Machine& machine, const Access& access, PhysAddr address) {
  iommu::FetchLog fetches;
  Walker walker{machine, access, 0, fetches};
  walker.outbound(address);
  return walker.take();
}

}  // namespace iommusim::platforms
