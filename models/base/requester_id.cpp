// SPDX-License-Identifier: Apache-2.0
#include "base/requester_id.h"

#include <fmt/format.h>

namespace iommusim {

std::string to_string(RequesterId id) {
  return fmt::format("{:02x}:{:02x}.{:x}", id.bus(), id.device(), id.function());
}

}  // namespace iommusim
