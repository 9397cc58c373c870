// SPDX-License-Identifier: Apache-2.0
// Oracle: lists written by hand, byte by byte, in the layout of the PCIe base specification, 7.5.1 and 7.7.11.
#include "pcie/capability_list.h"

#include <catch2/catch.hpp>

using namespace iommusim::pcie;

namespace {

ConfigSpace with_capabilities(std::uint32_t pointer) {
  ConfigSpace space;
  space.define({0x00, 4, 0x1111'1234});
  space.define({0x06, 2, 0x0010});
  space.define({0x34, 1, pointer});
  return space;
}

}  // namespace

TEST_CASE("A standard capability is found behind others, whatever their order", "[pcie]") {
  ConfigSpace space = with_capabilities(0x50);
  space.define({0x50, 2, 0x8005});
  space.define({0x80, 2, 0x4011});
  space.define({0x40, 2, 0x0010});
  CHECK(find_capability(reader_of(space), CapabilityId::msi) == 0x50U);
  CHECK(find_capability(reader_of(space), CapabilityId::msix) == 0x80U);
  CHECK(find_capability(reader_of(space), CapabilityId::pci_express) == 0x40U);
}

TEST_CASE("Without the Capabilities List status bit there is no list", "[pcie]") {
  ConfigSpace space = with_capabilities(0x50);
  space.define({0x50, 2, 0x0005});
  space.define({0x06, 2, 0x0000});
  CHECK_FALSE(find_capability(reader_of(space), CapabilityId::msi));
}

TEST_CASE("A standard list that loops or points into the header ends", "[pcie]") {
  ConfigSpace loop = with_capabilities(0x50);
  loop.define({0x50, 2, 0x6001});
  loop.define({0x60, 2, 0x5001});
  CHECK_FALSE(find_capability(reader_of(loop), CapabilityId::msi));
  ConfigSpace header = with_capabilities(0x10);
  header.define({0x10, 2, 0x1005});
  CHECK_FALSE(find_capability(reader_of(header), CapabilityId::msi));
}

TEST_CASE("An extended capability is found behind others", "[pcie]") {
  ConfigSpace space;
  space.define({0x100, 4, 0x1481'0001});
  space.define({0x148, 4, 0x0001'000D});
  CHECK(find_extended_capability(reader_of(space), ExtendedCapabilityId::access_control_services) == 0x148U);
  CHECK_FALSE(find_extended_capability(reader_of(space), ExtendedCapabilityId::resizable_bar));
}

TEST_CASE("An extended list that loops, is empty or absent ends", "[pcie]") {
  const auto acs = ExtendedCapabilityId::access_control_services;
  ConfigSpace loop;
  loop.define({0x100, 4, 0x1401'0001});
  loop.define({0x140, 4, 0x1001'0003});
  CHECK_FALSE(find_extended_capability(reader_of(loop), acs));
  CHECK_FALSE(find_extended_capability(reader_of(ConfigSpace{}), acs));
  CHECK_FALSE(find_extended_capability([](unsigned, unsigned) { return 0xFFFF'FFFFU; }, acs));
}

TEST_CASE("Walking any list takes a bounded number of reads", "[pcie]") {
  unsigned reads = 0;
  const auto self_loop = [&reads](unsigned offset, unsigned) -> std::uint32_t {
    ++reads;
    if (offset == 0x00) return 0x1111'1234;
    if (offset == 0x06) return 0x0010;
    return offset < 0x100 ? 0x4000 | 0x01 : 0x1001'0001;
  };
  CHECK_FALSE(find_capability(self_loop, CapabilityId::msi));
  CHECK_FALSE(find_extended_capability(self_loop, ExtendedCapabilityId::access_control_services));
  CHECK(reads < 1100);
}

TEST_CASE("A function that is absent has no capabilities", "[pcie]") {
  CHECK_FALSE(find_capability([](unsigned, unsigned) { return 0xFFFF'FFFFU; }, CapabilityId::msi));
}
