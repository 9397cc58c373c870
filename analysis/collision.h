// SPDX-License-Identifier: Apache-2.0
// Intent and landing differ: which kind of collision it is. docs/collisions.md explains each kind.
#pragma once

#include "analysis/intent.h"
#include "base/landing.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace iommusim::analysis {

enum class CollisionKind : std::uint8_t {
  peer_hijack,
  peer_blocked,
  interrupt_swallow,
  interrupt_forged,
  doorbell_lost,
  window_hole,
  stale_translation,
  isolation_breach,
  translation_fault,
  wrong_memory,
};
constexpr std::size_t collision_kinds = 10;

/// "peer-hijack", ...
std::string_view to_string(CollisionKind kind);
std::optional<CollisionKind> collision_kind(std::string_view name);

/// What the decision needs beside intent and landing. analysis/judge.h finds it out.
struct Circumstance {
  Operation operation = Operation::read;
  /// A zero-length read moves no data, so software need not have given the right to read (CAP.ZLR).
  bool zero_length = false;
  /// The address lies in the host's interrupt window.
  bool in_interrupt_window = false;
  /// The memory where the access landed is mapped in a domain that is not the device's.
  bool foreign_memory = false;
};

/// Do these rights suffice for the operation?
bool permits(const platforms::Permissions& permissions, Operation operation);

/// nullopt: the access landed as intended. One rule per pair of intent and landing; the table is in docs/collisions.md.
std::optional<CollisionKind> classify(const Intent& intent, const Landing& landing, const Circumstance& circumstance);

}  // namespace iommusim::analysis
