// SPDX-License-Identifier: Apache-2.0
// Files that must not outlive a process that a signal ends.
#pragma once

#include <csignal>

namespace iommusim {

/// No signal is delivered while one exists.
class HoldSignals {
 public:
  HoldSignals();
  ~HoldSignals();
  HoldSignals(const HoldSignals&) = delete;
  HoldSignals& operator=(const HoldSignals&) = delete;

 private:
  sigset_t before_{};
};

/// `path` is removed by remove_temporary_files(). The pointer must stay valid until forget_temporary_file(). When very
/// many are noted at once, the last ones are not.
void note_temporary_file(const char* path);
void forget_temporary_file(const char* path);

/// Callable in a signal handler.
void remove_temporary_files() noexcept;

}  // namespace iommusim
