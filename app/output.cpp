// SPDX-License-Identifier: Apache-2.0
#include "app/output.h"

#include "base/input_error.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <iostream>
#include <unistd.h>

namespace iommusim::app {
namespace {

[[noreturn]] void fail(int error) {
  throw InputError{{"standard output"}, fmt::format("cannot write: {}", std::strerror(error))};
}

}  // namespace

void print_text(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) fail(errno);
}

void flush_output() {
  errno = 0;
  if (!std::cout.flush() || std::fflush(stdout) != 0) fail(errno == 0 ? EIO : errno);
  // Of a write before, whose reason is forgotten.
  if (std::ferror(stdout) != 0) fail(EIO);
}

void occupy_standard_files() {
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(file, F_GETFD) >= 0) continue;  // NOLINT(cppcoreguidelines-pro-type-vararg): POSIX has no other
    // The wrong way round: using it must still fail.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg)
    static_cast<void>(open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

void refuse_to_overwrite(std::string_view option, const std::string& output, const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) {
    std::error_code not_both_there;
    if (std::filesystem::equivalent(output, input, not_both_there))
      throw InputError{{}, fmt::format("{}: found {}, which is read, expected another file", option, output)};
  }
}

}  // namespace iommusim::app
