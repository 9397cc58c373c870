// SPDX-License-Identifier: Apache-2.0
#include "analysis/linux_view.h"

#include "analysis/firmware_memory.h"
#include "analysis/iova_borders.h"
#include "platforms/addressing_facts.h"
#include "software/dma_aliases.h"
#include "software/iommu_groups.h"
#include "software/vfio_container.h"

#include <algorithm>

namespace iommusim::analysis {

using pcie::NodeIndex;
using platforms::Machine;

LinuxView::LinuxView(const Machine& machine, platforms::OperatingSystem& system) : machine_{machine}, system_{system} {
  list_functions(system);
  groups_ = software::form_groups(functions_);
  for (const std::size_t group : groups_)
    group_count_ = std::max(group_count_, group + 1);
}

/// Linux adds functions bus by bus, and buses are numbered from the root down: a bridge comes first.
void LinuxView::list_functions(platforms::OperatingSystem& system) {
  const pcie::Topology& topology = machine_.topology();
  for (std::size_t i = 0; i < topology.size(); ++i)
    if (const auto node = static_cast<NodeIndex>(i); machine_.iommu_of(node) && is_pci(machine_.describe(node).kind))
      nodes_.push_back(node);
  std::stable_sort(nodes_.begin(), nodes_.end(), [&topology](NodeIndex a, NodeIndex b) {
    if (topology[a].segment != topology[b].segment) return topology[a].segment < topology[b].segment;
    return topology[a].requester < topology[b].requester;
  });
  index_of_node_.assign(topology.size(), not_listed);
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    index_of_node_[pcie::index_of(nodes_[i])] = i;
  for (const NodeIndex node : nodes_) {
    const pcie::Node& function = topology[node];
    software::PciDevice device{{system.bus(), function.segment, function.requester}, function.segment, {}, {}};
    if (function.parent != NodeIndex::none) device.bridge = index_of_node_[pcie::index_of(function.parent)];
    for (const RequesterId alias : machine_.describe(node).dma_alias)
      device.alias_devfns.push_back(alias.devfn());
    functions_.push_back(std::move(device));
  }
}

std::optional<std::size_t> LinuxView::group_of(NodeIndex function) const {
  const std::size_t index = index_of_node_[pcie::index_of(function)];
  return index == not_listed ? std::nullopt : std::optional{groups_[index]};
}

std::vector<NodeIndex> LinuxView::members(std::size_t group) const {
  std::vector<NodeIndex> members;
  for (std::size_t i = 0; i < groups_.size(); ++i)
    if (groups_[i] == group) members.push_back(nodes_[i]);
  return members;
}

software::ReservedRegions LinuxView::reserved_regions(std::size_t group) const {
  software::ReservedRegions regions;
  for (const NodeIndex member : members(group))
    regions.insert_all(reported_regions(machine_, member));
  return regions;
}

std::vector<RequesterId> LinuxView::requester_ids(NodeIndex function) const {
  const std::size_t index = index_of_node_[pcie::index_of(function)];
  if (index == not_listed) return {machine_.topology()[function].requester};
  std::vector<RequesterId> ids;
  for (const software::DmaAlias& alias : software::dma_aliases(functions_, index))
    ids.push_back(alias.id);
  return ids;
}

std::vector<Range<Iova>> LinuxView::refused_by_vfio(NodeIndex function) const {
  const platforms::Domain* domain = system_.domain_of(function);
  if (domain == nullptr || domain->description->type != platforms::DomainType::unmanaged) return {};
  software::VfioContainer container;
  for (const std::string& device : domain->description->devices)
    if (const auto group = group_of(machine_.find_function(device)))
      container.attach(*group, reserved_regions(*group), domain_bits(function));
  std::vector<Range<Iova>> refused;
  for (const platforms::MappingDescription& mapping : domain->description->mappings) {
    const auto range = Range<Iova>::from_size(mapping.iova, mapping.size);
    if (range && container.map(*range) == software::VfioContainer::Answer::invalid) refused.push_back(*range);
  }
  return refused;
}

const pcie::HostBridge& LinuxView::bridge_of(NodeIndex function) const {
  return machine_.bridges()[machine_.topology()[function].host_bridge];
}

unsigned LinuxView::domain_bits(NodeIndex function) const {
  const platforms::Domain* domain = system_.domain_of(function);
  const bool has_tables = domain != nullptr && (domain->description->type == platforms::DomainType::dma ||
                                                domain->description->type == platforms::DomainType::unmanaged);
  if (has_tables) return system_.iova_width(*domain);
  return input_width(machine_, function);
}

bool LinuxView::is_untranslated(NodeIndex function) const {
  const platforms::Domain* domain = system_.domain_of(function);
  return domain != nullptr && domain->description->type == platforms::DomainType::identity;
}

/// Where a device behind this host bridge finds memory without translation.
std::vector<Range<Iova>> LinuxView::memory_on_bus(const pcie::HostBridge& bridge) const {
  std::vector<Range<Iova>> ranges;
  for (const memory::Bank& bank : machine_.memory().banks()) {
    const Range<BusAddr> same{BusAddr{bank.range.first.value()}, BusAddr{bank.range.last.value()}};
    if (bridge.inbound.empty()) ranges.push_back(platforms::as_iova(same));
    for (const pcie::InboundWindow& window : bridge.inbound) {
      const Range<BusAddr> reached{window.bus.first + window.offset, window.bus.last + window.offset};
      const auto part = same.intersection(reached);
      if (part) ranges.push_back(platforms::as_iova({part->first - window.offset, part->last - window.offset}));
    }
  }
  return ranges;
}

software::SoftwareViews LinuxView::views(NodeIndex function) const {
  software::AddressingFacts facts = platforms::addressing_facts(machine_, function);
  software::SoftwareViews direct =
      software::views_without_translation({facts.device_bits, memory_on_bus(bridge_of(function))});
  const auto group = group_of(function);
  if (!group) return direct;

  facts.domain_bits = domain_bits(function);
  facts.own = reported_regions(machine_, function);
  facts.group = reserved_regions(*group);
  facts.first_of_group = reported_regions(machine_, members(*group).front());
  software::SoftwareViews views = software::views_behind_iommu(facts);
  if (is_untranslated(function)) views.dma_api = direct.dma_api;
  return views;
}

}  // namespace iommusim::analysis
