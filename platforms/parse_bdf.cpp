// SPDX-License-Identifier: Apache-2.0
#include "platforms/parse_bdf.h"

#include <charconv>
#include <system_error>

namespace iommusim::platforms {
namespace {

/// All of `text` as 1 to `digits` hexadecimal digits.
std::optional<unsigned> parse_hex(std::string_view text, std::size_t digits) {
  unsigned value = 0;
  if (text.empty() || text.size() > digits) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<RequesterId> parse_bdf(std::string_view text) {
  unsigned bus = 0;
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    const auto given = parse_hex(text.substr(0, colon), 2);
    if (!given) return std::nullopt;
    bus = *given;
    text.remove_prefix(colon + 1);
  }
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto device = parse_hex(text.substr(0, dot), 2);
  const auto function = parse_hex(text.substr(dot + 1), 1);
  if (!device || !function || *device > 0x1F || *function > 7) return std::nullopt;
  return RequesterId{static_cast<std::uint8_t>(bus), static_cast<std::uint8_t>(*device),
                     static_cast<std::uint8_t>(*function)};
}

std::optional<VendorDevice> parse_vendor_device(std::string_view text) {
  if (text.size() != 9 || text[4] != ':') return std::nullopt;
  const auto vendor = parse_hex(text.substr(0, 4), 4);
  const auto device = parse_hex(text.substr(5), 4);
  if (!vendor || !device) return std::nullopt;
  return VendorDevice{static_cast<std::uint16_t>(*vendor), static_cast<std::uint16_t>(*device)};
}

}  // namespace iommusim::platforms
