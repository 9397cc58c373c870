// SPDX-License-Identifier: Apache-2.0
// What if a port's ACS controls were different? Tried on the machine itself, asked of the decision procedures,
// restored.
#pragma once

#include "pcie/acs.h"
#include "platforms/machine.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::analysis {

/// The ports between a function and the root complex, nearest first: those whose secondary side its requests enter.
std::vector<pcie::NodeIndex> ports_above(const pcie::Topology& topology, pcie::NodeIndex function);

/// One bit of an Egress Control Vector.
struct EgressBit {
  std::uint8_t number = 0;
  bool value = false;
};

/// What to change in the ACS capability of one port or function.
struct AcsEdit {
  pcie::NodeIndex port = pcie::NodeIndex::none;
  pcie::AcsControl set{};
  pcie::AcsControl clear{};
  std::optional<EgressBit> egress{};
};

/// The same bits set in several ports.
std::vector<AcsEdit> set_in(const std::vector<pcie::NodeIndex>& ports, pcie::AcsControl bits);

/// Edits the registers for as long as it lives. Bits that a capability lacks stay as they are.
class AcsTrial {
 public:
  AcsTrial(platforms::Machine& machine, const std::vector<AcsEdit>& edits);
  ~AcsTrial();
  AcsTrial(const AcsTrial&) = delete;
  AcsTrial& operator=(const AcsTrial&) = delete;

  struct Change {
    pcie::NodeIndex port = pcie::NodeIndex::none;
    /// From the capability on: acs::control (2 bytes), or a doubleword of the Egress Control Vector.
    unsigned offset = 0;
    std::uint32_t before = 0;
    std::uint32_t after = 0;
  };
  /// The registers that really changed.
  const std::vector<Change>& changes() const { return changes_; }

 private:
  void write(pcie::NodeIndex port, unsigned offset, std::uint32_t clear, std::uint32_t set);

  platforms::Machine& machine_;
  std::vector<Change> changes_;
};

/// Bytes of the register at this offset of the capability.
constexpr unsigned acs_register_width(unsigned offset) {
  return offset == pcie::acs::control ? 2 : 4;
}

}  // namespace iommusim::analysis
