// SPDX-License-Identifier: Apache-2.0
// Tells text from binary data before a parser is confused by it.
#pragma once

#include <string>

namespace iommusim::platforms {

/// Throws InputError at the first byte that is neither UTF-8 nor a usual control character (tab, line feed,
/// carriage return).
void require_plain_text(const std::string& text, const std::string& file_name);

}  // namespace iommusim::platforms
