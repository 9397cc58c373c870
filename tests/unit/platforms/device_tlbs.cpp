// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 10.5.1.3.
#include "pcie/capability_list.h"
#include "platforms/loader.h"
#include "platforms/machine_bus.h"
#include "platforms/operating_system.h"
#include "support/source_dir.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;

TEST_CASE("What a device knew before ATS was switched off it does not know afterwards", "[platforms][ats]") {
  const Description description = load_platform(tests::source_dir() + "/platforms/device-tlb-stale.yaml");
  Machine machine{description};
  MachineBus bus{machine};
  OperatingSystem system{machine, bus};
  system.boot();
  const Device& device = *machine.find_device("npu0");
  const pcie::Node& function = machine.topology()[device.node];
  const auto ats = pcie::find_extended_capability(pcie::reader_of(function.config),
                                                  pcie::ExtendedCapabilityId::address_translation_services);
  REQUIRE(ats.has_value());
  REQUIRE(function.decoded.ats_enabled);
  iommu::AddressTranslation completion;
  completion.set<iommu::AddressTranslation::R>(1);
  Access access;
  access.requester = function.requester;
  access.address = BusAddr{0x9000'0000};
  device.tlb->fill(access, completion);
  REQUIRE(device.tlb->size() == 1);

  // ATS Control, its Smallest Translation Unit only; then Enable.
  constexpr unsigned control = 0x06;
  bus.config_write(0, function.requester, *ats + control, 2, 0x8000);
  CHECK(device.tlb->size() == 1);
  bus.config_write(0, function.requester, *ats + control, 2, 0x0000);
  bus.config_write(0, function.requester, *ats + control, 2, 0x8000);
  CHECK(device.tlb->size() == 0);
}
