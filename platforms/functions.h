// SPDX-License-Identifier: Apache-2.0
// All functions of a platform in one list, each with its surroundings and its key path.
#pragma once

#include "platforms/description.h"

#include <string>
#include <vector>

namespace iommusim::platforms {

/// Pointers into the description that was asked.
struct FunctionPlace {
  const FunctionDescription* function = nullptr;
  const HostBridgeDescription* bridge = nullptr;
  /// The port above; nullptr on a root bus.
  const FunctionDescription* parent = nullptr;
  /// The function on the root bus through which its requests come; itself on a root bus.
  const FunctionDescription* root = nullptr;
  /// "host_bridges.pcie0.devices.rp0.devices.nic0".
  std::string path;
};

/// Virtual functions follow their physical function, at the path of its `sriov`. Ports come before what is below them,
/// bridges and siblings in the order of the file.
std::vector<FunctionPlace> all_functions(const Description& description);

/// The function with this name, or nullptr.
const FunctionPlace* find_function(const std::vector<FunctionPlace>& functions, const std::string& name);

/// The IOMMU that requests of the function pass, or nullptr.
const IommuDescription* iommu_of(const Description& description, const FunctionPlace& place);

/// Key path of the item `name` of a list at the top of the file.
std::string item_path(const std::string& list, const std::string& name);

}  // namespace iommusim::platforms
