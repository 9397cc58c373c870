// SPDX-License-Identifier: Apache-2.0
#include "analysis/intent.h"

#include "platforms/walk.h"

namespace iommusim::analysis {

using platforms::DomainType;

std::string_view to_string(IntentKind kind) {
  switch (kind) {
    case IntentKind::none: return "none";
    case IntentKind::memory: return "memory";
    case IntentKind::no_memory: return "no-memory";
    case IntentKind::peer: return "peer";
    case IntentKind::interrupt: return "interrupt";
    case IntentKind::blocked: return "blocked";
  }
  return "?";
}

namespace {

/// `intent`, `bytes` further on.
Intent shifted(Intent intent, std::uint64_t bytes) {
  intent.physical += bytes;
  if (intent.was_mapped) intent.past_physical += bytes;
  return intent;
}

bool are_alike(const Intent& a, const Intent& b) {
  return a.kind == b.kind && a.physical == b.physical && a.permissions.read == b.permissions.read &&
         a.permissions.write == b.permissions.write && a.buffer == b.buffer && a.was_mapped == b.was_mapped &&
         a.past_physical == b.past_physical && a.past_until == b.past_until;
}

}  // namespace

/// `what`: a programmed message, or the entry that a message names.
template <class Programmed>
Intent IntentResolver::of_message(pcie::NodeIndex device, const interrupts::MsiMessage& message,
                                  const Programmed& what) const {
  Intent intent;
  intent.kind = IntentKind::interrupt;
  intent.message = message;
  intent.vector = what.vector;
  intent.destination = what.destination;
  intent.doorbell = machine_.doorbell_of(device).id;
  return intent;
}

Intent IntentResolver::of_physical(PhysAddr physical) const {
  Intent intent;
  intent.physical = physical;
  const memory::SystemDecision decision = memory::decide_dma_target(machine_.system_map(), physical, 1);
  if (decision.target == nullptr) return intent;
  if (decision.target->kind == memory::TargetKind::memory) intent.kind = IntentKind::memory;
  if (decision.target->kind != memory::TargetKind::outbound) return intent;
  Access probe;
  probe.size = 1;
  const platforms::Walk way = platforms::walk_outbound(machine_, probe, physical);
  if (way.landing.kind != LandingKind::peer) return intent;
  intent.kind = IntentKind::peer;
  intent.peer = way.landing.where;
  intent.peer_address = BusAddr{way.landing.address};
  return intent;
}

Intent IntentResolver::of_mapping(const software::Intent& mapping) const {
  Intent intent = of_physical(mapping.physical);
  if (intent.kind == IntentKind::none) intent.kind = IntentKind::no_memory;
  intent.permissions = {mapping.permissions.read, mapping.permissions.write};
  intent.buffer = mapping.buffer;
  return intent;
}

std::optional<Iova> IntentResolver::iova_of(pcie::NodeIndex device, BusAddr address) const {
  const pcie::HostBridge& bridge = machine_.bridges()[machine_.topology()[device].host_bridge];
  const auto offset = pcie::inbound_offset(bridge, {address, address});
  return offset ? std::optional{Iova{address.value() + *offset}} : std::nullopt;
}

Intent IntentResolver::of_dma(pcie::NodeIndex device, BusAddr address) const {
  const platforms::Domain* const domain = system_.domain_of(device);
  if (domain == nullptr) return decide_dma(device, address);
  const BusAddr first = address.aligned_down(page_4k);
  const std::uint64_t changes = domain->space.changes();
  Page& page = pages_[first.value() / page_4k % pages_.size()];
  if (page.first == first && page.device == device && page.changes == changes) {
    if (page.state == Page::State::seen) learn(page);
    if (page.state == Page::State::known) return shifted(page.intent, address - first);
  } else {
    page.device = device;
    page.first = first;
    page.changes = changes;
    page.state = Page::State::seen;
  }
  return decide_dma(device, address);
}

/// Mappings, banks and windows that begin or end inside the page make its ends differ.
void IntentResolver::learn(Page& page) const {
  page.intent = decide_dma(page.device, page.first);
  const bool is_alike =
      are_alike(decide_dma(page.device, page.first + (page_4k - 1)), shifted(page.intent, page_4k - 1));
  page.state = page.intent.kind == IntentKind::memory && is_alike ? Page::State::known : Page::State::mixed;
}

Intent IntentResolver::decide_dma(pcie::NodeIndex device, BusAddr address) const {
  // Software that knows nothing of inbound windows believes that the address arrives as it is.
  const Iova iova = iova_of(device, address).value_or(Iova{address.value()});
  const platforms::Domain* domain = system_.domain_of(device);
  if (domain == nullptr) {
    if (!machine_.iommu_of(device)) return of_physical(PhysAddr{iova.value()});
    Intent intent;
    intent.kind = IntentKind::blocked;
    return intent;
  }
  if (domain->description->type == DomainType::identity) return of_physical(PhysAddr{iova.value()});

  const software::Intent live = domain->space.lookup(iova);
  const bool is_mapped = live.state == software::MappingState::live;
  Intent intent = is_mapped ? of_mapping(live) : Intent{};
  if (!is_mapped && domain->description->type == DomainType::blocked) intent.kind = IntentKind::blocked;
  if (const software::Intent past = domain->space.lookup_past(iova); past.state == software::MappingState::past) {
    intent.was_mapped = true;
    intent.past_physical = past.physical;
    intent.past_until = past.until;
  }
  return intent;
}

Intent IntentResolver::of_firmware(pcie::NodeIndex device, BusAddr address) const {
  const Iova behind_window = iova_of(device, address).value_or(Iova{address.value()});
  Intent intent = of_physical(PhysAddr{behind_window.value()});
  if (intent.kind == IntentKind::none) intent.kind = IntentKind::no_memory;
  return intent;
}

Intent IntentResolver::of_msi(pcie::NodeIndex device, unsigned index) const {
  const platforms::ProgrammedMsi* programmed = system_.programmed_for(device, index);
  return programmed == nullptr ? Intent{} : of_message(device, programmed->message, *programmed);
}

Intent IntentResolver::of_raw_write(pcie::NodeIndex device, const interrupts::MsiMessage& message) const {
  for (const platforms::ProgrammedMsi& programmed : system_.programmed())
    if (programmed.device == device && programmed.message == message) return of_message(device, message, programmed);
  const platforms::ProgrammedEntry* entry = system_.entry_for(device, message);
  if (entry != nullptr && entry->device == device) return of_message(device, message, *entry);
  return of_dma(device, message.address);
}

}  // namespace iommusim::analysis
