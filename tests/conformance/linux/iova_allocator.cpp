// SPDX-License-Identifier: Apache-2.0
// Oracle: the algorithm of Linux's IOVA allocator, worked by hand for a host whose windows leave 0 to 0xBFFFFFFF,
// 0xFEC00000 to 0xFEDFFFFF and 0xFEF00000 to 0xFFFFFFFF below 4 GiB; the first address agrees with the doorbell
// 0xFFFFF040 of a TaiShan 200.
#include "software/iova_allocator.h"

#include "software/reserved_regions.h"
#include "software/software_views.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::software;

namespace {

constexpr Iova anywhere{~std::uint64_t{0}};
constexpr std::uint64_t mib = std::uint64_t{1} << 20;

AddressSet usable_on_x86() {
  AddressingFacts facts;
  facts.outbound = {{Iova{0xC000'0000}, Iova{0xFEBF'FFFF}}};
  facts.first_of_group = vtd_reserved_regions({0x02'0000, {}});
  return views_behind_iommu(facts).dma_api;
}

/// The first that a domain gives out.
std::optional<Range<Iova>> first(std::uint64_t size, Iova last = anywhere) {
  return IovaAllocator{usable_on_x86(), page_4k}.allocate(size, last);
}

}  // namespace

TEST_CASE("POL-016 The first page that the DMA API gives out is the last below 4 GiB", "[linux]") {
  IovaAllocator iovas{usable_on_x86(), page_4k};
  CHECK(iovas.allocate(page_4k, anywhere) == Range<Iova>{Iova{0xFFFF'F000}, Iova{0xFFFF'FFFF}});
  CHECK(iovas.allocate(page_4k, anywhere)->first == Iova{0xFFFF'E000});
}

TEST_CASE("POL-017 Sizes are powers of two pages below 32 pages, and what is given out is aligned", "[linux]") {
  CHECK(first(1) == Range<Iova>{Iova{0xFFFF'F000}, Iova{0xFFFF'FFFF}});
  CHECK(first(5 * page_4k) == Range<Iova>{Iova{0xFFFF'8000}, Iova{0xFFFF'FFFF}});
  CHECK(first(31 * page_4k) == Range<Iova>{Iova{0xFFFE'0000}, Iova{0xFFFF'FFFF}});
  CHECK(first(33 * page_4k) == Range<Iova>{Iova{0xFFFC'0000}, Iova{0xFFFE'0FFF}});
  CHECK(first(16 * mib)->first == Iova{0xFF00'0000});
  CHECK(first(32 * mib)->first == Iova{0xBE00'0000});
  CHECK(first(64 * mib)->first == Iova{0xBC00'0000});
  CHECK(first(1024 * mib)->first == Iova{0x8000'0000});
}

TEST_CASE("POL-018 Each address is below the last one, until there is no room but above", "[linux]") {
  AddressSet usable;
  usable.add({Iova{0x1000}, Iova{0x9FFF}});
  IovaAllocator iovas{usable, page_4k};
  CHECK(iovas.allocate(page_4k, anywhere)->first == Iova{0x9000});
  // Alignment leaves page 0x8000 free.
  CHECK(iovas.allocate(4 * page_4k, anywhere)->first == Iova{0x4000});
  for (const std::uint64_t page : {0x3000, 0x2000, 0x1000, 0x8000})
    CHECK(iovas.allocate(page_4k, anywhere)->first == Iova{page});
  CHECK_FALSE(iovas.allocate(page_4k, anywhere));
}

TEST_CASE("Addresses below 4 GiB and above go down by themselves", "[linux]") {
  IovaAllocator iovas{usable_on_x86(), page_4k};
  CHECK(iovas.allocate(2048 * mib, anywhere)->first == Iova{0xFFFF'8000'0000});
  CHECK(iovas.allocate(page_4k, anywhere)->first == Iova{0xFFFF'F000});
  CHECK(iovas.allocate(2048 * mib, anywhere)->first == Iova{0xFFFF'0000'0000});
  CHECK(iovas.allocate(page_4k, anywhere)->first == Iova{0xFFFF'E000});
}

TEST_CASE("Only what has no room below 4 GiB lies above, up to the device's mask", "[linux]") {
  CHECK(first(2048 * mib)->first == Iova{0xFFFF'8000'0000});
  CHECK(first(2048 * mib, Iova{0x3'FFFF'FFFF})->first == Iova{0x3'8000'0000});
  CHECK(first(page_4k, Iova{0xFFF'FFFF})->first == Iova{0xFFF'F000});
  CHECK_FALSE(first(2048 * mib, Iova{0xFFFF'FFFF}));
  CHECK_FALSE(first(page_4k, Iova{page_4k}));
}

TEST_CASE("What no address space holds is not given out", "[linux]") {
  CHECK_FALSE(first(0));
  CHECK_FALSE(first(~std::uint64_t{0}));
}

TEST_CASE("Pages are those of the domain's tables", "[linux]") {
  IovaAllocator iovas{usable_on_x86(), 16 * page_4k};
  CHECK(iovas.allocate(1, anywhere) == Range<Iova>{Iova{0xFFFF'0000}, Iova{0xFFFF'FFFF}});
  CHECK(iovas.allocate(1, anywhere)->first == Iova{0xFFFE'0000});
}
