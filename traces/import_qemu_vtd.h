// SPDX-License-Identifier: Apache-2.0
// Makes a trace of the DMA history in QEMU's log of its VT-d unit (`-trace 'vtd_*'`).
#pragma once

#include "base/quantity.h"
#include "base/requester_id.h"
#include "traces/operation.h"
#include "traces/read_progress.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace iommusim::traces {

struct QemuVtdOptions {
  /// Names of devices by requester ID; the others are called "bb:dd.f".
  std::map<RequesterId, std::string> names;
  /// Also the interrupt messages, as raw writes of the device in the source ID of their entry, and what software did
  /// for them: the entries as they are found when a message uses them, interrupt remapping switched on and off.
  bool include_interrupts = false;
  /// The log has no times: operation n happens at n times this.
  Duration step = Duration::nanoseconds(1000);
};

/// What the log held and what became of it.
struct QemuVtdSummary {
  std::uint64_t lines = 0;
  /// Translations; each became one DMA.
  std::uint64_t translations = 0;
  /// Of these, the ones without a page entry (pass-through, or remapping off).
  std::uint64_t passed_through = 0;
  std::uint64_t maps = 0;
  std::uint64_t unmaps = 0;
  /// Pages found with other contents than before although nothing had invalidated them: unmapped and mapped
  /// again.
  std::uint64_t remaps = 0;
  /// Invalidations of page ranges, and of a whole domain or everything.
  std::uint64_t page_invalidations = 0;
  std::uint64_t wide_invalidations = 0;
  /// Interrupt messages, whether they were included or not.
  std::uint64_t interrupts = 0;
  /// Of these, the ones whose entry does not name its source: never included.
  std::uint64_t interrupts_without_source = 0;
  /// vtd_ events that tell nothing of the above.
  std::uint64_t ignored = 0;
};

/// Reads `log` (plain or zstd) and gives `sink` one operation after the other, in constant memory for a
/// constant number of mapped pages. docs/trace-format.md, "From a QEMU log", has the rules. Throws InputError
/// with the line for what is no vtd_ event or lacks a field.
QemuVtdSummary import_qemu_vtd(const std::string& log, const QemuVtdOptions& options,
                               const std::function<void(const TraceOperation&)>& sink,
                               const ReadProgress& progress = {});

}  // namespace iommusim::traces
