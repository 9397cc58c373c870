// SPDX-License-Identifier: Apache-2.0
#include "platforms/json_input.h"

#include "base/input_file.h"
#include "base/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace iommusim::platforms {
namespace {

constexpr std::size_t largest_file = std::size_t{256} << 20;
/// Copying and printing a value recurse.
constexpr int deepest_value = 64;

std::string shortened(const nlohmann::json& value) {
  constexpr std::size_t longest = 60;
  // Bytes that are no UTF-8 must not make the message itself fail.
  std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() > longest) text = text.substr(0, longest) + "…";
  return text;
}

/// Where byte `offset` of `text` stands.
SourcePosition position_of(std::string_view text, std::size_t offset, const SourcePosition& begin) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t last_feed = before.rfind('\n');
  SourcePosition position = begin;
  position.line = std::max(begin.line, 1) + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  position.column = static_cast<int>(last_feed == std::string_view::npos ? offset : offset - last_feed - 1) + 1;
  return position;
}

}  // namespace

JsonValue::JsonValue(const nlohmann::json& value, const SourcePosition& position, std::string path)
    : value_{value}, position_{position}, path_{std::move(path)} {}

JsonValue JsonValue::at(std::string_view key) const {
  if (!value_.is_object()) fail_kind("an object");
  const auto member = value_.find(key);
  if (member == value_.end()) fail(fmt::format("\"{}\" is missing", key));
  return {*member, position_, path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key)};
}

std::optional<JsonValue> JsonValue::find(std::string_view key) const {
  if (!value_.is_object()) fail_kind("an object");
  const auto member = value_.find(key);
  if (member == value_.end() || member->is_null()) return std::nullopt;
  return at(key);
}

std::vector<JsonValue> JsonValue::elements() const {
  if (!value_.is_array()) fail_kind("an array");
  std::vector<JsonValue> elements;
  elements.reserve(value_.size());
  for (std::size_t i = 0; i < value_.size(); ++i)
    elements.emplace_back(value_[i], position_, fmt::format("{}[{}]", path_, i));
  return elements;
}

std::uint64_t JsonValue::number(std::uint64_t most) const {
  std::optional<std::uint64_t> number;
  if (value_.is_number_unsigned()) number = value_.get<std::uint64_t>();
  if (value_.is_string()) number = parse_unsigned(value_.get_ref<const std::string&>());
  if (!number) fail_kind("a number such as 4096 or \"0x1000\"");
  if (*number > most) fail_kind(fmt::format("a number of at most {}", format_hex(most)));
  return *number;
}

std::string JsonValue::text() const {
  if (!value_.is_string()) fail_kind("text");
  return value_.get<std::string>();
}

bool JsonValue::boolean() const {
  if (!value_.is_boolean()) fail_kind("true or false");
  return value_.get<bool>();
}

std::vector<std::uint8_t> JsonValue::bytes() const {
  const std::string digits = text();
  if (digits.size() % 2 != 0) fail_kind("two hexadecimal digits a byte");
  std::vector<std::uint8_t> bytes(digits.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char* first = digits.data() + 2 * i;
    const auto [end, error] = std::from_chars(first, first + 2, bytes[i], 16);
    if (error != std::errc{} || end != first + 2) fail_kind("two hexadecimal digits a byte");
  }
  return bytes;
}

void JsonValue::fail(const std::string& message) const {
  throw InputError(position_, path_.empty() ? message : fmt::format("{}: {}", path_, message));
}

void JsonValue::fail_kind(std::string_view expected) const {
  fail(fmt::format("found {}, expected {}", shortened(value_), expected));
}

nlohmann::json parse_json(std::string_view text, const SourcePosition& begin) {
  const auto refuse_depth = [&begin](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    if (depth > deepest_value) throw InputError(begin, fmt::format("values nested more than {} deep", deepest_value));
    return true;
  };
  try {
    return nlohmann::json::parse(text.begin(), text.end(), refuse_depth);
  } catch (const nlohmann::json::parse_error& error) {
    const std::size_t offset = error.byte == 0 ? 0 : error.byte - 1;
    throw InputError(position_of(text, offset, begin), "this is no JSON value");
  }
}

nlohmann::json read_json_file(const std::string& path) {
  const auto content = read_whole_file(path, largest_file);
  return parse_json(std::string{content.begin(), content.end()}, {path});
}

}  // namespace iommusim::platforms
