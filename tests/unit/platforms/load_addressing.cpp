// SPDX-License-Identifier: Apache-2.0
// Oracle: docs/platform-format.md, keys dma_bits and rmrrs.
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using namespace iommusim::platforms::test;

namespace {

const std::string unit = "registers: 0xfed9_0000}";

std::string with_rmrr(const std::string& rmrr) {
  return edited({{unit, "registers: 0xfed9_0000, rmrrs: [" + rmrr + "]}"}});
}

std::string with_nic_key(const std::string& key) {
  return edited({{"msix: {vectors: 8, table_bar: 0}", "msix: {vectors: 8, table_bar: 0}\n            " + key}});
}

}  // namespace

TEST_CASE("An endpoint sends 64 address bits unless the file says less", "[platforms]") {
  const auto nic = [](const Description& d) { return d.host_bridges[0].functions[0].children[0]; };
  CHECK(nic(load()).dma_bits == 64);
  CHECK(nic(load_platform_text(with_nic_key("dma_bits: 32"), "sample.yaml")).dma_bits == 32);
  check_error(with_nic_key("dma_bits: @65"),
              "host_bridges.pcie0.devices.rp0.devices.nic0.dma_bits: found '65', expected a number from 12 to 64");
}

TEST_CASE("An RMRR has whole pages and devices behind its IOMMU", "[platforms]") {
  const Description d =
      load_platform_text(with_rmrr("{base: 0x7b00_0000, size: 1MiB, devices: [nic0, gpu0]}"), "sample.yaml");
  REQUIRE(d.iommus[0].rmrrs.size() == 1);
  CHECK(d.iommus[0].rmrrs[0].range == Range<PhysAddr>{PhysAddr{0x7B00'0000}, PhysAddr{0x7B0F'FFFF}});
  CHECK(d.iommus[0].rmrrs[0].devices == std::vector<std::string>{"nic0", "gpu0"});

  check_error(with_rmrr("{base: @0x7b00_0800, size: 1MiB, devices: [nic0]}"),
              "iommus.dmar0.rmrrs.0.base: found '0x7b00_0800', expected a multiple of 4 KiB");
  check_error(with_rmrr("{base: 0x7b00_0000, size: @2KiB, devices: [nic0]}"),
              "iommus.dmar0.rmrrs.0.size: found '2KiB', expected a multiple of 4 KiB");
  check_error(with_rmrr("{base: 0x7b00_0000, size: 1MiB, devices: @[]}"),
              "iommus.dmar0.rmrrs.0.devices: found an empty list, expected a list of devices");
  check_error(with_rmrr("{base: 0x7b00_0000, size: 1MiB, devices: [@rp0]}"),
              "iommus.dmar0.rmrrs.0.devices.0: found 'rp0', expected an endpoint: nic0 or gpu0");
}
