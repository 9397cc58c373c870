// SPDX-License-Identifier: Apache-2.0
// The sending side of MSI and MSI-X: which message a function emits for a vector, from what software programmed into
// its capability or table (PCIe base specification, 7.7.1 and 7.7.2).
#pragma once

#include "interrupts/msi.h"
#include "memory/physical_bus.h"
#include "pcie/config_space.h"

#include <cstdint>
#include <optional>

namespace iommusim::interrupts {

enum class MsiState : std::uint8_t {
  /// The function sends `message`.
  enabled,
  /// The function has the vector, but software has not enabled it: nothing is sent.
  disabled,
  /// The vector is masked: it stays pending.
  masked,
  /// The function has no such vector.
  absent,
};

struct MsiRequest {
  MsiState state = MsiState::absent;
  MsiMessage message;
};

/// The content of a function's BARs by BAR index and offset.
class BarReader {
 public:
  virtual ~BarReader() = default;
  /// False: no such BAR or beyond its end.
  virtual bool read_bar(std::uint8_t bar, std::uint64_t offset, void* to, std::size_t size) const = 0;
};

/// The same, and what the function itself changes.
class FunctionAccess : public BarReader {
 public:
  /// False: no such BAR or beyond its end; then nothing was written.
  virtual bool write_bar(std::uint8_t bar, std::uint64_t offset, const void* from, std::size_t size) = 0;
  /// Replaces a doubleword of configuration space, whatever its write rules.
  virtual void record(unsigned offset, std::uint32_t value) = 0;
};

/// MSI-X wins when it is enabled; then MSI. MSI adds the vector to the low bits of the message data.
MsiRequest request_msi(const pcie::ConfigSpace& config, const BarReader& bars, unsigned vector);

/// Sets the pending bit of a vector that request_msi() found masked. A function whose MSI has no mask has none.
void set_pending(const pcie::ConfigSpace& config, FunctionAccess& function, unsigned vector);

/// What the function sends for a pending vector once software has unmasked it; its pending bit is cleared. nullopt: not
/// yet. The message is the one that is programmed now.
std::optional<MsiMessage> take_pending(const pcie::ConfigSpace& config, FunctionAccess& function, unsigned vector);

}  // namespace iommusim::interrupts
