// SPDX-License-Identifier: Apache-2.0
#include "app/interruption.h"

#include "base/temporary_files.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <exception>

namespace iommusim::app {
namespace {

constexpr std::array<int, 3> ending_signals{SIGINT, SIGTERM, SIGHUP};

// Global, for a signal handler is given nothing.
volatile std::sig_atomic_t deferred = 0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
volatile std::sig_atomic_t noted = 0;     // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

/// Ends this process as the signal does by itself. In a handler, where it is blocked, as soon as that returns.
void end_as_by_default(int signal) {
  static_cast<void>(std::signal(signal, SIG_DFL));
  static_cast<void>(raise(signal));
}

void end(int signal) {
  if (deferred != 0) {
    noted = signal;
    return;
  }
  remove_temporary_files();
  end_as_by_default(signal);
}

}  // namespace

void clean_up_on_signals() {
  for (const int signal : ending_signals) {
    struct sigaction action {};
    if (sigaction(signal, nullptr, &action) != 0 || action.sa_handler == SIG_IGN) continue;
    action = {};
    action.sa_handler = end;
    action.sa_flags = SA_RESTART;
    sigaction(signal, &action, nullptr);
  }
}

DeferSignals::DeferSignals() {
  deferred = 1;
}

DeferSignals::~DeferSignals() {
  deferred = 0;
  if (noted != 0 && std::uncaught_exceptions() == 0) static_cast<void>(raise(noted));
}

void DeferSignals::throw_if_interrupted() {
  if (noted != 0) throw Interrupted{noted};
}

void end_by(Interrupted interrupted) {
  remove_temporary_files();
  end_as_by_default(interrupted.signal);
  std::abort();
}

}  // namespace iommusim::app
