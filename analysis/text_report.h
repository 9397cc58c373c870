// SPDX-License-Identifier: Apache-2.0
// The summary of a run for people.
#pragma once

#include "analysis/json_report.h"
#include "analysis/results.h"
#include "platforms/machine.h"

#include <cstdint>
#include <string>

namespace iommusim::analysis {

enum class TextForm : std::uint8_t {
  /// Collisions of one device and kind that the same rule decided at the same place, with the same target, are shown
  /// once, with the number of pages.
  grouped,
  /// One by one, as the results list them.
  every_collision,
};

/// Counts first, then the collisions with intent, landing, cause, path and remedies.
std::string to_text(const Results& results, const RunInfo& info, const platforms::Machine& machine,
                    TextForm form = TextForm::grouped);

/// "memory 0x140000000 (rx-pool + 0x0)", "gpu0 BAR 2 + 0x1000", ...
/// "LPI 8192 to processor 1", "SPI 80", "interrupt vector 0x41 to APIC 2": as `doorbell` takes it.
std::string interrupt_text(std::uint32_t vector, std::uint32_t destination, ComponentId doorbell,
                           const platforms::Machine& machine);
std::string to_text(const Landing& landing, const platforms::Machine& machine);
std::string to_text(const Intent& intent, const platforms::Machine& machine);
/// "nic0 > sw0-dp0 > gpu0".
std::string to_text(const Path& path, const platforms::Machine& machine);
/// A line for each figure: value, unit, name, description; groups are indented.
std::string to_text(const timing::StatisticGroup& group);

}  // namespace iommusim::analysis
