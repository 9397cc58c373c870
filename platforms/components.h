// SPDX-License-Identifier: Apache-2.0
// Names of a platform's parts, by ComponentId.
#pragma once

#include "base/component.h"

#include <optional>
#include <string>
#include <vector>

namespace iommusim::platforms {

class Components {
 public:
  ComponentId add(std::string name) {
    names_.push_back(std::move(name));
    return static_cast<ComponentId>(names_.size() - 1);
  }

  /// "?" for ComponentId::none.
  const std::string& name(ComponentId id) const {
    static const std::string nobody = "?";
    return index_of(id) < names_.size() ? names_[index_of(id)] : nobody;
  }

 private:
  std::vector<std::string> names_;
};

}  // namespace iommusim::platforms
