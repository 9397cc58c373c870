// SPDX-License-Identifier: Apache-2.0
// Oracle: headers encoded by hand from the PCIe base specification, 2.2.1, 2.2.5 and 2.2.7.
#include "pcie/tlp_header.h"

#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

using Header = std::array<std::uint32_t, 4>;

TEST_CASE("A write below 4 GiB has a header of three doublewords", "[pcie]") {
  const Access access = write_request(RequesterId{9, 2, 1}, 0x1000, 64);
  CHECK(request_header(access) == Header{0x4000'0010, 0x0911'00FF, 0x0000'1000, 0});
}

TEST_CASE("A read above 4 GiB has a header of four doublewords", "[pcie]") {
  const Access access = read_request(RequesterId{3, 0, 0}, 0x38'0000'0100, 512);
  CHECK(request_header(access) == Header{0x2000'0080, 0x0300'00FF, 0x38, 0x0000'0100});
}

TEST_CASE("Byte enables name the bytes of the first and of the last doubleword", "[pcie]") {
  // Bytes 2 to 6: two of the first doubleword, three of the second.
  CHECK(request_header(write_request({}, 0x1002, 5)) == Header{0x4000'0002, 0x0000'007C, 0x0000'1000, 0});
  // Two bytes inside one doubleword leave the last byte enables 0.
  CHECK(request_header(write_request({}, 0x1001, 2)) == Header{0x4000'0001, 0x0000'0006, 0x0000'1000, 0});
}

TEST_CASE("A zero-length read names one doubleword and no byte of it", "[pcie]") {
  CHECK(request_header(read_request({}, 0x1000, 0)) == Header{0x0000'0001, 0, 0x0000'1000, 0});
}

TEST_CASE("4096 bytes are a length of 0", "[pcie]") {
  CHECK(request_header(read_request({}, 0x1000, 4096))[0] == 0);
}

TEST_CASE("Attributes, address type and the atomic's type stand in the first doubleword", "[pcie]") {
  Access access = request(Operation::atomic, {}, 0x1000, 8, AddressType::translated);
  access.relaxed_ordering = true;
  access.no_snoop = true;
  CHECK(request_header(access)[0] == 0x4C00'3802);
}

TEST_CASE("EP is bit 14 of the first doubleword", "[pcie]") {
  CHECK(request_header(poisoned(write_request({}, 0x1000, 4)))[0] == 0x4000'4001);
}
