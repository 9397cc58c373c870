// SPDX-License-Identifier: Apache-2.0
#include "integration/random_requests.h"

#include "pcie/tlp_split.h"

#include <algorithm>

namespace iommusim::tests {

RandomRequests::RandomRequests(Random& random, const platforms::Machine& machine) : random_{random}, machine_{machine} {
  collect();
}

void RandomRequests::add_range(std::uint64_t first, std::uint64_t last) {
  edges_.push_back(first);
  edges_.push_back(last + 1);
}

void RandomRequests::collect() {
  const pcie::Topology& topology = machine_.topology();
  for (std::size_t i = 0; i < topology.size(); ++i) {
    const pcie::Decoded& decoded = topology[static_cast<pcie::NodeIndex>(i)].decoded;
    for (const auto& bar : decoded.bars)
      if (bar) add_range(bar->first.value(), bar->last.value());
    for (const auto& window : decoded.windows)
      if (window) add_range(window->first.value(), window->last.value());
  }
  for (const platforms::DomainDescription& domain : machine_.description().domains)
    for (const platforms::MappingDescription& mapping : domain.mappings)
      for (int often = 0; often < 3; ++often)
        add_range(mapping.iova.value(), mapping.iova.value() + mapping.size - 1);
  for (const pcie::HostBridge& bridge : machine_.bridges())
    for (const pcie::InboundWindow& window : bridge.inbound)
      add_range(window.bus.first.value(), window.bus.last.value());
  for (const memory::MapEntry& entry : machine_.system_map().entries())
    add_range(entry.range.first.value(), entry.range.last.value());
  for (int often = 0; often < 6; ++often)
    add_range(0xFEE0'0000, 0xFEEF'FFFF);
  for (const unsigned bit : {32U, 39U, 46U, 48U})
    edges_.push_back(std::uint64_t{1} << bit);
}

std::uint64_t RandomRequests::edge() {
  const auto below = [](std::uint64_t distance) { return std::uint64_t{0} - distance; };
  return random_.pick(edges_) +
         random_.pick({std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{4}, std::uint64_t{0x7C},
                       std::uint64_t{0x1000}, below(1), below(4), below(64), below(128), below(0x1000)});
}

std::uint64_t RandomRequests::mapped(const std::string& function) {
  for (const platforms::DomainDescription& domain : machine_.description().domains) {
    if (std::find(domain.devices.begin(), domain.devices.end(), function) == domain.devices.end()) continue;
    if (domain.mappings.empty()) break;
    const platforms::MappingDescription& mapping = random_.pick(domain.mappings);
    return mapping.iova.value() + random_.below(mapping.size);
  }
  return random_.below(0x8000'0000);
}

std::uint64_t RandomRequests::address(const std::string& function) {
  const std::uint64_t draw = random_.below(100);
  if (draw < 10) return random_.word() >> random_.below(64);
  if (draw < 20) return last_.value();
  return draw < 50 ? mapped(function) & ~std::uint64_t{3} : edge();
}

modules::DmaRequest RandomRequests::next(unsigned char* data) {
  modules::DmaRequest request;
  const auto& devices = machine_.devices();
  const platforms::Device& device = devices[random_.below(devices.size())];
  request.function = device.node;
  request.operation = random_.pick({Operation::read, Operation::write, Operation::write, Operation::atomic});
  if (random_.percent(8)) request.address_type = AddressType::translated;
  if (random_.percent(3)) request.address_type = AddressType::translation_request;
  // Conventional PCI has neither.
  if (device.description->kind == platforms::FunctionKind::pci_device) {
    request.address_type = AddressType::untranslated;
    if (request.operation == Operation::atomic) request.operation = Operation::read;
  }
  const std::vector<RequesterId>& aliases = device.description->dma_alias;
  if (!aliases.empty() && random_.percent(50)) request.requester = random_.pick(aliases);
  request.poisoned = request.operation != Operation::read && random_.percent(6);
  request.address = last_ = BusAddr{address(device.description->name)};
  request.data = data;
  request.size = random_.pick({1U, 4U, 4U, 8U, 64U, 256U});
  if (request.operation == Operation::read && random_.percent(10)) request.size = 0;

  const pcie::Decoded& function = machine_.topology()[request.function].decoded;
  const unsigned limit = request.operation == Operation::read ? function.max_read_request : function.max_payload;
  request.size = std::min<std::uint64_t>(request.size, limit - request.address.offset_in(limit));
  return request;
}

}  // namespace iommusim::tests
