// SPDX-License-Identifier: Apache-2.0
// Names of devices that stand elsewhere in the file.
#pragma once

#include "platforms/functions.h"
#include "platforms/yaml_path.h"

namespace iommusim::platforms {

/// The endpoint called `name`; throws InputError at `path` when there is none. Ports cannot be meant.
const FunctionPlace& require_device(const std::vector<FunctionPlace>& functions, const std::string& name,
                                    const std::string& path, const Source& source);

}  // namespace iommusim::platforms
