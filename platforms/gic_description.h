// SPDX-License-Identifier: Apache-2.0
// The parts of a GIC in a platform, and who takes interrupt messages.
#pragma once

#include "interrupts/gic/config.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace iommusim::platforms {

/// Who takes interrupt messages.
enum class DoorbellKind : std::uint8_t { local_apic, redistributors, its, gicv2m, mbi };

/// "local-apic", "redistributors", "its", "gicv2m", "mbi": also the name of the component.
std::string_view to_string(DoorbellKind kind);

/// The parts of a GIC that take messages or deliver them.
struct GicDescription {
  std::optional<gic::RedistributorConfig> redistributors;
  /// With redistributors only.
  std::optional<gic::ItsConfig> its;
  std::optional<gic::Gicv2mConfig> gicv2m;
  std::optional<gic::MbiConfig> mbi;
};

}  // namespace iommusim::platforms
