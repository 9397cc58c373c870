// SPDX-License-Identifier: Apache-2.0
#include "base/quantity.h"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <utility>

namespace iommusim {
namespace {

using Unit = std::pair<std::string_view, std::uint64_t>;

constexpr std::array<Unit, 4> size_units{{{"KiB", std::uint64_t{1} << 10},
                                          {"MiB", std::uint64_t{1} << 20},
                                          {"GiB", std::uint64_t{1} << 30},
                                          {"TiB", std::uint64_t{1} << 40}}};

// "s" ends every other unit, so it comes last.
constexpr std::array<Unit, 5> time_units{
    {{"ps", 1}, {"ns", 1'000}, {"us", 1'000'000}, {"ms", 1'000'000'000}, {"s", 1'000'000'000'000}}};

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

std::optional<std::uint64_t> parse_digits(std::string_view digits, unsigned base) {
  if (digits.empty() || digits.front() == '_' || digits.back() == '_') return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c == '_') continue;
    const int digit = digit_value(c);
    if (digit >= static_cast<int>(base)) return std::nullopt;
    if (value > (std::numeric_limits<std::uint64_t>::max() - static_cast<unsigned>(digit)) / base) return std::nullopt;
    value = value * base + static_cast<unsigned>(digit);
  }
  return value;
}

std::optional<std::uint64_t> multiply(std::uint64_t value, std::uint64_t factor) {
  if (factor != 0 && value > std::numeric_limits<std::uint64_t>::max() / factor) return std::nullopt;
  return value * factor;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

std::string_view trim_right(std::string_view text) {
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) return parse_digits(text.substr(2), 16);
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'b' || text[1] == 'B')) return parse_digits(text.substr(2), 2);
  return parse_digits(text, 10);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  for (const auto& [unit, factor] : size_units) {
    if (!ends_with(text, unit)) continue;
    const auto number = parse_digits(trim_right(text.substr(0, text.size() - unit.size())), 10);
    return number ? multiply(*number, factor) : std::nullopt;
  }
  return parse_unsigned(text);
}

std::optional<Duration> parse_duration(std::string_view text) {
  for (const auto& [unit, factor] : time_units) {
    if (!ends_with(text, unit)) continue;
    const std::string_view number = trim_right(text.substr(0, text.size() - unit.size()));
    const std::size_t point = number.find('.');
    const auto whole = parse_digits(number.substr(0, point), 10);
    if (!whole) return std::nullopt;
    auto ps = multiply(*whole, factor);
    if (!ps) return std::nullopt;
    if (point == std::string_view::npos) return Duration{*ps};
    std::uint64_t scale = factor;
    const std::string_view fraction = number.substr(point + 1);
    if (fraction.empty()) return std::nullopt;
    for (const char c : fraction) {
      if (c < '0' || c > '9') return std::nullopt;
      scale /= 10;
      const std::uint64_t more = scale * static_cast<std::uint64_t>(c - '0');
      if (more > std::numeric_limits<std::uint64_t>::max() - *ps) return std::nullopt;
      *ps += more;
    }
    return Duration{*ps};
  }
  return std::nullopt;
}

std::string format_size(std::uint64_t bytes) {
  for (auto unit = size_units.rbegin(); unit != size_units.rend(); ++unit)
    if (bytes >= unit->second && bytes % unit->second == 0)
      return fmt::format("{} {}", bytes / unit->second, unit->first);
  return fmt::format("{} B", bytes);
}

std::string format_hex(std::uint64_t value, int digits) {
  return fmt::format("0x{:0{}x}", value, digits);
}

std::string format_duration(Duration duration) {
  const std::uint64_t ps = duration.picoseconds();
  for (auto unit = time_units.rbegin(); unit != time_units.rend(); ++unit) {
    if (ps < unit->second) continue;
    const std::uint64_t thousandth = unit->second / 1000;
    if (thousandth != 0 && ps % thousandth != 0) continue;
    return fmt::format("{:g} {}", static_cast<double>(ps) / static_cast<double>(unit->second), unit->first);
  }
  return fmt::format("{} ps", ps);
}

}  // namespace iommusim
