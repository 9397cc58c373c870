// SPDX-License-Identifier: Apache-2.0
// Oracle: the same change made in the sample's text by hand.
#include "platforms/override.h"

#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;

namespace {

Description with(const std::vector<std::string>& options) {
  std::vector<Override> overrides;
  for (const std::string& option : options)
    overrides.push_back(parse_override(option));
  return load_platform_text(test::sample, "sample.yaml", overrides);
}

}  // namespace

TEST_CASE("An override replaces a value by its key path", "[platforms]") {
  CHECK(with({"memory.dram.size=1GiB"}).memories[0].range.last == PhysAddr{0x3FFF'FFFF});
  CHECK(with({"memory.0.size=1GiB"}).memories[0].range.last == PhysAddr{0x3FFF'FFFF});
  CHECK(with({"host_bridges.pcie0.iommu=none", "software.domains=[]"}).host_bridges[0].iommu.empty());
}

TEST_CASE("An override adds a key that the file leaves out, with the maps around it", "[platforms]") {
  CHECK(with({"iommus.dmar0.iotlb.entries=0"}).iommus[0].vtd.iotlb_entries == 0);
  CHECK(with({"timing.memory.latency=95ns"}).timing.host.memory.latency == Duration::nanoseconds(95));
}

TEST_CASE("An override reaches a device by its name alone", "[platforms]") {
  const Description d = with({"devices.nic0.bus_master=false"});
  CHECK_FALSE(d.host_bridges[0].functions[0].children[0].bus_master);
}

TEST_CASE("Later overrides win, and values may be lists or maps", "[platforms]") {
  const Description d = with({"devices.rp0.acs=linux", "devices.rp0.acs={capable: [p2p-request-redirect]}"});
  REQUIRE(d.host_bridges[0].functions[0].acs.has_value());
  CHECK(d.host_bridges[0].functions[0].acs->capability.raw() == 0x04);
}

TEST_CASE("A bad override is reported as the option that it is", "[platforms]") {
  CHECK_THROWS_WITH(with({"memory.dram"}),
                    "--set memory.dram: found no path=value, expected as in "
                    "host_bridges.pcie0.iommu=none");
  CHECK_THROWS_WITH(with({"memory.sram.size=1GiB"}),
                    "--set memory.sram.size=1GiB: found no item 'sram' in the list, expected a name or an index of it");
  CHECK_THROWS_WITH(with({"platform.name=x"}),
                    "--set platform.name=x: found the value 'sample' before 'name', expected a map or a list");
  CHECK_THROWS_WITH(with({"devices.nic9.at=1.0"}),
                    "--set devices.nic9.at=1.0: found no device 'nic9', expected the name of one");
  CHECK_THROWS_WITH(with({"memory.dram.size=1GB"}),
                    "--set memory.dram.size=1GB: memory.dram.size: found '1GB', expected a size of at least 1 byte, as "
                    "in 4096, 0x1000 or 4KiB");
  CHECK_THROWS_WITH(
      with({"memory.dram.siz=1GiB"}),
      "--set memory.dram.siz=1GiB: memory.dram.siz: found an unknown key, expected 'size' (allowed: name, "
      "base or size)");
}
