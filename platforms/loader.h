// SPDX-License-Identifier: Apache-2.0
// Reads a platform's YAML file. docs/platform-format.md is the reference of the format.
#pragma once

#include "platforms/description.h"
#include "platforms/override.h"

#include <string>
#include <vector>

namespace iommusim::platforms {

/// The platform of a file: checked, with buses numbered and bridge windows derived. `overrides` are applied
/// to the file's values first, in their order. Throws InputError, with "file:line:column: key path: found X,
/// expected Y" for everything that is in the file.
Description load_platform(const std::string& path, const std::vector<Override>& overrides = {});

/// The same from text; `file_name` becomes Description::file and stands in messages.
Description load_platform_text(const std::string& text, const std::string& file_name,
                               const std::vector<Override>& overrides = {});

}  // namespace iommusim::platforms
