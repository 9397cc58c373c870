// SPDX-License-Identifier: Apache-2.0
// Which interrupt of which redistributor an event of a device is (GICv3 architecture, 5.2).
#pragma once

#include "base/rule.h"
#include "interrupts/gic/its_tables.h"

#include <cstdint>

namespace iommusim::gic {

struct EventTranslation {
  /// nullptr: translated. Otherwise why not.
  const Rule* dropped = nullptr;
  std::uint32_t intid = 0;
  std::uint32_t collection = 0;
  /// RDbase of the collection.
  std::uint64_t target = 0;
};

EventTranslation translate_event(const ItsTables& tables, std::uint32_t device, std::uint32_t event);

}  // namespace iommusim::gic
