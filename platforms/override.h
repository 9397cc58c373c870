// SPDX-License-Identifier: Apache-2.0
// `--set path=value`: changes one value of a platform before it is read.
#pragma once

#include "platforms/yaml_tree.h"

#include <string>

namespace iommusim::platforms {

/// `path` is a key path (platforms/yaml_path.h), or "devices.NAME…" for a function wherever it hangs.
/// `value` is YAML: a word, a number, or [a, list] or {a: map}.
struct Override {
  std::string path;
  std::string value;
};

/// Splits "path=value" at the first '='. Throws InputError.
Override parse_override(const std::string& text);

/// Replaces or adds the value. Maps on the way are made; list items must exist. Throws InputError
/// "--set path=value: …", also for what the reader later finds wrong with the new value.
void apply_override(YamlNode& root, const Override& change);

}  // namespace iommusim::platforms
