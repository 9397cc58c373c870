// SPDX-License-Identifier: Apache-2.0
#include "platforms/functions.h"

#include <algorithm>

namespace iommusim::platforms {
namespace {

void collect(const std::vector<FunctionDescription>& functions, const FunctionPlace& above,
             std::vector<FunctionPlace>& all) {
  for (const FunctionDescription& function : functions) {
    const FunctionPlace place{&function, above.bridge, above.function, above.root != nullptr ? above.root : &function,
                              above.path + ".devices." + function.name};
    all.push_back(place);
    for (const FunctionDescription& virtual_function : function.virtual_functions)
      all.push_back({&virtual_function, above.bridge, above.function, place.root, place.path + ".sriov"});
    collect(function.children, place, all);
  }
}

}  // namespace

std::vector<FunctionPlace> all_functions(const Description& description) {
  std::vector<FunctionPlace> all;
  for (const HostBridgeDescription& bridge : description.host_bridges)
    collect(bridge.functions, {nullptr, &bridge, nullptr, nullptr, item_path("host_bridges", bridge.name)}, all);
  return all;
}

const FunctionPlace* find_function(const std::vector<FunctionPlace>& functions, const std::string& name) {
  for (const FunctionPlace& place : functions)
    if (place.function->name == name) return &place;
  return nullptr;
}

const IommuDescription* iommu_of(const Description& description, const FunctionPlace& place) {
  const IommuDescription* of_bridge = nullptr;
  for (const IommuDescription& iommu : description.iommus) {
    const auto& scope = iommu.scope;
    if (std::find(scope.begin(), scope.end(), place.root->name) != scope.end()) return &iommu;
    if (iommu.name == place.bridge->iommu) of_bridge = &iommu;
  }
  return of_bridge;
}

std::string item_path(const std::string& list, const std::string& name) {
  return list + "." + name;
}

}  // namespace iommusim::platforms
