// SPDX-License-Identifier: Apache-2.0
#include "app/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace iommusim::app {
namespace {

constexpr std::chrono::seconds silent{1};
constexpr std::chrono::milliseconds between{200};

std::string rate_text(double per_second) {
  if (per_second >= 100'000) return fmt::format("{:.2f} million/s", per_second / 1e6);
  return fmt::format("{:.{}f}/s", per_second, per_second < 10 ? 1 : 0);
}

}  // namespace

Progress::Progress(std::string_view things) : things_{things}, terminal_{isatty(STDERR_FILENO) != 0} {}

Progress::~Progress() {
  clear();
}

bool Progress::due() {
  if (!terminal_) return false;
  const Clock::time_point now = Clock::now();
  if (now - begin_ < silent || now - last_ < between) return false;
  last_ = now;
  return true;
}

void Progress::show(std::uint64_t done, double share, const std::string& more) {
  const double elapsed = std::chrono::duration<double>(Clock::now() - begin_).count();
  std::string text = fmt::format("{} {}, {}", done, things_, rate_text(static_cast<double>(done) / elapsed));
  if (!more.empty()) text += ", " + more;
  // More than everything: the file grew while it was read.
  share = std::min(share, 1.0);
  if (share > 0) text += fmt::format(", {:.0f} % done, {:.0f} s left", share * 100, elapsed * (1 / share - 1));
  fmt::print(stderr, "\r\033[K{}", text);
  static_cast<void>(std::fflush(stderr));
  shown_ = true;
}

void Progress::clear() {
  if (!shown_) return;
  fmt::print(stderr, "\r\033[K");
  static_cast<void>(std::fflush(stderr));
  shown_ = false;
}

double share_of(std::uint64_t done, std::uint64_t total) {
  return total == 0 ? -1.0 : static_cast<double>(done) / static_cast<double>(total);
}

traces::ReadProgress show_records(Progress& progress) {
  return [&progress](std::uint64_t records, const InputFile& file) {
    if (progress.due()) progress.show(records, share_read(file));
  };
}

}  // namespace iommusim::app
