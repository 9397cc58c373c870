// SPDX-License-Identifier: Apache-2.0
// Oracle: what lspci prints for known numbers.
#include "platforms/parse_bdf.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;

TEST_CASE("Bus, device and function are read as lspci prints them", "[platforms]") {
  CHECK(parse_bdf("1f.3") == RequesterId{0, 0x1F, 3});
  CHECK(parse_bdf("3b:00.1") == RequesterId{0x3B, 0, 1});
  CHECK(parse_bdf("1.0") == RequesterId{0, 1, 0});
  for (const char* bad : {"", "1", "20.0", "1f.8", "1f.", ".0", "100:00.0", ":00.0", "0x1.0", "-1.0", "00.00", "g.0"})
    CHECK_FALSE(parse_bdf(bad).has_value());
}

TEST_CASE("Vendor and device are read as lspci -n prints them", "[platforms]") {
  const auto ids = parse_vendor_device("8086:0a54");
  REQUIRE(ids.has_value());
  CHECK(ids->vendor == 0x8086);
  CHECK(ids->device == 0x0A54);
  for (const char* bad : {"", "8086", "8086:54", "8086-0a54", "x086:0a54"})
    CHECK_FALSE(parse_vendor_device(bad).has_value());
}
