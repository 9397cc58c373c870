// SPDX-License-Identifier: Apache-2.0
// What an importer of QEMU's logs makes of one, and the trace that it is to be.
#pragma once

#include "traces/operation.h"
#include "traces/qemu_log.h"
#include "traces/read_progress.h"
#include "traces/text_reader.h"
#include "traces/text_writer.h"

#include <functional>
#include <string>
#include <vector>

namespace iommusim::support {

using QemuImporter = traces::QemuLogSummary(const std::string& log, const traces::QemuLogOptions& options,
                                            const std::function<void(const traces::TraceOperation&)>& sink,
                                            const traces::ReadProgress& progress);

struct ImportedLog {
  /// Of the trace.
  std::vector<std::string> lines;
  traces::QemuLogSummary summary;
};

inline ImportedLog import(QemuImporter& importer, const std::string& log, const traces::QemuLogOptions& options) {
  ImportedLog imported;
  imported.summary = importer(
      log, options,
      [&](const traces::TraceOperation& operation) { imported.lines.push_back(traces::to_text(operation)); }, {});
  return imported;
}

/// The operations of a trace as the writer spells them.
inline std::vector<std::string> canonical_lines(const std::string& trace) {
  traces::TextReader reader{trace};
  std::vector<std::string> lines;
  traces::TraceOperation operation;
  while (reader.next(operation))
    lines.push_back(traces::to_text(operation));
  return lines;
}

inline traces::QemuLogOptions with_nvme0() {
  traces::QemuLogOptions options;
  options.names[RequesterId{1, 0, 0}] = "nvme0";
  return options;
}

}  // namespace iommusim::support
