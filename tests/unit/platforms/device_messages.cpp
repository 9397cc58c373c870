// SPDX-License-Identifier: Apache-2.0
// Oracle: an invalidation that a device completes, and one whose device its unit does not reach (VT-d specification,
// 4.4 and 6.5.2.5).
#include "support/small_platforms.h"
#include "support/vtd_unit.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::test;

TEST_CASE("A unit that has a device in its scope invalidates the device's translations", "[platforms][ats]") {
  Booted platform{
      {"iommus=[{name: dmar0, type: vt-d, registers: 0xfed9_0000}, {name: storage, type: vt-d, "
       "registers: 0xfed8_0000, device_tlb: true, scope: [rp1]}]",
       "devices.ssd0.ats=true"}};
  const pcie::NodeIndex ssd = platform.node("ssd0");
  REQUIRE(platform.machine.iommu_of(ssd) == std::size_t{1});
  REQUIRE(platform.decoded("ssd0").ats_enabled);
  const auto page = Range<Iova>::from_size(Iova{0x10'0000}, page_4k);
  REQUIRE_NOTHROW(platform.system.unmap(ssd, *page, software::Invalidate::yes, Duration{}));
  CHECK(tests::vtd_unit(platform.machine, 1).statistics().device_invalidations == 1);
  CHECK_FALSE(platform.machine.iommu(1).waits_for_devices());
  CHECK(tests::vtd_unit(platform.machine).statistics().device_invalidations == 0);
}
