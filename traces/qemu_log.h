// SPDX-License-Identifier: Apache-2.0
// What the importers of QEMU's logs have in common: what they are told, and what they tell of a log.
#pragma once

#include "base/quantity.h"
#include "base/requester_id.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace iommusim::traces {

struct QemuLogOptions {
  /// Names of devices by requester ID; the others are called "bb:dd.f".
  std::map<RequesterId, std::string> names;
  /// Also the interrupt messages, as raw writes, and what software did for them.
  bool include_interrupts = false;
  /// Not empty: the vectors that software of the platform sets up by itself, by requester ID. Their messages of an
  /// SMMUv3's log become signals of the vector, and nothing else of interrupts is included: no other message, no
  /// doorbell's page.
  std::map<RequesterId, std::set<unsigned>> vectors;
  /// The log has no times: operation n happens at n times this.
  Duration step = Duration::nanoseconds(1000);
};

/// What the log held and what became of it.
struct QemuLogSummary {
  std::uint64_t lines = 0;
  /// Translations; each became one DMA, or is an interrupt message on its way.
  std::uint64_t translations = 0;
  /// Of these, the ones without a page entry (pass-through, or the unit off).
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
  /// Of these, the ones of which the log does not tell who sent them: never included.
  std::uint64_t interrupts_without_source = 0;
  /// Of all, the ones that software of the platform sets no vector up for: not included either.
  std::uint64_t interrupts_without_vector = 0;
  /// Events of the unit that tell nothing of the above.
  std::uint64_t ignored = 0;
};

}  // namespace iommusim::traces
