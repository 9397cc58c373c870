// SPDX-License-Identifier: Apache-2.0
// Key paths: "host_bridges.pcie0.devices.rp0.acs" names one value of a platform file. Items of a list go by
// their `name`, or by their index from 0 when they have none.
#pragma once

#include "platforms/yaml_tree.h"

#include <string>
#include <string_view>
#include <vector>

namespace iommusim::platforms {

/// "a.b" and "c": "a.b.c"; an empty `path` is the whole document.
std::string join_path(const std::string& path, std::string_view step);
std::vector<std::string> split_path(std::string_view path);

/// Longer names are refused.
constexpr std::size_t longest_name = 100;

/// What the item at `index` of a list is called in paths: its name, unless none could be that long.
std::string item_step(const YamlNode& item, std::size_t index);

/// One step down from a map or list; nullptr when there is nothing of that name.
const YamlNode* child_at(const YamlNode& node, std::string_view step);
YamlNode* child_at(YamlNode& node, std::string_view step);

/// The value at `path`, or nullptr.
const YamlNode* find_path(const YamlNode& root, std::string_view path);

/// The values of a file by key path, for checks that come after reading.
class Source {
 public:
  explicit Source(const YamlNode& root) : root_{root} {}

  bool has(const std::string& path) const { return find_path(root_, path) != nullptr; }
  /// The scalar at `path`; empty when absent.
  std::string text(const std::string& path) const;
  /// Place of the value at `path`, or of the innermost value around it.
  SourcePosition position(const std::string& path) const;
  /// Throws InputError "file:line:column: path: found …, expected …".
  [[noreturn]] void fail(const std::string& path, const std::string& found, const std::string& expected) const;

 private:
  const YamlNode& root_;
};

}  // namespace iommusim::platforms
