// SPDX-License-Identifier: Apache-2.0
#include "platforms/yaml_reader.h"

#include "platforms/spelling.h"
#include "platforms/yaml_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cctype>

namespace iommusim::platforms {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F;
}

bool is_control_or_end(char c) {
  return is_control(c) || c == '\n';
}

/// Long texts are cut: a message is one line.
std::string shortened(const std::string& text) {
  constexpr std::size_t shown = 60;
  std::string line = text.substr(0, shown);
  std::replace_if(line.begin(), line.end(), is_control_or_end, ' ');
  return text.size() > shown ? line + "…" : line;
}

bool is_name(const std::string& text) {
  if (text.empty() || std::isalpha(static_cast<unsigned char>(text.front())) == 0) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'; });
}

std::string describe(const Bounds& bounds) {
  if (bounds.most == std::numeric_limits<std::uint64_t>::max())
    return fmt::format("a number, at least {}", bounds.least);
  return fmt::format("a number from {} to {}", bounds.least, bounds.most);
}

}  // namespace

std::string Value::found() const {
  switch (node_->kind) {
    case YamlNode::Kind::null: return "nothing";
    case YamlNode::Kind::sequence: return "a list";
    case YamlNode::Kind::map: return "a map";
    case YamlNode::Kind::scalar: break;
  }
  return "'" + shortened(node_->text) + "'";
}

void Value::reject(const std::string& expected) const {
  fail(found(), expected);
}

void Value::fail(const std::string& found, const std::string& expected) const {
  const std::string where = path_.empty() ? "" : path_ + ": ";
  throw InputError(node_->position, where + "found " + found + ", expected " + expected);
}

std::string Value::text() const {
  if (node_->kind != YamlNode::Kind::scalar) reject("text");
  // What an escape of a quoted scalar makes would reach terminals.
  if (std::any_of(node_->text.begin(), node_->text.end(), is_control)) reject("text without control characters");
  return node_->text;
}

std::string Value::name() const {
  if (node_->kind != YamlNode::Kind::scalar || !is_name(node_->text))
    reject("a name (a letter, then letters, digits, '-' or '_')");
  if (node_->text.size() > longest_name) reject("a name of at most " + std::to_string(longest_name) + " characters");
  if (node_->text == "none" || node_->text == "cpu") reject("another name, because this one is reserved");
  return node_->text;
}

bool Value::boolean() const {
  return choice<bool>({{"true", true}, {"false", false}});
}

std::uint64_t Value::number(Bounds bounds) const {
  const auto number = node_->kind == YamlNode::Kind::scalar ? parse_unsigned(node_->text) : std::nullopt;
  if (!number || *number < bounds.least || *number > bounds.most) reject(describe(bounds));
  return *number;
}

std::uint64_t Value::size() const {
  const auto bytes = node_->kind == YamlNode::Kind::scalar ? parse_size(node_->text) : std::nullopt;
  if (!bytes || *bytes == 0) reject("a size of at least 1 byte, as in 4096, 0x1000 or 4KiB");
  return *bytes;
}

std::uint64_t Value::address() const {
  const auto address = node_->kind == YamlNode::Kind::scalar ? parse_size(node_->text) : std::nullopt;
  if (!address) reject("an address, as in 0xfed9_0000 or 4GiB");
  return *address;
}

Duration Value::duration(Duration longest) const {
  const auto duration = node_->kind == YamlNode::Kind::scalar ? parse_duration(node_->text) : std::nullopt;
  if (!duration) reject("a duration with its unit, as in 110ns or 1.5us");
  if (*duration > longest) reject("at most " + format_duration(longest));
  return *duration;
}

double Value::decimal(double least, double below) const {
  const auto number = node_->kind == YamlNode::Kind::scalar ? parse_decimal(node_->text) : std::nullopt;
  if (!number || *number < least || *number >= below)
    reject(fmt::format("a decimal number from {} to below {}", least, below));
  return *number;
}

double Value::bytes_per_second() const {
  constexpr std::string_view unit = "GB/s";
  const std::string_view text = node_->kind == YamlNode::Kind::scalar ? std::string_view{node_->text} : "";
  const bool has_unit = text.size() > unit.size() && text.substr(text.size() - unit.size()) == unit;
  const auto number = has_unit ? parse_decimal(text.substr(0, text.size() - unit.size())) : std::nullopt;
  // Slower, the time of a TLP would be years.
  if (!number || *number < 0.001) reject("at least 0.001GB/s, as in 10.05GB/s");
  return *number * 1e9;
}

std::vector<Value> Value::items() const {
  if (node_->kind != YamlNode::Kind::sequence) reject("a list");
  std::vector<Value> items;
  for (std::size_t i = 0; i < node_->children.size(); ++i) {
    const YamlNode& item = node_->children[i];
    items.emplace_back(item, join_path(path_, item_step(item, i)));
  }
  return items;
}

std::size_t Value::word_among(const std::vector<std::string_view>& words) const {
  if (node_->kind != YamlNode::Kind::scalar) reject(list_words(words));
  const auto word = std::find(words.begin(), words.end(), node_->text);
  if (word != words.end()) return static_cast<std::size_t>(word - words.begin());
  reject(suggest_word(node_->text, words));
}

Map::Map(const Value& value, std::initializer_list<std::string_view> keys) : value_{value}, keys_{keys} {
  if (!value.is_map()) value.reject("a map with the keys " + list_words(keys_));
  for (const YamlNode& child : value.node().children) {
    if (std::find(keys_.begin(), keys_.end(), child.key) != keys_.end()) continue;
    throw InputError(child.key_position,
                     fmt::format("{}: found an unknown key, expected {}", join_path(value.path(), shortened(child.key)),
                                 suggest_word(child.key, keys_)));
  }
}

std::optional<Value> Map::optional(std::string_view key) const {
  assert(std::find(keys_.begin(), keys_.end(), key) != keys_.end());
  const YamlNode* child = value_.node().find(key);
  if (child == nullptr) return std::nullopt;
  return Value{*child, join_path(value_.path(), key)};
}

Value Map::required(std::string_view key, const std::string& expected) const {
  auto child = optional(key);
  if (child) return *child;
  Value{value_.node(), join_path(value_.path(), key)}.fail("nothing", expected);
}

std::string Map::text(std::string_view key) const {
  const auto child = optional(key);
  return child ? child->text() : std::string{};
}

bool Map::boolean(std::string_view key, bool otherwise) const {
  const auto child = optional(key);
  return child ? child->boolean() : otherwise;
}

unsigned Map::number(std::string_view key, unsigned otherwise, Bounds bounds) const {
  const auto child = optional(key);
  return child ? child->number_as<unsigned>(bounds) : otherwise;
}

Duration Map::duration(std::string_view key, Duration otherwise) const {
  const auto child = optional(key);
  return child ? child->duration() : otherwise;
}

std::vector<Value> Map::items(std::string_view key) const {
  const auto child = optional(key);
  return child ? child->items() : std::vector<Value>{};
}

}  // namespace iommusim::platforms
