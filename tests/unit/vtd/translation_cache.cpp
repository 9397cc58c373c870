// SPDX-License-Identifier: Apache-2.0
// Oracle: least-recently-used replacement and block overlaps worked out by hand.
#include "iommu/translation_cache.h"

#include "iommu/vtd/context_cache.h"
#include "iommu/vtd/iotlb.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::vtd;

namespace {

struct Tag {
  unsigned number = 0;
  std::size_t index() const { return number; }
  friend bool operator==(Tag a, Tag b) { return a.number == b.number; }
};
using Cache = iommu::TranslationCache<Tag, char>;

bool holds(const Cache& cache, unsigned number) {
  return cache.find(Tag{number}) != Cache::none;
}

IotlbInvalidation page_request(std::uint16_t domain, std::uint64_t address, std::uint8_t mask) {
  return {IotlbGranularity::page, domain, Iova{address}, mask};
}

bool holds(const Iotlb& iotlb, std::uint16_t domain, std::uint64_t address) {
  return iotlb.find_page(domain, Iova{address}) != Iotlb::none;
}

void insert(Iotlb& iotlb, std::uint16_t domain, std::uint64_t address, unsigned level) {
  iotlb.insert(IotlbTag{domain, Iova{address}, level}, {});
}

}  // namespace

TEST_CASE("The least recently used line of the set is replaced", "[iommu]") {
  Cache cache{4, 2};
  cache.insert(Tag{2}, 'a');
  cache.insert(Tag{4}, 'b');
  cache.insert(Tag{3}, 'c');
  cache.touch(cache.find(Tag{2}));
  cache.insert(Tag{6}, 'd');
  CHECK(holds(cache, 2));
  CHECK_FALSE(holds(cache, 4));
  CHECK(holds(cache, 3));
  CHECK(cache.value(cache.find(Tag{6})) == 'd');
}

TEST_CASE("Looking a line up does not count as a use", "[iommu]") {
  Cache cache{2, 2};
  cache.insert(Tag{1}, 'a');
  cache.insert(Tag{2}, 'b');
  CHECK(holds(cache, 1));
  cache.insert(Tag{3}, 'c');
  CHECK_FALSE(holds(cache, 1));
}

TEST_CASE("A tag is never in the cache twice", "[iommu]") {
  Cache cache{4, 4};
  cache.insert(Tag{1}, 'a');
  cache.insert(Tag{1}, 'b');
  CHECK(cache.size() == 1);
  CHECK(cache.value(cache.find(Tag{1})) == 'b');
}

TEST_CASE("An emptied line is filled before any other is replaced", "[iommu]") {
  Cache cache{3, 3};
  for (unsigned number : {1u, 2u, 3u})
    cache.insert(Tag{number}, 'x');
  CHECK(cache.invalidate_if([](Tag tag, char) { return tag.number == 3; }) == 1);
  cache.insert(Tag{4}, 'x');
  CHECK(holds(cache, 1));
  CHECK(holds(cache, 4));
  CHECK_FALSE(holds(cache, 3));
}

TEST_CASE("A cache without entries takes everything and finds nothing", "[iommu]") {
  Cache cache{0, 4};
  cache.insert(Tag{1}, 'a');
  CHECK_FALSE(holds(cache, 1));
  CHECK(cache.invalidate_if([](Tag, char) { return true; }) == 0);
}

TEST_CASE("The number of sets must be a power of two", "[iommu]") {
  CHECK(Cache::is_valid_geometry(24, 3));
  CHECK_FALSE(Cache::is_valid_geometry(24, 4));
  CHECK_FALSE(Cache::is_valid_geometry(8, 0));
  CHECK_FALSE(Cache::is_valid_geometry(10, 4));
  CHECK_THROWS_AS(Cache(24, 4), std::invalid_argument);
}

TEST_CASE("Page-selective invalidation drops exactly the aligned block of its domain", "[vtd]") {
  Iotlb iotlb{64, 64};
  for (std::uint64_t page = 0; page < 12; ++page)
    insert(iotlb, 7, page * page_4k, 1);
  insert(iotlb, 8, 5 * page_4k, 1);
  iotlb.invalidate(page_request(7, 6 * page_4k, 2));
  for (std::uint64_t page = 0; page < 12; ++page)
    CHECK(holds(iotlb, 7, page * page_4k) == (page < 4 || page > 7));
  CHECK(holds(iotlb, 8, 5 * page_4k));
}

TEST_CASE("A larger page goes whole when one of its bytes is invalidated", "[vtd]") {
  Iotlb iotlb{16, 4};
  insert(iotlb, 7, page_2m, 2);
  insert(iotlb, 7, 3 * page_2m, 2);
  insert(iotlb, 7, page_1g, 3);
  iotlb.invalidate(page_request(7, 2 * page_2m - page_4k, 0));
  CHECK_FALSE(holds(iotlb, 7, page_2m));
  CHECK(holds(iotlb, 7, 3 * page_2m + 0x1234));
  iotlb.invalidate(page_request(7, page_1g + 77 * page_4k, 0));
  CHECK_FALSE(holds(iotlb, 7, page_1g));
}

TEST_CASE("The largest address mask covers every address", "[vtd]") {
  Iotlb iotlb{16, 4};
  insert(iotlb, 7, 0, 1);
  insert(iotlb, 7, std::uint64_t{1} << 56, 1);
  iotlb.invalidate(page_request(7, 0, 63));
  CHECK(iotlb.size() == 0);
}

TEST_CASE("Addresses, domains and page sizes up to their widths are told apart", "[vtd]") {
  const std::uint64_t top = (std::uint64_t{1} << 57) - page_4k;
  Iotlb iotlb{16, 16};
  insert(iotlb, 0xFFFF, top, 1);
  CHECK(holds(iotlb, 0xFFFF, top + 0xFFF));
  CHECK_FALSE(holds(iotlb, 0xFFFE, top));
  CHECK_FALSE(holds(iotlb, 0xFFFF, top - page_4k));
  const IotlbTag tag{0xFFFF, Iova{top}, 1};
  CHECK(tag.domain() == 0xFFFF);
  CHECK(tag.pages() == Range<Iova>{Iova{top}, Iova{top + 0xFFF}});
}

TEST_CASE("Device-selective invalidation leaves out the function bits that FM names", "[vtd]") {
  const auto left_after = [](std::uint8_t function_mask) {
    ContextCache cache{64, 64};
    Context context;
    context.domain = 9;
    for (std::uint8_t function = 0; function < 8; ++function)
      cache.insert(ContextTag{RequesterId{1, 2, function}}, context);
    cache.insert(ContextTag{RequesterId{1, 3, 1}}, context);
    cache.invalidate(ContextInvalidation{ContextGranularity::device, 9, RequesterId{1, 2, 1}, function_mask});
    return cache.size();
  };
  CHECK(left_after(0) == 8);
  CHECK(left_after(1) == 7);
  CHECK(left_after(2) == 5);
  CHECK(left_after(3) == 1);
}

TEST_CASE("Device-selective invalidation compares the domain too", "[vtd]") {
  ContextCache cache{4, 4};
  cache.insert(ContextTag{RequesterId{1, 2, 3}}, {});
  cache.invalidate(ContextInvalidation{ContextGranularity::device, 9, RequesterId{1, 2, 3}, 0});
  CHECK(cache.size() == 1);
}
