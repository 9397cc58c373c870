// SPDX-License-Identifier: Apache-2.0
#include "analysis/collision.h"

#include "iommu/device_tlb.h"
#include "pcie/rules.h"

#include <array>

namespace iommusim::analysis {
namespace {

constexpr std::array<std::string_view, collision_kinds> names{
    "peer-hijack", "peer-blocked",      "interrupt-swallow", "interrupt-forged",  "doorbell-lost",
    "window-hole", "stale-translation", "isolation-breach",  "translation-fault", "wrong-memory"};

using Result = std::optional<CollisionKind>;

bool permitted(const Intent& intent, const Circumstance& circumstance) {
  return circumstance.zero_length || permits(intent.permissions, circumstance.operation);
}

/// The last mapping that ended, or by way of a cache one before it.
bool landed_on_old_page(const Intent& intent, const Landing& landing) {
  return intent.was_mapped && (landing.from_cache || landing.address == intent.past_physical.value());
}

Result memory_landed_in_memory(const Intent& intent, const Landing& landing, const Circumstance& circumstance) {
  const bool right_place = intent.kind == IntentKind::memory && landing.address == intent.physical.value();
  if (right_place && permitted(intent, circumstance)) return std::nullopt;
  // A right that software has withdrawn, or an old page, can only come from a cache that was not told.
  if (landed_on_old_page(intent, landing) || (right_place && landing.from_cache))
    return CollisionKind::stale_translation;
  return circumstance.foreign_memory ? CollisionKind::isolation_breach : CollisionKind::wrong_memory;
}

/// A device with ATS learns from the completion that it has no translation; the IOMMU records no fault for it.
bool is_denied(const Landing& landing) {
  return landing.rule == &iommu::rules::translation_denied;
}

/// Also for a mapping to what is no memory: it was given to the device, whatever it leads to.
Result memory_intended(const Intent& intent, const Landing& landing, const Circumstance& circumstance) {
  switch (landing.kind) {
    case LandingKind::memory: return memory_landed_in_memory(intent, landing, circumstance);
    case LandingKind::peer: return CollisionKind::peer_hijack;
    case LandingKind::interrupt: return CollisionKind::interrupt_swallow;
    case LandingKind::iommu_fault:
      return circumstance.in_interrupt_window ? CollisionKind::interrupt_swallow : CollisionKind::translation_fault;
    case LandingKind::rejected:
      if (is_denied(landing)) return CollisionKind::translation_fault;
      return circumstance.in_interrupt_window ? CollisionKind::interrupt_swallow : CollisionKind::window_hole;
  }
  return std::nullopt;
}

Result peer_intended(const Intent& intent, const Landing& landing) {
  switch (landing.kind) {
    case LandingKind::peer:
      if (landing.where == intent.peer && landing.address == intent.peer_address.value()) return std::nullopt;
      return CollisionKind::peer_hijack;
    case LandingKind::memory: return CollisionKind::wrong_memory;
    case LandingKind::interrupt: return CollisionKind::interrupt_swallow;
    case LandingKind::iommu_fault:
    case LandingKind::rejected: return CollisionKind::peer_blocked;
  }
  return std::nullopt;
}

Result interrupt_intended(const Intent& intent, const Landing& landing) {
  const bool arrived = landing.kind == LandingKind::interrupt && landing.vector == intent.vector &&
                       landing.destination == intent.destination;
  return arrived ? Result{} : CollisionKind::doorbell_lost;
}

/// The function keeps an interrupt to itself that its driver did not enable.
bool is_unsent_message(const Landing& landing) {
  return landing.rule == &pcie::rules::msi_disabled || landing.rule == &pcie::rules::msi_masked;
}

/// A device is told by its driver where to do DMA: an address that is not mapped is a mistake of software even when
/// hardware stops it.
Result nothing_intended(const Intent& intent, const Landing& landing) {
  switch (landing.kind) {
    case LandingKind::memory:
      return landed_on_old_page(intent, landing) ? CollisionKind::stale_translation : CollisionKind::isolation_breach;
    case LandingKind::peer: return CollisionKind::isolation_breach;
    case LandingKind::interrupt: return CollisionKind::interrupt_forged;
    case LandingKind::iommu_fault:
      // A message that nobody programmed was kept from arriving.
      if (landing.rule != nullptr && is_interrupt_lookup(*landing.rule)) return std::nullopt;
      return CollisionKind::translation_fault;
    case LandingKind::rejected:
      if (is_denied(landing)) return CollisionKind::translation_fault;
      return is_unsent_message(landing) ? CollisionKind::doorbell_lost : CollisionKind::window_hole;
  }
  return std::nullopt;
}

Result blocked_intended(const Landing& landing) {
  switch (landing.kind) {
    case LandingKind::memory:
    case LandingKind::peer: return CollisionKind::isolation_breach;
    case LandingKind::interrupt: return CollisionKind::interrupt_forged;
    case LandingKind::iommu_fault:
    case LandingKind::rejected: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(CollisionKind kind) {
  return names[static_cast<std::size_t>(kind)];
}

std::optional<CollisionKind> collision_kind(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<CollisionKind>(i);
  return std::nullopt;
}

bool permits(const platforms::Permissions& permissions, Operation operation) {
  switch (operation) {
    case Operation::read: return permissions.read;
    case Operation::write: return permissions.write;
    case Operation::atomic: return permissions.read && permissions.write;
  }
  return false;
}

std::optional<CollisionKind> classify(const Intent& intent, const Landing& landing, const Circumstance& circumstance) {
  switch (intent.kind) {
    case IntentKind::memory:
    case IntentKind::no_memory: return memory_intended(intent, landing, circumstance);
    case IntentKind::peer: return peer_intended(intent, landing);
    case IntentKind::interrupt: return interrupt_intended(intent, landing);
    case IntentKind::none: return nothing_intended(intent, landing);
    case IntentKind::blocked: return blocked_intended(landing);
  }
  return std::nullopt;
}

}  // namespace iommusim::analysis
