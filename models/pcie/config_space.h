// SPDX-License-Identifier: Apache-2.0
// The 4096 bytes of a function's configuration space, each bit with its write rule (PCIe base
// specification, 7.2).
#pragma once

#include <cstdint>
#include <vector>

namespace iommusim::pcie {

/// Values with per-bit write rules. A bit without a rule is read-only. Knows no layout: build_config_space()
/// and the capability headers do.
class ConfigSpace {
 public:
  static constexpr unsigned size = 4096;

  /// A register, as hardware defines it: reset value and the bits that software can change.
  struct Register {
    unsigned offset = 0;
    /// Bytes: 1, 2 or 4, and `offset` is a multiple of it.
    unsigned width = 4;
    std::uint32_t reset = 0;
    /// RW.
    std::uint32_t writable = 0;
    /// RW1C: writing one clears the bit.
    std::uint32_t write_one_clears = 0;
  };

  /// All bits read-only zero.
  ConfigSpace();

  /// Software's side. `width` is 1, 2 or 4 bytes and `offset` a multiple of it; anything else reads all-ones
  /// and writes nothing.
  std::uint32_t read(unsigned offset, unsigned width) const;
  void write(unsigned offset, unsigned width, std::uint32_t value);

  /// The register at `offset` as W, a Word of 16 or 32 bits.
  template <class W>
  W get(unsigned offset) const {
    static_assert(W::bytes <= 4);
    return W{read(offset, W::bytes)};
  }

  /// Hardware's side: replaces value and rules. Throws std::invalid_argument on an unaligned or foreign
  /// offset.
  void define(const Register& definition);
  /// Hardware sets bits, whatever their write rule: a status bit that records an event.
  void latch(unsigned offset, unsigned width, std::uint32_t bits);
  /// Hardware replaces a value, whatever its write rules: a log.
  void record(unsigned offset, unsigned width, std::uint32_t value);
  /// The RW bits of a register: what a BAR's size is told from. Zero for an invalid offset or width.
  std::uint32_t writable(unsigned offset, unsigned width) const;

 private:
  struct Byte {
    std::uint8_t value = 0;
    std::uint8_t writable = 0;
    std::uint8_t write_one_clears = 0;
  };
  // On the heap, so that routing, which visits many nodes and no configuration space, finds them close
  // together.
  std::vector<Byte> bytes_;
};

}  // namespace iommusim::pcie
