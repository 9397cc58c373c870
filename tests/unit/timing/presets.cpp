// SPDX-License-Identifier: Apache-2.0
// Oracle: the rule of docs/calibration.md, by hand: the root complex is the base latency less 296.4 ns (device 216.4,
// cache 80), a walk every 48 ns of penalty.
#include "timing/presets.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::timing;

TEST_CASE("A host follows from its base latency and its penalty alone", "[timing]") {
  const HostParameters broadwell = host(HostPreset::broadwell);
  CHECK(broadwell.root_complex.latency == Duration{(557'000 - 296'400) / 2});
  CHECK(broadwell.iommu.walk + broadwell.iommu.walk_read == Duration::nanoseconds(288));
  CHECK(broadwell.iommu.walkers == 6);
  CHECK(host(HostPreset::sandy_bridge).iommu.walkers == 5);
  CHECK(host(HostPreset::haswell).iommu.walkers == 5);
  CHECK(host(HostPreset::haswell_2637).iommu.walkers == 6);
}

TEST_CASE("Only the oldest host walks once for each region", "[timing]") {
  for (const auto& [name, preset] : host_presets) {
    INFO(name);
    CHECK(host(preset).iommu.one_walk_per_region == (preset == HostPreset::sandy_bridge));
  }
}
