// SPDX-License-Identifier: Apache-2.0
// Makes a trace of the DMA history in QEMU's log of its VT-d unit (`-trace 'vtd_*'`).
#pragma once

#include "traces/operation.h"
#include "traces/qemu_log.h"
#include "traces/read_progress.h"

#include <functional>
#include <string>

namespace iommusim::traces {

/// Reads `log` (plain or zstd) and gives `sink` one operation after the other, in constant memory for a
/// constant number of mapped pages. Interrupt messages are of the device in the source ID of their entry; entries are
/// written as they are found when a message uses them. docs/trace-format.md, "From a QEMU log", has the rules. Throws
/// InputError with the line for what is no vtd_ event or lacks a field.
QemuLogSummary import_qemu_vtd(const std::string& log, const QemuLogOptions& options,
                               const std::function<void(const TraceOperation&)>& sink,
                               const ReadProgress& progress = {});

}  // namespace iommusim::traces
