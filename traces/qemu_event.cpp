// SPDX-License-Identifier: Apache-2.0
#include "traces/qemu_event.h"

#include "traces/quoted.h"

#include <fmt/format.h>

#include <charconv>

namespace iommusim::traces {

QemuEvent::QemuEvent(std::string_view line, const LineSource& lines)
    : line_{line}, name_{line.substr(0, line.find(' '))}, lines_{lines} {}

std::uint64_t QemuEvent::hexadecimal(std::string_view key) const {
  constexpr std::string_view expected = "a number with 0x";
  const std::string_view word = word_after(key, expected);
  if (word.substr(0, 2) != "0x") fail(key, expected);
  return digits(word.substr(2), ~std::uint64_t{0}, key, expected);
}

std::uint64_t QemuEvent::decimal(std::string_view key) const {
  constexpr std::string_view expected = "a number";
  const std::string_view word = word_after(key, expected);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) fail(key, expected);
  return value;
}

RequesterId QemuEvent::requester(std::string_view key) const {
  constexpr std::string_view expected = "bus:device.function";
  const std::string_view word = word_after(key, expected);
  const std::size_t colon = word.find(':');
  const std::size_t point = word.find('.');
  if (colon == std::string_view::npos || point == std::string_view::npos || point < colon) fail(key, expected);
  const auto bus = digits(word.substr(0, colon), 0xFF, key, expected);
  const auto device = digits(word.substr(colon + 1, point - colon - 1), 0x1F, key, expected);
  const auto function = digits(word.substr(point + 1), 0x7, key, expected);
  return {static_cast<std::uint8_t>(bus), static_cast<std::uint8_t>(device), static_cast<std::uint8_t>(function)};
}

bool QemuEvent::ends_with(std::string_view word) const {
  return line_.size() > word.size() && line_.substr(line_.size() - word.size()) == word &&
         line_[line_.size() - word.size() - 1] == ' ';
}

std::optional<std::string_view> QemuEvent::find_word_after(std::string_view key) const {
  std::size_t at = name_.size();
  while ((at = line_.find(key, at)) != std::string_view::npos) {
    const std::size_t end = at + key.size();
    const bool is_word = line_[at - 1] == ' ' && end < line_.size();
    if (is_word && (line_[end] == ' ' || line_[end] == '=' || line_[end] == ':')) {
      const std::string_view rest = line_.substr(end + 1);
      return rest.substr(0, rest.find_first_of(" ,)"));
    }
    at = end;
  }
  return std::nullopt;
}

std::string_view QemuEvent::word_after(std::string_view key, std::string_view expected) const {
  if (const auto word = find_word_after(key)) return *word;
  fail(key, expected);
}

std::uint64_t QemuEvent::digits(std::string_view text, std::uint64_t most, std::string_view key,
                                std::string_view expected) const {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) fail(key, expected);
  return value;
}

void QemuEvent::fail(std::string_view key, std::string_view expected) const {
  const auto word = find_word_after(key);
  throw InputError(lines_.position(), fmt::format("{}: found {} after \"{}\", expected {}", name_,
                                                  word ? quoted(*word) : "nothing", key, expected));
}

}  // namespace iommusim::traces
