// SPDX-License-Identifier: Apache-2.0
// Oracle: least-recently-used replacement and block overlaps worked out by hand.
#include "iommu/translation_cache.h"

#include "iommu/vtd/context_cache.h"
#include "iommu/vtd/iotlb.h"
#include "iommu/vtd/paging_structure_cache.h"
#include "iommu/vtd/pasid_cache.h"

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

namespace {

constexpr Pasid one{1}, two{2};

/// Domain 7: a page of the second stage alone and the same page of two PASIDs; domain 8: that of PASID 1.
template <class Cache>
Cache filled(unsigned level) {
  Cache cache{16, 16};
  cache.insert(IotlbTag{7, Iova{page_2m}, level}, {});
  cache.insert(IotlbTag{7, one, Iova{page_2m}, level}, {});
  cache.insert(IotlbTag{7, two, Iova{page_2m}, level}, {});
  cache.insert(IotlbTag{8, one, Iova{page_2m}, level}, {});
  return cache;
}

template <class Cache>
bool has(const Cache& cache, const IotlbTag& tag) {
  return cache.find(tag) != Cache::none;
}

}  // namespace

TEST_CASE("VTD-100 A PASID-selective invalidation drops that PASID of that domain, and the domain's second stage",
          "[vtd]") {
  auto iotlb = filled<Iotlb>(1);
  iotlb.invalidate(PasidIotlbInvalidation{PasidIotlbGranularity::page, 7, two, Iova{0}, 4, false});
  CHECK(iotlb.size() == 4);
  iotlb.invalidate(PasidIotlbInvalidation{PasidIotlbGranularity::page, 7, two, Iova{page_2m}, 4, false});
  CHECK_FALSE(has(iotlb, {7, two, Iova{page_2m}, 1}));
  CHECK(has(iotlb, {7, Iova{page_2m}, 1}));
  CHECK(iotlb.size() == 3);
  iotlb.invalidate(PasidIotlbInvalidation{PasidIotlbGranularity::pasid, 7, one, {}, 0, false});
  CHECK_FALSE(has(iotlb, {7, Iova{page_2m}, 1}));
  CHECK(has(iotlb, {8, one, Iova{page_2m}, 1}));
  CHECK(iotlb.size() == 1);
}

TEST_CASE("VTD-100 A page-selective invalidation drops every first-stage translation of the domain", "[vtd]") {
  auto iotlb = filled<Iotlb>(1);
  iotlb.invalidate(page_request(7, 0, 0));
  CHECK(iotlb.size() == 2);
  CHECK(has(iotlb, {7, Iova{page_2m}, 1}));
  CHECK(has(iotlb, {8, one, Iova{page_2m}, 1}));
}

TEST_CASE("VTD-100 A domain-selective invalidation drops both kinds", "[vtd]") {
  auto iotlb = filled<Iotlb>(1);
  iotlb.invalidate(IotlbInvalidation{IotlbGranularity::domain, 7, {}, 0});
  CHECK(iotlb.size() == 1);
}

TEST_CASE("First-stage addresses of the upper half are dropped by their address", "[vtd]") {
  constexpr std::uint64_t upper = 0xFFFF'8000'0000'3000;
  Iotlb iotlb{16, 16};
  iotlb.insert(IotlbTag{7, one, Iova{upper}, 1}, {});
  CHECK(iotlb.find_page(7, one, Iova{upper + 8}) != Iotlb::none);
  iotlb.invalidate(PasidIotlbInvalidation{PasidIotlbGranularity::page, 7, one, Iova{upper - page_4k}, 0, false});
  CHECK(iotlb.size() == 1);
  iotlb.invalidate(PasidIotlbInvalidation{PasidIotlbGranularity::page, 7, one, Iova{upper}, 0, false});
  CHECK(iotlb.size() == 0);
}

TEST_CASE("IH keeps paging structures of its own stage through a page-selective invalidation only", "[vtd]") {
  auto structures = filled<PagingStructureCache>(2);
  IotlbInvalidation page = page_request(7, page_2m, 0);
  page.leaves_only = true;
  structures.invalidate(page);
  structures.invalidate(PasidIotlbInvalidation{PasidIotlbGranularity::page, 8, one, Iova{page_2m}, 0, true});
  // What the domain has with PASIDs came from leaves of its second stage.
  CHECK(structures.size() == 2);
  page.leaves_only = false;
  structures.invalidate(page);
  CHECK(structures.size() == 1);
  structures.invalidate(PasidIotlbInvalidation{PasidIotlbGranularity::pasid, 8, one, {}, 0, true});
  CHECK(structures.size() == 0);
}

TEST_CASE("The paging structure nearest to the leaf is found", "[vtd]") {
  PagingStructureCache structures{16, 16};
  structures.insert(IotlbTag{7, Iova{page_1g}, 3}, {});
  structures.insert(IotlbTag{7, Iova{page_1g}, 2}, {});
  const auto level_for = [&](std::uint64_t address) {
    return structures.tag(structures.find_deepest(7, Iova{address}, 4)).level();
  };
  CHECK(level_for(page_1g + 0x1000) == 2);
  CHECK(level_for(page_1g + page_2m) == 3);
  CHECK(structures.find_deepest(7, Iova{0}, 4) == PagingStructureCache::none);
  CHECK(structures.find_deepest(7, one, Iova{page_1g}, 4) == PagingStructureCache::none);
}

TEST_CASE("PASID-cache invalidation goes by domain, by PASID in a domain, or globally", "[vtd]") {
  const auto left_after = [](PasidCacheGranularity granularity) {
    PasidCache cache{16, 16};
    PasidContext seven, eight;
    seven.domain = 7;
    eight.domain = 8;
    cache.insert(PasidTag{RequesterId{1}, one}, seven);
    cache.insert(PasidTag{RequesterId{2}, one}, seven);
    cache.insert(PasidTag{RequesterId{1}, two}, seven);
    cache.insert(PasidTag{RequesterId{3}, one}, eight);
    cache.invalidate(PasidCacheInvalidation{granularity, 7, one});
    return cache.size();
  };
  CHECK(left_after(PasidCacheGranularity::pasid) == 2);
  CHECK(left_after(PasidCacheGranularity::domain) == 1);
  CHECK(left_after(PasidCacheGranularity::global) == 0);
}

TEST_CASE("Context entries of scalable mode have no domain to be compared", "[vtd]") {
  ContextCache cache{4, 4};
  Context context;
  context.scalable = true;
  cache.insert(ContextTag{RequesterId{1, 2, 3}}, context);
  cache.invalidate(ContextInvalidation{ContextGranularity::device, 9, RequesterId{1, 2, 4}, 0});
  CHECK(cache.size() == 1);
  cache.invalidate(ContextInvalidation{ContextGranularity::device, 9, RequesterId{1, 2, 3}, 0});
  CHECK(cache.size() == 0);
}
