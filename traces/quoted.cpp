// SPDX-License-Identifier: Apache-2.0
#include "traces/quoted.h"

#include <fmt/format.h>

namespace iommusim::traces {

std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::string quoted = "\"";
  for (const char c : text.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F)
      quoted.push_back(c);
    else
      quoted += fmt::format("\\x{:02x}", byte);
  }
  return quoted + (text.size() > longest ? "…\"" : "\"");
}

}  // namespace iommusim::traces
