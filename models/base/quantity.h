// SPDX-License-Identifier: Apache-2.0
// Numbers as people write them: 0x1000, 4096, 0xfee0_0000, 4KiB, 1.5us.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace iommusim {

/// A length of time, or a point counted from the start of the simulation, in picoseconds.
class Duration {
 public:
  constexpr Duration() = default;
  constexpr explicit Duration(std::uint64_t picoseconds) : ps_{picoseconds} {}
  static constexpr Duration nanoseconds(std::uint64_t ns) { return Duration{ns * 1000}; }
  static constexpr Duration milliseconds(std::uint64_t ms) { return Duration{ms * 1'000'000'000}; }
  constexpr std::uint64_t picoseconds() const { return ps_; }
  constexpr double as_nanoseconds() const { return static_cast<double>(ps_) / 1000.0; }

  friend constexpr Duration operator+(Duration a, Duration b) { return Duration{a.ps_ + b.ps_}; }
  /// Precondition: b is not longer than a.
  friend constexpr Duration operator-(Duration a, Duration b) { return Duration{a.ps_ - b.ps_}; }
  friend constexpr Duration operator*(Duration a, std::uint64_t n) { return Duration{a.ps_ * n}; }
  friend constexpr Duration operator/(Duration a, std::uint64_t n) { return Duration{a.ps_ / n}; }
  constexpr Duration& operator+=(Duration other) {
    ps_ += other.ps_;
    return *this;
  }
  friend constexpr bool operator==(Duration a, Duration b) { return a.ps_ == b.ps_; }
  friend constexpr bool operator!=(Duration a, Duration b) { return a.ps_ != b.ps_; }
  friend constexpr bool operator<(Duration a, Duration b) { return a.ps_ < b.ps_; }
  friend constexpr bool operator>(Duration a, Duration b) { return a.ps_ > b.ps_; }
  friend constexpr bool operator<=(Duration a, Duration b) { return a.ps_ <= b.ps_; }
  friend constexpr bool operator>=(Duration a, Duration b) { return a.ps_ >= b.ps_; }

 private:
  std::uint64_t ps_ = 0;
};

/// 0x… hexadecimal, 0b… binary or decimal, one `_` between digits allowed. nullopt: not a number, or above 2^64-1.
std::optional<std::uint64_t> parse_unsigned(std::string_view text);

/// parse_unsigned, or a decimal number with KiB, MiB, GiB or TiB (powers of 1024): bytes.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// A decimal number of digits with at most one point, as in 0.055. nullopt: something else.
std::optional<double> parse_decimal(std::string_view text);

/// A decimal number (a fraction is allowed) with ps, ns, us, ms or s. nullopt: why_no_duration() tells.
std::optional<Duration> parse_duration(std::string_view text);

enum class DurationProblem : std::uint8_t {
  none,
  /// No number with one of the units.
  malformed,
  /// No whole number of picoseconds.
  too_fine,
  /// Above 2^64 - 1 ps, which is about 213 days.
  too_long,
};
DurationProblem why_no_duration(std::string_view text);

/// "4 KiB", "2 GiB"; sizes that are no whole multiple stay in bytes.
std::string format_size(std::uint64_t bytes);

/// "0x" and at least `digits` lower-case hexadecimal digits.
std::string format_hex(std::uint64_t value, int digits = 1);

/// Exact, in the largest of ps, ns, us, ms, s that needs at most three decimals: "1.5 us".
std::string format_duration(Duration duration);

/// Both exact and in one unit, for comparison: "10000.001 us", "10000 us".
std::pair<std::string, std::string> format_durations(Duration a, Duration b);

/// "1 access", "2 accesses". `plural`: where it is not the singular with "s".
std::string format_count(std::uint64_t count, std::string_view singular, std::string_view plural = {});

}  // namespace iommusim
