// SPDX-License-Identifier: Apache-2.0
// A YAML document as a plain tree in which every key and value knows its place in the file.
#pragma once

#include "base/input_error.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace iommusim::platforms {

struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, sequence, map };

  Kind kind = Kind::null;
  SourcePosition position;
  /// Scalars: the text, without quotes and escapes.
  std::string text;
  /// Set in children of a map.
  std::string key;
  SourcePosition key_position;
  /// Items of a sequence, or values of a map in the order of the file.
  std::vector<YamlNode> children;

  /// The value of `wanted` in a map; nullptr when absent or not a map.
  const YamlNode* find(std::string_view wanted) const;
  YamlNode* find(std::string_view wanted);
};

/// Larger files, deeper nesting and more nodes (aliases written out) are refused: no platform needs them, and
/// a few lines of aliases to aliases stand for more nodes than there is memory.
constexpr std::size_t yaml_byte_limit = std::size_t{4} << 20;
constexpr std::size_t yaml_depth_limit = 200;
constexpr std::size_t yaml_node_limit = 200'000;
constexpr std::size_t yaml_key_limit = 256;

/// Reads exactly one document; aliases become copies. `file_name` is used in messages only.
/// Throws InputError: not text, not YAML, a key twice in one map, above a limit.
YamlNode parse_yaml(const std::string& text, const std::string& file_name);

}  // namespace iommusim::platforms
