// SPDX-License-Identifier: Apache-2.0
// Makes a trace of the DMA history in QEMU's log of its SMMUv3 and ITS (`-trace 'smmu*' -trace 'gicv3_its*'`).
#pragma once

#include "traces/operation.h"
#include "traces/qemu_log.h"
#include "traces/read_progress.h"

#include <functional>
#include <string>

namespace iommusim::traces {

/// Reads `log` (plain or zstd) and gives `sink` one operation after the other, in constant memory for a
/// constant number of mapped pages. StreamIDs are requester IDs. docs/trace-format.md, "From a QEMU log", has the
/// rules. Throws InputError with the line for what is no event of an SMMU or ITS or lacks a field.
QemuLogSummary import_qemu_smmuv3(const std::string& log, const QemuLogOptions& options,
                                  const std::function<void(const TraceOperation&)>& sink,
                                  const ReadProgress& progress = {});

}  // namespace iommusim::traces
