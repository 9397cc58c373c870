// SPDX-License-Identifier: Apache-2.0
#include "app/arguments.h"

#include "base/input_error.h"
#include "base/quantity.h"
#include "platforms/parse_bdf.h"

#include <fmt/format.h>

namespace iommusim::app {

std::uint64_t parse_number(const std::string& option, const std::string& text) {
  if (const auto number = parse_size(text)) return *number;
  throw InputError{{}, fmt::format("{}: found \"{}\", expected a number such as 0x1000 or 4KiB", option, text)};
}

RequesterId parse_requester(const std::string& option, const std::string& text) {
  // A bare number could be a device or 16 bits; "05.0" leaves its bus open.
  const bool has_bus = text.find(':') != std::string::npos;
  if (const auto id = platforms::parse_bdf(text); id && has_bus) return *id;
  throw InputError{{}, fmt::format("{}: found \"{}\", expected a requester ID such as 01:00.0", option, text)};
}

}  // namespace iommusim::app
