// SPDX-License-Identifier: Apache-2.0
// A second reading of what an ITS and its redistributors do with a message, from register values and memory alone
// (GICv3 architecture, 5.1 and 5.2). Slow and plain; shares no code with the model.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace iommusim::oracle::gic {

/// Register values as software reads them, and what they cannot tell.
struct Redistributor {
  std::uint64_t control = 0;
  /// As they were when LPIs were enabled.
  std::uint64_t properties = 0;
  std::uint64_t pending = 0;
  /// Number in GICR_TYPER, and the address of its frame.
  std::uint64_t number = 0;
  std::uint64_t frame = 0;
};

struct Facts {
  std::uint64_t control = 0;
  std::uint64_t type = 0;
  std::uint64_t device_table = 0;
  std::uint64_t collection_table = 0;
  /// Width of INTIDs that the GIC has.
  unsigned interrupt_bits = 16;
  std::vector<Redistributor> redistributors;
};

/// One byte; nullopt: no memory answers.
using ReadByte = std::function<std::optional<std::uint8_t>(std::uint64_t)>;

enum class Fate : std::uint8_t { dropped, pending, delivered };

struct Answer {
  Fate fate = Fate::dropped;
  std::uint32_t intid = 0;
  std::uint64_t processor = 0;
};

/// For redistributors that keep no configurations, and an ITS that holds no collections itself.
Answer answer(const Facts& facts, const ReadByte& read, std::uint32_t device, std::uint32_t event);

}  // namespace iommusim::oracle::gic
