// SPDX-License-Identifier: Apache-2.0
#include "platforms/require_device.h"

#include "platforms/readers.h"
#include "platforms/spelling.h"

namespace iommusim::platforms {

const FunctionPlace& require_device(const std::vector<FunctionPlace>& functions, const std::string& name,
                                    const std::string& path, const Source& source) {
  const FunctionPlace* place = find_function(functions, name);
  if (place != nullptr && !is_port(place->function->kind)) return *place;
  std::vector<std::string_view> names;
  for (const FunctionPlace& other : functions)
    if (!is_port(other.function->kind)) names.emplace_back(other.function->name);
  const std::string expected =
      names.empty() ? "an endpoint (there are none)" : "an endpoint: " + suggest_word(name, names);
  source.fail(path, "'" + name + "'", expected);
}

}  // namespace iommusim::platforms
