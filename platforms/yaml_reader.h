// SPDX-License-Identifier: Apache-2.0
// Typed reading of a YAML tree. Every misfit is one InputError: "file:line:column: key path: found X,
// expected Y".
#pragma once

#include "base/address.h"
#include "base/quantity.h"
#include "base/range.h"
#include "platforms/yaml_tree.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iommusim::platforms {

/// Inclusive bounds of a number.
struct Bounds {
  std::uint64_t least = 0;
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
};

constexpr Duration a_day = Duration::milliseconds(std::uint64_t{24} * 60 * 60 * 1000);

/// A word of the file and what it stands for.
template <class E>
struct Choice {
  std::string_view word;
  E value;
};

/// One value of the file, with the key path that leads to it. Refers to the tree, which must outlive it.
class Value {
 public:
  Value(const YamlNode& node, std::string path) : node_{&node}, path_{std::move(path)} {}

  const YamlNode& node() const { return *node_; }
  const std::string& path() const { return path_; }
  bool is_list() const { return node_->kind == YamlNode::Kind::sequence; }
  bool is_map() const { return node_->kind == YamlNode::Kind::map; }

  std::string text() const;
  /// A letter, then letters, digits, '-' and '_'. "none" and "cpu" mean something else and are no names.
  std::string name() const;
  bool boolean() const;
  std::uint64_t number(Bounds bounds) const;
  /// As number(), for members that are smaller than 64 bits.
  template <class T>
  T number_as(Bounds bounds) const {
    return static_cast<T>(number(bounds));
  }
  /// Bytes, at least 1.
  std::uint64_t size() const;
  std::uint64_t address() const;
  /// Bounded, as sums of times are not checked for overflow.
  Duration duration(Duration longest = a_day) const;
  /// A decimal number, as in 0.055. `least` <= number < `below`.
  double decimal(double least, double below) const;
  /// As in 10.05GB/s; at least 0.001GB/s.
  double bytes_per_second() const;
  std::vector<Value> items() const;

  template <class E>
  E choice(const std::vector<Choice<E>>& choices) const {
    std::vector<std::string_view> words;
    words.reserve(choices.size());
    for (const auto& [word, value] : choices)
      words.push_back(word);
    return choices[word_among(words)].value;
  }

  /// The value as a person would name it: "'4KB'", "a list", "a map", "nothing".
  std::string found() const;
  /// Throws what() "…: found <this value>, expected <expected>".
  [[noreturn]] void reject(const std::string& expected) const;
  [[noreturn]] void fail(const std::string& found, const std::string& expected) const;

 private:
  /// Index of the scalar in `words`.
  std::size_t word_among(const std::vector<std::string_view>& words) const;

  const YamlNode* node_;
  std::string path_;
};

/// A map of which all keys are known beforehand. Reading a key that was not named here is a defect of the
/// reader.
class Map {
 public:
  /// Throws InputError when `value` is no map or has a key beside `keys`.
  Map(const Value& value, std::initializer_list<std::string_view> keys);

  const Value& value() const { return value_; }
  bool has(std::string_view key) const { return optional(key).has_value(); }
  std::optional<Value> optional(std::string_view key) const;
  /// `expected` completes "found nothing, expected …".
  Value required(std::string_view key, const std::string& expected) const;

  /// Optional keys with what stands there otherwise.
  std::string text(std::string_view key) const;
  bool boolean(std::string_view key, bool otherwise) const;
  unsigned number(std::string_view key, unsigned otherwise, Bounds bounds) const;
  Duration duration(std::string_view key, Duration otherwise) const;
  /// No items when the key is absent.
  std::vector<Value> items(std::string_view key) const;

 private:
  Value value_;
  std::vector<std::string_view> keys_;
};

/// The range that the keys `base` and `size` of a map give; above 2^64 is an error.
template <class A>
Range<A> read_range(const Map& map) {
  const std::uint64_t base = map.required("base", "an address").address();
  const Value size = map.required("size", "a size");
  const auto range = Range<A>::from_size(A{base}, size.size());
  if (!range) size.reject("at most 2^64 bytes together with base " + format_hex(base));
  return *range;
}

/// "0x…-0x…", both ends inclusive.
template <class A>
std::string format_range(const Range<A>& range) {
  return format_hex(range.first.value()) + "-" + format_hex(range.last.value());
}

}  // namespace iommusim::platforms
