// SPDX-License-Identifier: Apache-2.0
// What is wrong with the configuration of a model.
#pragma once

#include <string>
#include <vector>

namespace iommusim {

/// A member of a configuration that no hardware can have.
struct ConfigFinding {
  /// The member's name, as in "tlb_entries".
  std::string field;
  std::string value;
  /// Completes "must be …" and "expected …".
  std::string allowed;
};

/// "tlb_entries = 3: must be …"
std::string to_string(const ConfigFinding& finding);

/// Throws std::invalid_argument with all of them; `what` begins the message. Returns when there are none.
void refuse(const std::string& what, const std::vector<ConfigFinding>& findings);

}  // namespace iommusim
