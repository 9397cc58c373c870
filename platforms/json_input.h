// SPDX-License-Identifier: Apache-2.0
// JSON that people and other programs wrote, read with errors that name the file, the line and the place in
// the value.
#pragma once

#include "base/input_error.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iommusim::platforms {

/// A value inside a parsed text. Refers to the parsed text and its position, which must outlive it. Every
/// accessor throws InputError when the value is missing or of another kind.
class JsonValue {
 public:
  JsonValue(const nlohmann::json& value, const SourcePosition& position, std::string path = "");

  /// A member of an object.
  JsonValue at(std::string_view key) const;
  /// The same; nullopt when it is absent or null.
  std::optional<JsonValue> find(std::string_view key) const;
  std::vector<JsonValue> elements() const;

  /// An unsigned number, or text in one of the forms of parse_unsigned ("0x1000"), at most `most`.
  std::uint64_t number(std::uint64_t most = ~std::uint64_t{0}) const;
  std::string text() const;
  bool boolean() const;
  /// Text of two hexadecimal digits a byte.
  std::vector<std::uint8_t> bytes() const;

  const nlohmann::json& raw() const { return value_; }
  [[noreturn]] void fail(const std::string& message) const;
  /// The same: "found" this value, "expected …".
  [[noreturn]] void fail_kind(std::string_view expected) const;

 private:
  const nlohmann::json& value_;
  const SourcePosition& position_;
  /// "accesses[3].iova"
  std::string path_;
};

/// Parses `text`, which begins at `begin` (line 0 stands for the first line of a file). Throws InputError at
/// the byte that is wrong.
nlohmann::json parse_json(std::string_view text, const SourcePosition& begin);

/// Parses a whole file of at most 256 MiB, plain or zstd-compressed.
nlohmann::json read_json_file(const std::string& path);

}  // namespace iommusim::platforms
