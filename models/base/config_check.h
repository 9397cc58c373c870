// SPDX-License-Identifier: Apache-2.0
// Collects what is wrong with a configuration, rule by rule.
#pragma once

#include "base/config_finding.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace iommusim {

class ConfigCheck {
 public:
  /// Notes a finding when `is_right` does not hold.
  template <class T>
  void require(bool is_right, std::string_view field, const T& value, std::string_view allowed) {
    if (!is_right) findings_.push_back({std::string{field}, fmt::format("{}", value), std::string{allowed}});
  }
  void require_between(std::string_view field, unsigned value, unsigned first, unsigned last) {
    require(value >= first && value <= last, field, value, fmt::format("{} to {}", first, last));
  }
  std::vector<ConfigFinding> take() { return std::move(findings_); }

 private:
  std::vector<ConfigFinding> findings_;
};

}  // namespace iommusim
