// SPDX-License-Identifier: Apache-2.0
#include "platforms/text_check.h"

#include "base/input_error.h"

#include <fmt/format.h>

#include <cstddef>

namespace iommusim::platforms {
namespace {

/// Bytes of the UTF-8 sequence that `lead` begins (RFC 3629, section 4); 0: none.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

bool is_plain(unsigned char c) {
  return c >= 0x20 ? c != 0x7F : c == '\t' || c == '\n' || c == '\r';
}

/// Bytes of the well-formed character at `at`; 0: none there.
std::size_t character_length(const std::string& text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = is_plain(lead) ? sequence_length(lead) : 0;
  if (length > text.size() - at) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80) return 0;
  return length;
}

}  // namespace

void require_plain_text(const std::string& text, const std::string& file_name) {
  SourcePosition here{file_name, 1, 1};
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text, at);
    if (length == 0)
      throw InputError(here, fmt::format("found the byte 0x{:02x}, expected UTF-8 text",
                                         static_cast<unsigned>(static_cast<unsigned char>(text[at]))));
    here.column += static_cast<int>(length);
    if (text[at] == '\n') here = {file_name, here.line + 1, 1};
    at += length;
  }
}

}  // namespace iommusim::platforms
