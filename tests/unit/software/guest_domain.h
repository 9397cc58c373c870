// SPDX-License-Identifier: Apache-2.0
// What the drivers of both kinds of unit promise of a guest's domain alike. A fixture has `driver`, `bus`, `pages`, and
// `domain`, to which the NIC is attached: the guest below.
#pragma once

#include "base/range.h"
#include "software/driver_error.h"
#include "software/iommu_driver.h"

#include <catch2/catch.hpp>

#include <cstdint>

namespace iommusim::tests {

/// 4 MiB from 2 GiB on, the last of them for the guest's tables.
constexpr std::uint64_t guest_base = 0x8000'0000;
constexpr Range<PhysAddr> guest_memory{PhysAddr{guest_base}, PhysAddr{guest_base + 0x3F'FFFF}};
constexpr std::uint64_t guest_tables = guest_base + 0x30'0000;

template <class Fixture>
void map_in_guest(Fixture& f, std::uint64_t iova, std::uint64_t physical, std::uint64_t size, bool write = true) {
  f.driver.map(f.domain, {Iova{iova}, PhysAddr{physical}, size, {true, write}});
}

template <class Fixture>
void check_guest_maps_its_own_memory_only(Fixture& f, RequesterId device) {
  CHECK_THROWS_AS(map_in_guest(f, 0x1000, guest_base - page_4k, page_4k), software::DriverError);
  CHECK_THROWS_AS(map_in_guest(f, 0x1000, guest_base, 0x30'1000), software::DriverError);
  CHECK_THROWS_AS(map_in_guest(f, 0x1000, guest_tables, page_4k), software::DriverError);
  map_in_guest(f, 0x1000, guest_base, 0x30'0000);
  CHECK(f.reaches(device, 0x30'0000, guest_tables - page_4k));
}

template <class Fixture>
void check_caches_serve_until_told(Fixture& f, RequesterId device) {
  map_in_guest(f, 0x1000, guest_base, page_4k);
  CHECK(f.reaches(device, 0x1000, guest_base));
  f.driver.unmap(f.domain, Iova{0x1000}, page_4k, software::Invalidate::no);
  CHECK(f.reaches(device, 0x1000, guest_base));
  f.driver.invalidate(f.domain, Iova{0x1000}, page_4k);
  CHECK_FALSE(f.reaches(device, 0x1000, guest_base));
}

/// `levels`: 0 where the unit decides.
template <class Fixture>
void check_device_leaves_guest(Fixture& f, RequesterId device, unsigned levels) {
  map_in_guest(f, 0x1000, guest_base, page_4k);
  CHECK(f.reaches(device, 0x1000, guest_base));
  f.driver.attach(f.driver.create_domain(software::DomainKind::identity), device);
  CHECK(f.reaches(device, 0x1000, 0x1000));
  f.driver.destroy_domain(f.domain);
  const std::size_t pages = f.pages.pages_in_use();
  f.driver.destroy_domain(f.driver.create_nested_domain(levels, guest_memory));
  CHECK(f.pages.pages_in_use() == pages);
}

template <class Fixture>
void check_guest_tables_need_room(Fixture& f, unsigned levels) {
  const auto create = [&](std::uint64_t first, std::uint64_t last) {
    return f.driver.create_nested_domain(levels, {PhysAddr{first}, PhysAddr{last}});
  };
  const software::DomainId small = create(0x9000'0000, 0x9000'3FFF);
  CHECK_THROWS_WITH(f.driver.map(small, {Iova{0x1000}, PhysAddr{0x9000'0000}, page_4k, {true, true}}),
                    Catch::Contains("guest memory is too small"));
  CHECK_THROWS_AS(create(0x9000'0000, 0x9000'2FFF), software::DriverError);
  CHECK_THROWS_AS(create(0x9000'0800, 0x9000'47FF), software::DriverError);
}

}  // namespace iommusim::tests
