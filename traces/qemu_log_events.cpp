// SPDX-License-Identifier: Apache-2.0
#include "traces/qemu_log_events.h"

#include "traces/line_source.h"
#include "traces/quoted.h"

#include <fmt/format.h>

#include <algorithm>

namespace iommusim::traces {
namespace {

bool belongs_to(const QemuEventFamily& family, std::string_view line) {
  return std::any_of(family.prefixes.begin(), family.prefixes.end(),
                     [line](std::string_view prefix) { return line.substr(0, prefix.size()) == prefix; });
}

}  // namespace

void for_each_qemu_event(const std::string& log, const QemuEventFamily& family, QemuLogSummary& summary,
                         const ReadProgress& progress, const std::function<void(const QemuEvent&)>& take) {
  LineSource lines{log};
  std::string_view line;
  while (lines.next(line)) {
    if (line.empty()) continue;
    ++summary.lines;
    if (!belongs_to(family, line))
      throw InputError(lines.position(1), fmt::format("found {}, expected {}", quoted(line.substr(0, line.find(' '))),
                                                      family.description));
    take(QemuEvent{line, lines});
    if (progress) progress(summary.lines, lines.file());
  }
}

}  // namespace iommusim::traces
