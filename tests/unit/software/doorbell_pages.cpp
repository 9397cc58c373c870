// SPDX-License-Identifier: Apache-2.0
// Oracle: the addresses that Linux gives doorbells: a page of the window for each page with doorbells, one after
// another in domains of users, and the highest free page in its own.
#include "software/doorbell_pages.h"

#include "smmuv3_driver_fixture.h"
#include "software/driver_error.h"
#include "software/reserved_regions.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests::smmu;
using software::DomainId;
using software::DoorbellPages;
using software::DriverError;

namespace {

constexpr PhysAddr translater{0x808'0040};
constexpr PhysAddr other_frame{0x809'0040};
constexpr Range<Iova> below_4g{Iova{0}, Iova{0xFFFF'FFFF}};

bool always(const Range<Iova>&) {
  return true;
}

}  // namespace

TEST_CASE("POL-022 Doorbells of users' domains begin at 0x8000000, a page for each page with doorbells",
          "[software][smmuv3][doorbells]") {
  DriverFixture f;
  const DomainId domain = f.start();
  DoorbellPages pages{f.driver, domain, software::arm_software_msi_window, DoorbellPages::Order::ascending};
  CHECK(pages.address_of(translater, always) == Iova{0x800'0040});
  CHECK(pages.address_of(other_frame, always) == Iova{0x800'1040});
  CHECK(pages.address_of(translater + 4, always) == Iova{0x800'0044});
  CHECK(f.reaches(nic, 0x800'0040, translater.value(), Operation::write));
  CHECK(f.reaches(nic, 0x800'1040, other_frame.value(), Operation::write));
}

TEST_CASE("A domain of the operating system has its doorbells below its other addresses' end",
          "[software][smmuv3][doorbells]") {
  DriverFixture f;
  const DomainId domain = f.start();
  const Range<Iova> taken{Iova{0xFFFF'E000}, Iova{0xFFFF'FFFF}};
  DoorbellPages pages{f.driver, domain, below_4g, DoorbellPages::Order::descending};
  const auto is_free = [&](const Range<Iova>& page) { return !page.overlaps(taken); };
  CHECK(pages.address_of(translater, is_free) == Iova{0xFFFF'D040});
  CHECK(f.reaches(nic, 0xFFFF'D040, translater.value(), Operation::write));
}

TEST_CASE("What a user mapped over its doorbells' window, and a full window, are refused",
          "[software][smmuv3][doorbells]") {
  DriverFixture f;
  const DomainId domain = f.start();
  f.driver.map(domain, {Iova{0x800'0000}, PhysAddr{0x4800'0000}, page_4k, {}});
  DoorbellPages pages{f.driver, domain, software::arm_software_msi_window, DoorbellPages::Order::ascending};
  CHECK_THROWS_WITH(pages.address_of(translater, always), "some of 0x8000000 to 0x8000fff is mapped already");
  DoorbellPages one{f.driver, domain, {Iova{0x900'0000}, Iova{0x900'0FFF}}, DoorbellPages::Order::ascending};
  one.address_of(translater, always);
  CHECK_THROWS_WITH(one.address_of(other_frame, always),
                    "no page is left for the doorbells of domain 1 from 0x9000000 to 0x9000fff");
  DoorbellPages none{f.driver, domain, {Iova{0xA00'0000}, Iova{0xA00'0FFF}}, DoorbellPages::Order::descending};
  CHECK_THROWS_AS(none.address_of(translater, [](const Range<Iova>&) { return false; }), DriverError);
}
