// SPDX-License-Identifier: Apache-2.0
// What every importer of a QEMU log does with its lines: each is an event of a family that the importer knows, and has
// a handler or is ignored.
#pragma once

#include "traces/qemu_event.h"
#include "traces/qemu_log.h"
#include "traces/read_progress.h"

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace iommusim::traces {

struct QemuEventFamily {
  /// An event's name begins with one of these.
  std::vector<std::string_view> prefixes;
  /// Completes "expected …" where none does.
  std::string_view description;
};

/// Gives `take` every line of `log` (plain or zstd) in turn and counts them in `summary`. Throws InputError with the
/// line for what is no event of `family`.
void for_each_qemu_event(const std::string& log, const QemuEventFamily& family, QemuLogSummary& summary,
                         const ReadProgress& progress, const std::function<void(const QemuEvent&)>& take);

template <class Importer>
struct QemuEventHandler {
  std::string_view event;
  void (Importer::*handle)(const QemuEvent&);
};

/// False: none of the handlers is for this event.
template <class Importer, std::size_t Count>
bool handle(Importer& importer, const std::array<QemuEventHandler<Importer>, Count>& handlers, const QemuEvent& event) {
  for (const QemuEventHandler<Importer>& handler : handlers) {
    if (handler.event != event.name()) continue;
    (importer.*handler.handle)(event);
    return true;
  }
  return false;
}

}  // namespace iommusim::traces
