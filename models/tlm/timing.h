// SPDX-License-Identifier: Apache-2.0
// From the pure layers' picoseconds to the kernel's time.
#pragma once

#include "base/quantity.h"

#include <systemc>

namespace iommusim::modules {

/// Exact at the default resolution of 1 ps, which the simulator keeps.
inline sc_core::sc_time to_sc_time(Duration duration) {
  return sc_core::sc_time::from_value(duration.picoseconds());
}
inline Duration to_duration(const sc_core::sc_time& time) {
  return Duration{time.value()};
}

}  // namespace iommusim::modules
