// SPDX-License-Identifier: Apache-2.0
// What functions on a bus ask of the windows above them while addresses are given out, and how it is packed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::software {

/// Granularity of bridge windows (PCIe base specification, 7.5.1.3.8).
constexpr std::uint64_t bridge_window_granule = std::uint64_t{1} << 20;

/// The two kinds of memory windows that a bridge has.
enum class Space : std::uint8_t { memory, prefetchable };

/// What a BAR, or a bridge for one of its windows, asks of the bus that it is on.
struct Claim {
  std::size_t function = 0;
  /// Into FoundFunction::bars. nullopt: the bridge's window.
  std::optional<std::size_t> bar;
  /// Which of the bridge's windows.
  Space window = Space::memory;
  std::uint64_t size = 0;
  std::uint64_t alignment = 1;
  /// From the beginning of the window that the claim lies in.
  std::uint64_t offset = 0;
};

/// All claims that go into one window.
struct Claims {
  std::vector<Claim> list;
  /// Of the window, once the claims are laid out. Sizes come from hardware: what passes 2^64 stays at 2^64 - 1, which
  /// finds no room anywhere.
  std::uint64_t size = 0;
  std::uint64_t alignment = bridge_window_granule;

  /// Largest alignment first, so that powers of two leave no hole; equal ones in the order of the functions.
  void lay_out();
};

/// Claims on one bus.
class BusClaims {
 public:
  Claims& in(Space space) { return claims_[static_cast<std::size_t>(space)]; }

 private:
  std::array<Claims, 2> claims_;
};

/// Free addresses of a host bridge.
class Room {
 public:
  Room(std::uint64_t first, std::uint64_t last) : next_{first}, last_{last} {}

  /// Where the claim goes; nullopt: it does not fit.
  std::optional<std::uint64_t> take(const Claim& claim);

 private:
  std::uint64_t next_;
  std::uint64_t last_;
  bool full_ = false;
};

/// `size` bytes for each of `count`; at most 2^64 - 1.
std::uint64_t multiplied_size(std::uint64_t size, std::uint64_t count);

}  // namespace iommusim::software
