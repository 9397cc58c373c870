// SPDX-License-Identifier: Apache-2.0
// What the processors of the bench platform get when its devices signal their vectors.
#pragma once

#include "support/played_trace.h"

#include <catch2/catch.hpp>

namespace iommusim::tests {

/// The first interrupts are vector 0 of nic0 (0x41 for APIC 2) and vector 0 of disk0 (0x61 for APIC 1), and nothing is
/// where software did not mean it to be.
inline void expect_programmed_interrupts(PlayedTrace& run) {
  const auto& records = run.platform().machine().local_apic().records();
  REQUIRE(records.size() >= 2);
  CHECK(records[0].interrupt.vector == 0x41);
  CHECK(records[0].interrupt.destination == 2);
  CHECK(records[0].interrupt.source == run.platform().id("nic0"));
  CHECK(records[1].interrupt.vector == 0x61);
  CHECK(records[1].interrupt.destination == 1);
  CHECK(run.results().collisions_total == 0);
}

}  // namespace iommusim::tests
