// SPDX-License-Identifier: Apache-2.0
// Oracle: the rules of the PCIe base specification, 2.2.2 and 2.3.1.1, checked as properties and on cases cut by hand.
#include "pcie/tlp_split.h"

#include <catch2/catch.hpp>

#include <utility>
#include <vector>

using namespace iommusim;
using namespace iommusim::pcie;

namespace {

using Parts = std::vector<std::pair<std::uint64_t, std::uint32_t>>;

Parts cut(Operation operation, std::uint64_t address, std::uint64_t size, TlpLimits limits = {128, 512}) {
  Parts parts;
  for (const TlpPart& part : split_tlps(operation, BusAddr{address}, size, limits))
    parts.emplace_back(part.address.value(), part.size);
  return parts;
}

}  // namespace

TEST_CASE("Writes are cut by payload, reads by read request size", "[pcie]") {
  CHECK(cut(Operation::write, 0x1000, 256) == Parts{{0x1000, 128}, {0x1080, 128}});
  CHECK(cut(Operation::read, 0x1000, 768) == Parts{{0x1000, 512}, {0x1200, 256}});
}

TEST_CASE("Only the first request starts at an address that is no multiple of the limit", "[pcie]") {
  CHECK(cut(Operation::write, 0x1070, 0x120) == Parts{{0x1070, 0x10}, {0x1080, 0x80}, {0x1100, 0x80}, {0x1180, 0x10}});
  CHECK(cut(Operation::write, 0x1070, 4) == Parts{{0x1070, 4}});
}

TEST_CASE("Size 0 is one zero-length request", "[pcie]") {
  CHECK(cut(Operation::read, 0x1234, 0) == Parts{{0x1234, 0}});
}

TEST_CASE("The parts cover the transfer in order, and none crosses a 4 KiB boundary", "[pcie]") {
  const std::uint32_t limit = GENERATE(128U, 256U, 512U, 1024U, 2048U, 4096U);
  const std::uint64_t address = GENERATE(0x0U, 0x1U, 0xFFFU, 0x1F83U, 0x7FC0U);
  const std::uint64_t size = GENERATE(1U, 127U, 4096U, 4097U, 70'000U);
  CAPTURE(limit, address, size);
  std::uint64_t next = address;
  bool small = true;
  bool within_page = true;
  for (const auto& [start, length] : cut(Operation::write, address, size, {limit, 512})) {
    REQUIRE(start == next);
    small = small && length > 0 && length <= limit;
    within_page = within_page && start / 4096 == (start + length - 1) / 4096;
    next = start + length;
  }
  CHECK(next == address + size);
  CHECK(small);
  CHECK(within_page);
}

TEST_CASE("A transfer that ends with the address space is cut like any other", "[pcie]") {
  const std::uint64_t top = 0xFFFF'FFFF'FFFF'FF00;
  CHECK(cut(Operation::write, top, 256) == Parts{{top, 128}, {top + 128, 128}});
}
