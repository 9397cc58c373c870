// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace iommusim::traces {

/// `text` in quotation marks, as a person can read it in a message of one line: shortened, and bytes that are no
/// printable ASCII as \\xNN.
std::string quoted(std::string_view text);

}  // namespace iommusim::traces
