// SPDX-License-Identifier: Apache-2.0
// Oracle: two std::maps of pages, one of what is mapped and one of what was mapped last.
#include "software/address_space.h"

#include <catch2/catch.hpp>

#include <map>
#include <random>

using namespace iommusim;
using software::AddressSpace;
using software::Intent;
using software::MappingState;

namespace {

Range<Iova> pages(std::uint64_t first, std::uint64_t count) {
  return *Range<Iova>::from_size(Iova{first * page_4k}, count * page_4k);
}

constexpr Duration at(std::uint64_t ns) {
  return Duration::nanoseconds(ns);
}

struct Page {
  std::uint64_t physical;
  std::uint64_t since;
  std::uint64_t until;
};
using Model = std::map<std::uint64_t, Page>;

bool agrees(const Intent& intent, MappingState state, const Model& model, std::uint64_t page) {
  const auto known = model.find(page);
  if (known == model.end()) return intent.state == MappingState::none;
  const bool ended = state == MappingState::live || intent.until == at(known->second.until);
  return intent.state == state && intent.physical.value() == known->second.physical * page_4k + 7 &&
         intent.since == at(known->second.since) && ended;
}

}  // namespace

TEST_CASE("What was never mapped has no intent", "[software][address-space]") {
  AddressSpace space;
  CHECK(space.lookup(Iova{0x1000}).state == MappingState::none);
  CHECK(space.lookup_past(Iova{0x1000}).state == MappingState::none);
}

TEST_CASE("A live mapping gives physical address, permissions, buffer and time", "[software][address-space]") {
  AddressSpace space;
  REQUIRE(space.map({pages(0x10, 4), PhysAddr{0x8'0000'0000}, {true, false}, 3}, at(5)));
  const Intent intent = space.lookup(Iova{0x12'034});
  CHECK(intent.state == MappingState::live);
  CHECK(intent.physical == PhysAddr{0x8'0000'2034});
  CHECK(intent.permissions.read);
  CHECK_FALSE(intent.permissions.write);
  CHECK(intent.buffer == std::size_t{3});
  CHECK(intent.since == at(5));
}

TEST_CASE("Mapping over a live mapping is refused and changes nothing", "[software][address-space]") {
  AddressSpace space;
  REQUIRE(space.map({pages(0x10, 4), PhysAddr{0x1'0000}, {}, {}}, at(1)));
  CHECK_FALSE(space.map({pages(0x13, 4), PhysAddr{0x9'0000}, {}, {}}, at(2)));
  CHECK(space.lookup(Iova{0x13'000}).physical == PhysAddr{0x1'3000});
  CHECK(space.lookup(Iova{0x14'000}).state == MappingState::none);
}

TEST_CASE("Unmapping the middle keeps both ends and remembers the middle", "[software][address-space]") {
  AddressSpace space;
  REQUIRE(space.map({pages(0x10, 3), PhysAddr{0x1'0000}, {}, {}}, at(1)));
  space.unmap(pages(0x11, 1), at(9));
  CHECK(space.lookup(Iova{0x10'000}).physical == PhysAddr{0x1'0000});
  CHECK(space.lookup(Iova{0x12'000}).physical == PhysAddr{0x1'2000});
  CHECK(space.live_ranges() == 2);
  const Intent past = space.lookup(Iova{0x11'FFF});
  CHECK(past.state == MappingState::past);
  CHECK(past.physical == PhysAddr{0x1'1FFF});
  CHECK(past.since == at(1));
  CHECK(past.until == at(9));
}

TEST_CASE("Behind a new mapping the old one is still known", "[software][address-space]") {
  AddressSpace space;
  REQUIRE(space.map({pages(0x10, 1), PhysAddr{0x1'0000}, {}, {}}, at(1)));
  space.unmap(pages(0x10, 1), at(2));
  REQUIRE(space.map({pages(0x10, 1), PhysAddr{0x5'0000}, {}, {}}, at(3)));
  CHECK(space.lookup(Iova{0x10'000}).physical == PhysAddr{0x5'0000});
  CHECK(space.lookup_past(Iova{0x10'000}).physical == PhysAddr{0x1'0000});
}

TEST_CASE("The past stays bounded when the same pages come and go", "[software][address-space]") {
  AddressSpace space;
  for (std::uint64_t n = 0; n < 1000; ++n) {
    REQUIRE(space.map({pages(n % 8, 1), PhysAddr{n * page_4k}, {}, {}}, at(n)));
    space.unmap(pages(n % 8, 1), at(n));
  }
  CHECK(space.past_ranges() == 8);
}

TEST_CASE("Random mapping and unmapping agrees with a map of pages", "[software][address-space]") {
  AddressSpace space;
  Model live;
  Model past;
  std::mt19937 random{5};
  for (std::uint64_t now = 1; now < 3000; ++now) {
    const std::uint64_t first = random() % 64;
    const std::uint64_t count = random() % 12 + 1;
    if (random() % 2 == 0) {
      const std::uint64_t physical = random() % 0x1000;
      bool free = true;
      for (std::uint64_t p = first; p < first + count; ++p)
        free = free && live.count(p) == 0;
      REQUIRE(space.map({pages(first, count), PhysAddr{physical * page_4k}, {}, {}}, at(now)) == free);
      for (std::uint64_t p = first; free && p < first + count; ++p)
        live[p] = {physical + p - first, now, now};
    } else {
      space.unmap(pages(first, count), at(now));
      for (std::uint64_t p = first; p < first + count; ++p) {
        if (live.count(p) == 0) continue;
        past[p] = {live[p].physical, live[p].since, now};
        live.erase(p);
      }
    }
    const std::uint64_t page = random() % 76;
    const Iova probe{page * page_4k + 7};
    REQUIRE(agrees(space.lookup_past(probe), MappingState::past, past, page));
    if (live.count(page) != 0)
      REQUIRE(agrees(space.lookup(probe), MappingState::live, live, page));
    else
      REQUIRE(agrees(space.lookup(probe), MappingState::past, past, page));
  }
}
