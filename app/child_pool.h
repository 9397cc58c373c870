// SPDX-License-Identifier: Apache-2.0
// Runs commands in child processes, several at once. SystemC elaborates once per process, so each simulation needs one,
// and a crash in it ends only itself.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace iommusim::app {

/// One command and where its output goes.
struct ChildCommand {
  /// The program and its arguments.
  std::vector<std::string> words;
  /// File for what it writes to standard output and standard error.
  std::string output;
};

struct ChildEnd {
  /// Meaningful without a signal.
  int exit_code = 0;
  /// The signal that ended it; 0: it ended by itself.
  int signal = 0;
  /// It ran longer than allowed, and was ended.
  bool timed_out = false;
  double seconds = 0;
};

/// The path of the running program.
std::string own_program();

/// "SIGSEGV (Segmentation fault)".
std::string signal_name(int signal);

struct ChildCalls {
  /// In the order of the commands, as soon as that command and all before it have ended.
  std::function<void(std::size_t index, const ChildEnd& end)> ended;
  /// Again and again while commands run.
  std::function<void()> waiting;
};

/// Runs all commands, at most `jobs` at a time, each for at most `limit`. What a call throws ends all that still run,
/// and comes through. Throws InputError when a process cannot be started.
void run_children(const std::vector<ChildCommand>& commands, std::size_t jobs, std::chrono::milliseconds limit,
                  const ChildCalls& calls);

}  // namespace iommusim::app
