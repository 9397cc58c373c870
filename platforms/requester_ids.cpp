// SPDX-License-Identifier: Apache-2.0
#include "platforms/requester_ids.h"

#include <algorithm>

namespace iommusim::platforms {

std::vector<RequesterId> requester_ids(const FunctionDescription& function, const FunctionDescription* parent) {
  std::vector<RequesterId> ids{function.id};
  const auto add = [&ids](RequesterId id) {
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  };
  for (const RequesterId alias : function.dma_alias)
    add(alias);
  if (parent != nullptr && parent->kind == FunctionKind::pcie_pci_bridge) add(RequesterId{parent->secondary_bus, 0, 0});
  return ids;
}

}  // namespace iommusim::platforms
