// SPDX-License-Identifier: Apache-2.0
// SIGINT, SIGTERM and SIGHUP end the process as they always do, but leave no temporary file behind.
#pragma once

namespace iommusim::app {

/// From now on. Signals that are ignored stay so.
void clean_up_on_signals();

/// Thrown by throw_if_interrupted().
struct Interrupted {
  int signal = 0;
};

/// While one exists, a signal is only noted: its holder calls throw_if_interrupted(), and cleans up by unwinding. What
/// was noted too late for that takes effect in the destructor.
class DeferSignals {
 public:
  DeferSignals();
  ~DeferSignals();
  DeferSignals(const DeferSignals&) = delete;
  DeferSignals& operator=(const DeferSignals&) = delete;

  static void throw_if_interrupted();
};

/// Ends the process as the signal does by default.
[[noreturn]] void end_by(Interrupted interrupted);

}  // namespace iommusim::app
