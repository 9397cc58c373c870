// SPDX-License-Identifier: Apache-2.0
#include "platforms/functions.h"
#include "platforms/validate.h"
#include "platforms/virtual_functions.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

namespace iommusim::platforms {
namespace {

using Taken = std::map<std::pair<std::uint16_t, RequesterId>, std::string>;

/// Routing IDs have 16 bits: what carries beyond the last bus would begin again at bus 0.
void check_range(const FunctionPlace& place, const Source& source) {
  const SriovDescription& sriov = *place.function->sriov;
  const unsigned last = place.function->id.raw() + sriov.first_vf_offset + (sriov.total_vfs - 1U) * sriov.vf_stride;
  if (last > 0xFFFF)
    source.fail(place.path + ".sriov.total_vfs", fmt::format("a last virtual function with routing ID {:#x}", last),
                "routing IDs up to 0xffff (first_vf_offset and vf_stride are added to the physical function's)");
}

void check_ids(const FunctionPlace& place, Taken& taken, const Source& source) {
  for (const FunctionDescription& function : place.function->virtual_functions) {
    const auto [other, added] = taken.emplace(std::pair{place.bridge->segment, function.id}, function.name);
    if (!added)
      source.fail(place.path + ".sriov.first_vf_offset",
                  "'" + function.name + "' at " + to_string(function.id) + ", which '" + other->second + "' has",
                  "virtual functions with routing IDs of their own");
  }
}

void check_function_groups(const FunctionPlace& place, const Source& source) {
  const FunctionDescription& function = *place.function;
  if (function.ari && function.ari->acs_function_groups && function.id.devfn() != 0)
    source.fail(place.path + ".ari.acs_function_groups", fmt::format("function number {}", function.id.devfn()),
                "it in function 0, which speaks for its device");
}

}  // namespace

void validate_virtual_functions(const Description& description, const Source& source) {
  const std::vector<FunctionPlace> functions = all_functions(description);
  Taken taken;
  std::set<std::string> names;
  for (const FunctionPlace& place : functions) {
    if (place.function->kind == FunctionKind::virtual_function) continue;
    taken.emplace(std::pair{place.bridge->segment, place.function->id}, place.function->name);
    names.insert(place.function->name);
  }
  for (const FunctionPlace& place : functions) {
    check_function_groups(place, source);
    if (!place.function->sriov) continue;
    check_range(place, source);
    check_ids(place, taken, source);
    for (const FunctionDescription& function : place.function->virtual_functions)
      if (names.count(function.name) != 0)
        source.fail(place.path + ".sriov.num_vfs", "a virtual function '" + function.name + "'",
                    "names that no other device has");
  }
}

}  // namespace iommusim::platforms
