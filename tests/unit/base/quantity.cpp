// SPDX-License-Identifier: Apache-2.0
// Oracle: arithmetic by hand.
#include "base/quantity.h"

#include <catch2/catch.hpp>

using namespace iommusim;

TEST_CASE("Numbers are read in hexadecimal, binary and decimal with separators", "[base]") {
  CHECK(parse_unsigned("0xfee0_0000") == 0xFEE0'0000u);
  CHECK(parse_unsigned("1_000") == 1000u);
  CHECK(parse_unsigned("0b101") == 5u);
  CHECK(parse_unsigned("18446744073709551615") == ~std::uint64_t{0});
  for (const char* bad : {"", "0x", "18446744073709551616", "0x1_0000_0000_0000_0000", "12z", "_1", "1_", "-1", "1.5"})
    CHECK_FALSE(parse_unsigned(bad).has_value());
}

TEST_CASE("Sizes take binary units", "[base]") {
  CHECK(parse_size("4KiB") == 4096u);
  CHECK(parse_size("2 GiB") == std::uint64_t{2} << 30);
  CHECK(parse_size("0x1000") == 4096u);
  CHECK_FALSE(parse_size("16777216TiB").has_value());
  CHECK_FALSE(parse_size("4KB").has_value());
  CHECK_FALSE(parse_size("KiB").has_value());
}

TEST_CASE("Durations need a unit and may have a fraction", "[base]") {
  CHECK(parse_duration("1.5us") == Duration{1'500'000});
  CHECK(parse_duration("10 ns") == Duration::nanoseconds(10));
  CHECK(parse_duration("3ps") == Duration{3});
  CHECK(parse_duration("2s") == Duration{2'000'000'000'000});
  for (const char* bad : {"", "5", "ns", "1.ns", ".5ns", "1e3ns", "99999999999s", "18446744.9s", "1.x5us"})
    CHECK_FALSE(parse_duration(bad).has_value());
}

TEST_CASE("Quantities are printed in their natural unit", "[base]") {
  CHECK(format_size(4096) == "4 KiB");
  CHECK(format_size(4097) == "4097 B");
  CHECK(format_duration(Duration{1'500'000}) == "1.5 us");
  CHECK(format_duration(Duration{}) == "0 ps");
  CHECK(format_hex(0xFEE, 8) == "0x00000fee");
}
