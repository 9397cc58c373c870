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
  for (const char* bad :
       {"", "0x", "18446744073709551616", "0x1_0000_0000_0000_0000", "12z", "_1", "1_", "1__0", "-1", "1.5"})
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
  CHECK(parse_duration("1_000.25ns") == Duration{1'000'250});
  CHECK(parse_duration("1.5000ps") == std::nullopt);
  CHECK(parse_duration("1.0000ps") == Duration{1});
  for (const char* bad : {"", "5", "ns", "1.ns", ".5ns", "1e3ns", "99999999999s", "18446744.9s", "1.x5us"})
    CHECK_FALSE(parse_duration(bad).has_value());
}

TEST_CASE("A duration that cannot be read says why", "[base]") {
  CHECK(why_no_duration("1.5us") == DurationProblem::none);
  for (const char* malformed : {"", "5", "ns", "1.ns", "1__0ns", "1.2_3ns", "1.x5us"})
    CHECK(why_no_duration(malformed) == DurationProblem::malformed);
  for (const char* fine : {"1.0001ps", "0.12345ns"})
    CHECK(why_no_duration(fine) == DurationProblem::too_fine);
  // 2^64 ps = 18446744.073709551616 s.
  for (const char* long_one : {"99999999999s", "18446744.073709551616s", "99999999999999999999999s"})
    CHECK(why_no_duration(long_one) == DurationProblem::too_long);
  CHECK(parse_duration("18446744.073709551615s") == Duration{~std::uint64_t{0}});
}

TEST_CASE("Durations are printed exactly, however many digits that takes", "[base]") {
  CHECK(format_duration(Duration{6'000'250'000'000}) == "6000.25 ms");
  CHECK(format_duration(Duration{6'000'250'123}) == "6000250.123 ns");
  CHECK(format_duration(Duration{3'690'039}) == "3690.039 ns");
  CHECK(format_duration(Duration{10'000'000'000}) == "10 ms");
  CHECK(format_duration(Duration{1'234'567'000}) == "1234.567 us");
  CHECK(format_duration(Duration{~std::uint64_t{0}}) == "18446744073709551.615 ns");
}

TEST_CASE("Durations that are compared share the finer unit", "[base]") {
  using Pair = std::pair<std::string, std::string>;
  CHECK(format_durations(Duration{10'000'000'000}, Duration{10'000'001'000}) == Pair{"10000 us", "10000.001 us"});
  CHECK(format_durations(Duration{10'000'001'000}, Duration{10'000'000'000}) == Pair{"10000.001 us", "10000 us"});
  CHECK(format_durations(Duration{}, Duration{5'000'000}) == Pair{"0 us", "5 us"});
  CHECK(format_durations(Duration{}, Duration{}) == Pair{"0 ps", "0 ps"});
}

TEST_CASE("Counts agree with their noun", "[base]") {
  CHECK(format_count(1, "operation") == "1 operation");
  CHECK(format_count(0, "operation") == "0 operations");
  CHECK(format_count(2, "access", "accesses") == "2 accesses");
}

TEST_CASE("Quantities are printed in their natural unit", "[base]") {
  CHECK(format_size(4096) == "4 KiB");
  CHECK(format_size(4097) == "4097 B");
  CHECK(format_duration(Duration{1'500'000}) == "1.5 us");
  CHECK(format_duration(Duration{}) == "0 ps");
  CHECK(format_hex(0xFEE, 8) == "0x00000fee");
}
