// SPDX-License-Identifier: Apache-2.0
#include "base/config_finding.h"

#include <fmt/format.h>

#include <stdexcept>

namespace iommusim {

std::string to_string(const ConfigFinding& finding) {
  return fmt::format("{} = {}: must be {}", finding.field, finding.value, finding.allowed);
}

void refuse(const std::string& what, const std::vector<ConfigFinding>& findings) {
  if (findings.empty()) return;
  std::string all;
  for (const ConfigFinding& finding : findings)
    all += (all.empty() ? "" : "; ") + to_string(finding);
  throw std::invalid_argument(what + ": " + all);
}

}  // namespace iommusim
