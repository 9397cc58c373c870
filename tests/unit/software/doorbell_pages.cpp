// SPDX-License-Identifier: Apache-2.0
// Oracle: the addresses that Linux gives doorbells: a page of the window for each page with doorbells, one after
// another in domains of users, and an address like a buffer's in its own.
#include "software/doorbell_pages.h"

#include "smmuv3_driver_fixture.h"
#include "software/reserved_regions.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests::smmu;
using software::AddressSet;
using software::DomainId;
using software::DoorbellPages;
using software::IovaAllocator;

namespace {

constexpr PhysAddr translater{0x808'0040};
constexpr PhysAddr other_frame{0x809'0040};
constexpr Iova anywhere{~std::uint64_t{0}};

/// What the DMA API may give out.
IovaAllocator up_to(std::uint64_t last) {
  AddressSet usable;
  usable.add({Iova{page_4k}, Iova{last}});
  return {usable, page_4k};
}

}  // namespace

TEST_CASE("POL-022 Doorbells of users' domains begin at 0x8000000, a page for each page with doorbells",
          "[software][smmuv3][doorbells]") {
  DriverFixture f;
  const DomainId domain = f.start();
  DoorbellPages pages{f.driver, domain, software::arm_software_msi_window};
  CHECK(pages.address_of(translater, anywhere) == Iova{0x800'0040});
  CHECK(pages.address_of(other_frame, anywhere) == Iova{0x800'1040});
  CHECK(pages.address_of(translater + 4, anywhere) == Iova{0x800'0044});
  CHECK(f.reaches(nic, 0x800'0040, translater.value(), Operation::write));
  CHECK(f.reaches(nic, 0x800'1040, other_frame.value(), Operation::write));
}

TEST_CASE("POL-021 A doorbell in a domain of the DMA API has a buffer's address, one for all devices",
          "[software][smmuv3][doorbells]") {
  DriverFixture f;
  const DomainId domain = f.start();
  f.driver.attach(domain, disk, software::DeviceTlb::no);
  IovaAllocator iovas = up_to(0xFFFF'DFFF);
  DoorbellPages pages{f.driver, domain, iovas};
  CHECK(pages.address_of(translater, anywhere) == Iova{0xFFFF'D040});
  CHECK(iovas.allocate(page_4k, anywhere)->first == Iova{0xFFFF'C000});
  CHECK(pages.address_of(translater, Iova{0xFFFF}) == Iova{0xFFFF'D040});
  for (const RequesterId device : {nic, disk})
    CHECK(f.reaches(device, 0xFFFF'D040, translater.value(), Operation::write));
  CHECK(pages.address_of(other_frame, anywhere) == Iova{0xFFFF'B040});
}

TEST_CASE("A doorbell in a domain of the DMA API lies where the device that wants it first can send",
          "[software][smmuv3][doorbells]") {
  DriverFixture f;
  const DomainId domain = f.start();
  IovaAllocator iovas = up_to(0xFFFF'FFFF);
  DoorbellPages pages{f.driver, domain, iovas};
  CHECK(pages.address_of(translater, Iova{0xFFF'FFFF}) == Iova{0xFFF'F040});
}

TEST_CASE("What a user mapped over its doorbells' window, and a full window, are refused",
          "[software][smmuv3][doorbells]") {
  DriverFixture f;
  const DomainId domain = f.start();
  f.driver.map(domain, {Iova{0x800'0000}, PhysAddr{0x4800'0000}, page_4k, {}});
  DoorbellPages pages{f.driver, domain, software::arm_software_msi_window};
  CHECK_THROWS_WITH(pages.address_of(translater, anywhere), "some of 0x8000000 to 0x8000fff is mapped already");
  DoorbellPages one{f.driver, domain, {Iova{0x900'0000}, Iova{0x900'0FFF}}};
  one.address_of(translater, anywhere);
  CHECK_THROWS_WITH(one.address_of(other_frame, anywhere), "no page is left for doorbells from 0x9000000 to 0x9000fff");
  IovaAllocator nothing{{}, page_4k};
  DoorbellPages none{f.driver, domain, nothing};
  CHECK_THROWS_WITH(none.address_of(translater, Iova{0xFFFF'FFFF}), "no page is left for doorbells up to 0xffffffff");
}
