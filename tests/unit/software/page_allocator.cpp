// SPDX-License-Identifier: Apache-2.0
// Oracle: the pages of a small range, listed by hand.
#include "software/page_allocator.h"

#include "software/driver_error.h"
#include "support/memory_bus.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using software::DriverError;
using software::PageAllocator;

namespace {
Range<PhysAddr> range(std::uint64_t first, std::uint64_t last) {
  return {PhysAddr{first}, PhysAddr{last}};
}
}  // namespace

TEST_CASE("Table pages are the whole pages of the range, in ascending order", "[software]") {
  tests::MemoryBus bus{range(0, 0xFFFF)};
  PageAllocator pages{bus, range(0x1001, 0x4FFE)};
  CHECK(pages.allocate() == PhysAddr{0x2000});
  CHECK(pages.allocate() == PhysAddr{0x3000});
  CHECK_THROWS_AS(pages.allocate(), DriverError);
  CHECK(pages.pages_in_use() == 2);
}

TEST_CASE("A range smaller than a page gives no page", "[software]") {
  tests::MemoryBus bus{range(0, 0xFFFF)};
  PageAllocator pages{bus, range(0x1001, 0x1FFF)};
  CHECK_THROWS_AS(pages.allocate(), DriverError);
}

TEST_CASE("A released page is handed out again, zeroed", "[software]") {
  tests::MemoryBus bus{range(0, 0xFFFF)};
  PageAllocator pages{bus, range(0x1000, 0x1FFF)};
  const PhysAddr page = pages.allocate();
  bus.store64(page + 0xFF8, 0x1234);
  pages.release(page);
  CHECK(pages.pages_in_use() == 0);
  CHECK(pages.allocate() == page);
  CHECK(bus.load64(page + 0xFF8) == 0);
}

TEST_CASE("A page that holds something when it is first handed out is zeroed too", "[software]") {
  tests::MemoryBus bus{range(0, 0xFFFF)};
  bus.store64(PhysAddr{0x1008}, 0x1234);
  PageAllocator pages{bus, range(0x1000, 0x1FFF)};
  CHECK(bus.load64(pages.allocate() + 8) == 0);
}

TEST_CASE("A block of pages lies at a multiple of its size, and what was skipped is handed out singly", "[software]") {
  tests::MemoryBus bus{range(0, 0xFFFF)};
  bus.store64(PhysAddr{0x4008}, 0x1234);
  PageAllocator pages{bus, range(0x1000, 0x7FFF)};
  CHECK(pages.allocate_block(4) == PhysAddr{0x4000});
  CHECK(pages.pages_in_use() == 4);
  CHECK(bus.load64(PhysAddr{0x4008}) == 0);
  CHECK(pages.allocate() == PhysAddr{0x1000});
  CHECK(pages.allocate() == PhysAddr{0x2000});
  CHECK(pages.allocate() == PhysAddr{0x3000});
  CHECK_THROWS_AS(pages.allocate(), DriverError);
  CHECK_THROWS_AS(pages.allocate_block(2), DriverError);
}
