// SPDX-License-Identifier: Apache-2.0
#include "base/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
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

constexpr std::uint8_t no_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> digit_values() {
  std::array<std::uint8_t, 256> values{};
  for (auto& value : values)
    value = no_digit;
  for (std::uint8_t digit = 0; digit < 10; ++digit)
    values[std::size_t{'0'} + digit] = digit;
  for (std::uint8_t digit = 10; digit < 16; ++digit)
    values[std::size_t{'a'} + digit - 10] = values[std::size_t{'A'} + digit - 10] = digit;
  return values;
}

std::uint8_t digit_value(char c) {
  static constexpr auto values = digit_values();
  return values[static_cast<unsigned char>(c)];
}

enum class Reading : std::uint8_t {
  number,
  malformed,
  /// A number above 2^64-1.
  too_large,
};

/// Digits of `Base`, at most 16, with single `_` between them. `value` means something for a number only.
template <unsigned Base>
Reading read_any_digits(std::string_view digits, std::uint64_t& value) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  Reading reading = Reading::number;
  bool after_digit = false;
  value = 0;
  for (const char c : digits) {
    const unsigned digit = digit_value(c);
    if (digit >= Base) {
      if (c != '_' || !after_digit) return Reading::malformed;
      after_digit = false;
      continue;
    }
    after_digit = true;
    if (value > (most - digit) / Base) reading = Reading::too_large;
    value = value * Base + digit;
  }
  return after_digit ? reading : Reading::malformed;
}

/// The same. Traces consist of numbers, most of them short and plain: 16 digits cannot be too large.
template <unsigned Base>
Reading read_digits(std::string_view digits, std::uint64_t& value) {
  if (digits.empty() || digits.size() > 16) return read_any_digits<Base>(digits, value);
  std::uint64_t sum = 0;
  for (const char c : digits) {
    const unsigned digit = digit_value(c);
    if (digit >= Base) return read_any_digits<Base>(digits, value);
    sum = sum * Base + digit;
  }
  value = sum;
  return Reading::number;
}

template <unsigned Base>
std::optional<std::uint64_t> parse_digits(std::string_view digits) {
  std::uint64_t value = 0;
  return read_digits<Base>(digits, value) == Reading::number ? std::optional{value} : std::nullopt;
}

std::optional<std::uint64_t> multiply(std::uint64_t value, std::uint64_t factor) {
  if (factor != 0 && value > std::numeric_limits<std::uint64_t>::max() / factor) return std::nullopt;
  return value * factor;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() > end.size() && std::equal(end.begin(), end.end(), text.end() - end.size());
}

std::string_view trim_right(std::string_view text) {
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

struct DurationReading {
  Duration duration;
  DurationProblem problem = DurationProblem::none;
};

/// `digits`: those behind the point, so the first one counts a tenth of `unit`.
DurationReading add_fraction(std::uint64_t ps, std::string_view digits, std::uint64_t unit) {
  for (const char c : digits) {
    const std::uint64_t digit = digit_value(c);
    unit /= 10;
    if (unit == 0 && digit != 0) return {{}, DurationProblem::too_fine};
    if (unit * digit > std::numeric_limits<std::uint64_t>::max() - ps) return {{}, DurationProblem::too_long};
    ps += unit * digit;
  }
  return {Duration{ps}};
}

/// One or more decimal digits.
bool is_fraction(std::string_view digits) {
  return !digits.empty() && std::all_of(digits.begin(), digits.end(), [](char c) { return digit_value(c) < 10; });
}

/// `number` without its unit, which counts `factor` picoseconds.
DurationReading read_duration(std::string_view number, std::uint64_t factor) {
  const std::size_t point = number.find('.');
  const bool is_whole = point == std::string_view::npos;
  std::uint64_t whole = 0;
  const Reading reading = read_digits<10>(number.substr(0, point), whole);
  const std::string_view fraction = is_whole ? std::string_view{} : number.substr(point + 1);
  if (reading == Reading::malformed || !(is_whole || is_fraction(fraction))) return {{}, DurationProblem::malformed};
  const auto ps = reading == Reading::number ? multiply(whole, factor) : std::nullopt;
  return ps ? add_fraction(*ps, fraction, factor) : DurationReading{{}, DurationProblem::too_long};
}

DurationReading read_duration(std::string_view text) {
  std::size_t letters = 0;
  while (letters < text.size() && text[text.size() - 1 - letters] >= 'a')
    ++letters;
  const std::string_view suffix = text.substr(text.size() - letters);
  for (const auto& [unit, factor] : time_units)
    if (suffix == unit) return read_duration(trim_right(text.substr(0, text.size() - letters)), factor);
  return {{}, DurationProblem::malformed};
}

/// The largest unit in which `ps` needs at most three decimals.
const Unit& natural_unit(std::uint64_t ps) {
  for (auto unit = time_units.rbegin(); unit != time_units.rend(); ++unit) {
    const std::uint64_t thousandth = std::max<std::uint64_t>(unit->second / 1000, 1);
    if (ps >= unit->second && ps % thousandth == 0) return *unit;
  }
  return time_units.front();
}

/// Exact, without zeros at the end of the fraction.
std::string in_unit(std::uint64_t ps, const Unit& unit) {
  std::string text = std::to_string(ps / unit.second);
  if (std::uint64_t rest = ps % unit.second; rest != 0) {
    text += '.';
    for (std::uint64_t scale = unit.second / 10; rest != 0; scale /= 10) {
      text += static_cast<char>('0' + rest / scale);
      rest %= scale;
    }
  }
  return fmt::format("{} {}", text, unit.first);
}

}  // namespace

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) return parse_digits<16>(text.substr(2));
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'b' || text[1] == 'B')) return parse_digits<2>(text.substr(2));
  return parse_digits<10>(text);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  if (text.empty() || text.back() != 'B') return parse_unsigned(text);
  for (const auto& [unit, factor] : size_units) {
    if (!ends_with(text, unit)) continue;
    const auto number = parse_digits<10>(trim_right(text.substr(0, text.size() - unit.size())));
    return number ? multiply(*number, factor) : std::nullopt;
  }
  return parse_unsigned(text);
}

std::optional<double> parse_decimal(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool is_plain = text.find_first_not_of("0123456789.e-") == std::string_view::npos;
  if (text.empty() || !is_digit(text.front()) || !is_digit(text.back()) || !is_plain) return std::nullopt;
  double number = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Duration> parse_duration(std::string_view text) {
  const DurationReading reading = read_duration(text);
  return reading.problem == DurationProblem::none ? std::optional{reading.duration} : std::nullopt;
}

DurationProblem why_no_duration(std::string_view text) {
  return read_duration(text).problem;
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
  return in_unit(duration.picoseconds(), natural_unit(duration.picoseconds()));
}

std::pair<std::string, std::string> format_durations(Duration a, Duration b) {
  const Unit& of_a = natural_unit(a.picoseconds());
  const Unit& of_b = natural_unit(b.picoseconds());
  const bool a_decides = b.picoseconds() == 0 || (a.picoseconds() != 0 && of_a.second < of_b.second);
  const Unit& unit = a_decides ? of_a : of_b;
  return {in_unit(a.picoseconds(), unit), in_unit(b.picoseconds(), unit)};
}

std::string format_count(std::uint64_t count, std::string_view singular, std::string_view plural) {
  if (count == 1) return fmt::format("1 {}", singular);
  return plural.empty() ? fmt::format("{} {}s", count, singular) : fmt::format("{} {}", count, plural);
}

}  // namespace iommusim
