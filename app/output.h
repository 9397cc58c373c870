// SPDX-License-Identifier: Apache-2.0
// Standard output that tells when nobody can read it: a report that is cut off must not look like a success.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iommusim::app {

/// Throws InputError when it cannot be written.
void print_text(std::string_view text);

template <class... Arguments>
void print(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  print_text(fmt::format(format, std::forward<Arguments>(arguments)...));
}

/// Writes out what is buffered. Throws InputError when that, or any output before, failed.
void flush_output();

/// Opens what the shell left closed of standard input, output and error, so that no other file takes its number.
void occupy_standard_files();

/// Throws InputError when the file that `option` names is one of `inputs`: they are read, not written.
void refuse_to_overwrite(std::string_view option, const std::string& output, const std::vector<std::string>& inputs);

}  // namespace iommusim::app
