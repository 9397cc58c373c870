// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements ACS-041, ACS-043 and ACS-044 (constants of the pcie-bench model).
#include "pcie/link_timing.h"

#include "pcie/message_size.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;

namespace {

Access request(Operation operation, std::uint64_t address, std::uint32_t size) {
  Access access;
  access.operation = operation;
  access.address = BusAddr{address};
  access.size = size;
  return access;
}

/// 10^9 bits per second over a second's worth of bytes.
double gigabits_per_second(unsigned generation, unsigned width) {
  const std::uint64_t bytes = 1'000'000;
  const double picoseconds =
      static_cast<double>(LinkTiming{generation, width, Duration{}}.serialize(bytes).picoseconds());
  return 8.0 * static_cast<double>(bytes) / picoseconds * 1000.0;
}

}  // namespace

TEST_CASE("ACS-041 A memory write of 256 bytes costs 280 bytes with 64 address bits and 276 with 32", "[pcie]") {
  CHECK(request_bytes(request(Operation::write, 0x1'0000'0000, 256)) == 280);
  CHECK(request_bytes(request(Operation::write, 0xFFFF'F000, 256)) == 276);
}

TEST_CASE("A read request carries no payload, an atomic operation carries its operand", "[pcie]") {
  CHECK(request_bytes(request(Operation::read, 0x1'0000'0000, 512)) == 24);
  CHECK(request_bytes(request(Operation::read, 0x1000, 512)) == 20);
  CHECK(request_bytes(request(Operation::read, 0x1000, 0)) == 20);
  CHECK(request_bytes(request(Operation::atomic, 0x1000, 8)) == 28);
}

TEST_CASE("ACS-043 Each completion costs 20 bytes besides its data", "[pcie]") {
  CHECK(completion_bytes(64, 256) == 84);
  CHECK(completion_bytes(256, 256) == 276);
  CHECK(completion_bytes(257, 256) == 257 + 2 * 20);
  CHECK(completion_bytes(512, 128) == 512 + 4 * 20);
  // A zero-length read is completed, too.
  CHECK(completion_bytes(0, 256) == 20);
}

TEST_CASE("ACS-044 A link carries 2.0 Gb/s at Gen1 x1, 63.0 at Gen3 x8 and 252.1 at Gen4 x16", "[pcie]") {
  CHECK(gigabits_per_second(1, 1) == Approx(2.0).margin(0.005));
  CHECK(gigabits_per_second(3, 8) == Approx(63.0).margin(0.05));
  CHECK(gigabits_per_second(4, 16) == Approx(252.1).margin(0.05));
}

TEST_CASE("The other generations follow from their rate and encoding", "[pcie]") {
  // 5 GT/s at 8 of 10 bits, 32 GT/s at 128 of 130, 64 GT/s at 242 of 256: the encoding rows of reference 5.
  CHECK(gigabits_per_second(2, 4) == Approx(16.0).epsilon(0.0005));
  CHECK(gigabits_per_second(5, 4) == Approx(4 * 32.0 * 128 / 130).epsilon(0.0005));
  CHECK(gigabits_per_second(6, 16) == Approx(16 * 64.0 * 242 / 256).epsilon(0.0005));
}

TEST_CASE("Propagation is no part of the time on the wire", "[pcie]") {
  const LinkTiming link{1, 1, Duration::nanoseconds(5)};
  CHECK(link.propagation() == Duration::nanoseconds(5));
  CHECK(link.serialize(0) == Duration{});
  CHECK(link.serialize(3) == Duration::nanoseconds(12));
}

TEST_CASE("Messages have 4 doublewords of header, an Invalidate Request 2 of data", "[pcie]") {
  CHECK(message_bytes() == 8 + 16);
  CHECK(invalidate_request_bytes == 8 + 16 + 8);
  CHECK(invalidate_completion_bytes == 8 + 16);
}
