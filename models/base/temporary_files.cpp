// SPDX-License-Identifier: Apache-2.0
#include "base/temporary_files.h"

#include <array>
#include <atomic>
#include <unistd.h>

namespace iommusim {
namespace {

using Slot = std::atomic<const char*>;
static_assert(Slot::is_always_lock_free, "a signal handler reads the slots");

// More than any command writes at a time. Global, for a signal handler is given nothing.
std::array<Slot, 16> slots{};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

}  // namespace

HoldSignals::HoldSignals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before_);
}

HoldSignals::~HoldSignals() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void note_temporary_file(const char* path) {
  for (Slot& slot : slots) {
    const char* free = nullptr;
    if (slot.compare_exchange_strong(free, path)) return;
  }
}

void forget_temporary_file(const char* path) {
  for (Slot& slot : slots) {
    const char* mine = path;
    if (slot.compare_exchange_strong(mine, nullptr)) return;
  }
}

void remove_temporary_files() noexcept {
  for (const Slot& slot : slots)
    if (const char* path = slot.load()) unlink(path);
}

}  // namespace iommusim
