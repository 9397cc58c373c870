// SPDX-License-Identifier: Apache-2.0
#include "app/progress.h"

#include <fmt/format.h>

#include <cstdio>
#include <unistd.h>

namespace iommusim::app {

Progress::Progress(std::function<double()> share_done)
    : share_done_{std::move(share_done)}, terminal_{isatty(STDERR_FILENO) != 0} {}

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "\r\033[K");
}

void Progress::update(std::uint64_t operations, Duration simulated) {
  if (!terminal_) return;
  const Clock::time_point now = Clock::now();
  const std::chrono::duration<double> elapsed = now - begin_;
  if (elapsed.count() < 1.0 || now - last_ < std::chrono::milliseconds{200}) return;
  last_ = now;
  shown_ = true;
  const double share = share_done_();
  std::string rest;
  if (share > 0) rest = fmt::format(", {:.0f} % done, {:.0f} s left", share * 100, elapsed.count() * (1 / share - 1));
  fmt::print(stderr, "\r\033[K{} operations, {:.2f} million/s, {} simulated{}", operations,
             static_cast<double>(operations) / elapsed.count() / 1e6, format_duration(simulated), rest);
  static_cast<void>(std::fflush(stderr));
}

}  // namespace iommusim::app
