// SPDX-License-Identifier: Apache-2.0
// Oracle: the entry layout of the VT-d specification, 9.8, as raw bits, read by a walker that shares nothing with the
// code under test, against a flat array of pages.
#include "software/paging_tables.h"

#include "software/driver_error.h"
#include "software/vtd_paging_format.h"
#include "support/memory_bus.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

using namespace iommusim;
using software::DriverError;
using software::PageAllocator;
using software::PagingTables;
using software::Permissions;
using software::TableFormat;
using software::VtdPagingFormat;

namespace {

constexpr Range<PhysAddr> dram{PhysAddr{0}, PhysAddr{0xFFF'FFFF}};
constexpr Range<PhysAddr> table_pages{PhysAddr{0x10'0000}, PhysAddr{0xFFF'FFFF}};
constexpr TableFormat all_sizes{4, true, true};

struct Walked {
  std::uint64_t physical = 0;
  std::uint64_t page_size = 0;
  bool read = true;
  bool write = true;
};

std::optional<Walked> walk(software::CpuBus& bus, const PagingTables& tables, std::uint64_t iova) {
  Walked result;
  std::uint64_t table = tables.root().value();
  for (unsigned level = tables.levels(); level > 0; --level) {
    const unsigned shift = 12 + 9 * (level - 1);
    const std::uint64_t entry = bus.load64(PhysAddr{table + (iova >> shift & 511) * 8});
    if ((entry & 3) == 0) return std::nullopt;
    result.read = result.read && (entry & 1) != 0;
    result.write = result.write && (entry & 2) != 0;
    table = entry & 0x000F'FFFF'FFFF'F000;
    if (level > 1 && (entry & 0x80) == 0) continue;
    result.page_size = std::uint64_t{1} << shift;
    result.physical = table + (iova & (result.page_size - 1));
    return result;
  }
  return std::nullopt;
}

Range<Iova> range(std::uint64_t first, std::uint64_t size) {
  return *Range<Iova>::from_size(Iova{first}, size);
}

struct Fixture {
  explicit Fixture(const TableFormat& format) : tables{bus, pages, std::make_unique<VtdPagingFormat>(format)} {}

  std::uint64_t page_size_at(std::uint64_t iova) {
    const auto walked = walk(bus, tables, iova);
    return walked ? walked->page_size : 0;
  }

  tests::MemoryBus bus{dram};
  PageAllocator pages{bus, table_pages};
  PagingTables tables;
};

/// Maps and unmaps random ranges around leaves of one large size, and compares pages of what was touched.
class RandomRun {
 public:
  /// `leaf` and `window` in pages; every `stride`th page is compared, and both ends.
  struct Shape {
    std::uint64_t leaf;
    std::uint64_t window;
    std::uint64_t stride;
  };

  RandomRun(Fixture& fixture, const Shape& shape, unsigned seed)
      : fixture_{fixture}, shape_{shape}, random_{seed}, model_(shape.window, unmapped) {}

  void step() {
    std::uint64_t size = pick_size();
    const std::uint64_t first = pick_first(size);
    // Mostly what is possible: the range ends where it stops being mapped, or free.
    if (random_() % 8 != 0) size = std::min(size, run_length(first));
    if (model_[first] == unmapped)
      map(first, size);
    else
      unmap(first, size);
    fixture_.tables.release_unlinked(Range<Iova>::everything());
    check(first > 0 ? first - 1 : 0, std::min(first + size, shape_.window - 1));
  }
  void check_everything() { check(0, shape_.window - 1); }

 private:
  static constexpr std::uint64_t base = 0x7F'C000'0000 / page_4k;
  static constexpr std::uint64_t unmapped = ~std::uint64_t{0};

  std::uint64_t pick_size() {
    switch (random_() % 3) {
      case 0: return random_() % 4 + 1;
      case 1: return shape_.leaf * (random_() % 2 + 1);
      default: return random_() % (2 * shape_.leaf) + 1;
    }
  }
  std::uint64_t pick_first(std::uint64_t size) {
    const std::uint64_t first = random_() % (shape_.window - size + 1);
    return random_() % 2 == 0 ? first : first & ~(shape_.leaf - 1);
  }
  /// Half of the time congruent with the address, so that large leaves are possible.
  std::uint64_t pick_physical(std::uint64_t first) {
    const std::uint64_t physical = random_() % 0x1000'0000;
    return random_() % 2 == 0 ? physical : (physical & ~(shape_.leaf - 1)) | ((base + first) & (shape_.leaf - 1));
  }

  std::uint64_t run_length(std::uint64_t first) const {
    const bool mapped = model_[first] != unmapped;
    const auto end = std::find_if(model_.begin() + static_cast<std::ptrdiff_t>(first), model_.end(),
                                  [&](std::uint64_t page) { return (page != unmapped) != mapped; });
    return static_cast<std::uint64_t>(end - model_.begin()) - first;
  }

  bool all(std::uint64_t first, std::uint64_t size, bool mapped) const {
    return std::all_of(&model_[first], &model_[first] + size,
                       [&](std::uint64_t page) { return (page != unmapped) == mapped; });
  }

  void map(std::uint64_t first, std::uint64_t size) {
    const std::uint64_t physical = pick_physical(first);
    const Range<Iova> iovas = range((base + first) * page_4k, size * page_4k);
    if (!all(first, size, false)) {
      REQUIRE_THROWS_AS(fixture_.tables.map(iovas, PhysAddr{physical * page_4k}, {}), DriverError);
      return;
    }
    fixture_.tables.map(iovas, PhysAddr{physical * page_4k}, {});
    std::iota(&model_[first], &model_[first] + size, physical);
  }

  void unmap(std::uint64_t first, std::uint64_t size) {
    const Range<Iova> iovas = range((base + first) * page_4k, size * page_4k);
    if (!all(first, size, true)) {
      REQUIRE_THROWS_AS(fixture_.tables.unmap(iovas), DriverError);
      return;
    }
    fixture_.tables.unmap(iovas);
    std::fill_n(&model_[first], size, unmapped);
  }

  void check(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t page = first; page < last; page += shape_.stride)
      check_page(page);
    if (last > first) check_page(last - 1);
    check_page(last);
  }

  void check_page(std::uint64_t page) {
    const std::uint64_t iova = (base + page) * page_4k + 0x123;
    const auto walked = walk(fixture_.bus, fixture_.tables, iova);
    const auto looked_up = fixture_.tables.lookup(Iova{iova});
    const std::uint64_t found = walked ? (walked->physical - 0x123) / page_4k : unmapped;
    if (found != model_[page] || looked_up.has_value() != walked.has_value()) FAIL("page " << page);
    if (walked && (looked_up->physical.value() != walked->physical || looked_up->page_size != walked->page_size))
      FAIL("lookup of page " << page);
  }

  Fixture& fixture_;
  Shape shape_;
  std::mt19937 random_;
  std::vector<std::uint64_t> model_;
};

constexpr RandomRun::Shape around_2m{512, 24 * 512, 1};
constexpr RandomRun::Shape around_1g{262'144, 3 * 262'144, 61};

}  // namespace

TEST_CASE("Leaves are as large as both addresses, the size and the unit allow", "[software][tables]") {
  Fixture f{all_sizes};
  // From 4 KiB below 2 GiB to 4 KiB above 3 GiB + 2 MiB.
  const std::uint64_t first = 2 * page_1g - page_4k;
  f.tables.map(range(first, page_1g + page_2m + 2 * page_4k), PhysAddr{5 * page_1g - page_4k}, {});
  CHECK(f.page_size_at(first) == page_4k);
  CHECK(f.page_size_at(2 * page_1g) == page_1g);
  CHECK(f.page_size_at(3 * page_1g) == page_2m);
  CHECK(f.page_size_at(3 * page_1g + page_2m) == page_4k);
  CHECK(f.page_size_at(3 * page_1g + page_2m + page_4k) == 0);
}

TEST_CASE("A physical address that is less aligned makes the leaves smaller", "[software][tables]") {
  Fixture f{all_sizes};
  f.tables.map(range(0, page_1g), PhysAddr{page_2m}, {});
  f.tables.map(range(page_1g, page_2m), PhysAddr{page_4k}, {});
  CHECK(f.page_size_at(0) == page_2m);
  CHECK(f.page_size_at(page_1g) == page_4k);
}

TEST_CASE("Without large pages in SLLPS every leaf is 4 KiB", "[software][tables]") {
  Fixture f{{3, false, false}};
  f.tables.map(range(page_1g, page_2m * 2), PhysAddr{page_1g}, {});
  CHECK(f.page_size_at(page_1g) == page_4k);
  CHECK(f.page_size_at(page_1g + 2 * page_2m - 1) == page_4k);
}

TEST_CASE("A leaf carries the permissions and its way carries both", "[software][tables]") {
  Fixture f{all_sizes};
  f.tables.map(range(0x1000, page_4k), PhysAddr{0x8000}, Permissions{true, false});
  f.tables.map(range(page_2m, page_2m), PhysAddr{page_2m}, Permissions{false, true});
  const auto read_only = walk(f.bus, f.tables, 0x1000);
  const auto write_only = walk(f.bus, f.tables, page_2m);
  CHECK((read_only->read && !read_only->write));
  CHECK((write_only->write && !write_only->read));
}

TEST_CASE("Unmapping part of a 1 GiB leaf splits it and keeps the rest where it was", "[software][tables]") {
  Fixture f{all_sizes};
  f.tables.map(range(page_1g, page_1g), PhysAddr{4 * page_1g}, Permissions{true, false});
  const std::uint64_t hole = page_1g + 3 * page_2m + 5 * page_4k;
  f.tables.unmap(range(hole, page_4k));
  CHECK(f.page_size_at(hole) == 0);
  CHECK(f.page_size_at(page_1g) == page_2m);
  CHECK(f.page_size_at(hole - page_4k) == page_4k);
  const auto beside = walk(f.bus, f.tables, hole + page_4k);
  REQUIRE(beside.has_value());
  CHECK(beside->physical == 4 * page_1g + 3 * page_2m + 6 * page_4k);
  CHECK((beside->read && !beside->write));
  CHECK(f.tables.bytes_mapped(range(page_1g, page_1g)) == page_1g - page_4k);
}

TEST_CASE("A 1 GiB leaf splits into 4 KiB leaves when the unit has no 2 MiB pages", "[software][tables]") {
  Fixture f{{4, false, true}};
  f.tables.map(range(0, page_1g), PhysAddr{page_1g}, {});
  REQUIRE(f.page_size_at(0) == page_1g);
  f.tables.unmap(range(0, page_4k));
  CHECK(f.page_size_at(0) == 0);
  CHECK(f.page_size_at(page_1g - 1) == page_4k);
}

TEST_CASE("The last page of the tables' width can be mapped", "[software][tables]") {
  const unsigned levels = GENERATE(3u, 4u, 5u);
  Fixture f{{levels, true, true}};
  const std::uint64_t last = (std::uint64_t{1} << (12 + 9 * levels)) - page_4k;
  f.tables.map(range(last, page_4k), PhysAddr{0x5000}, {});
  REQUIRE(walk(f.bus, f.tables, last).has_value());
  CHECK(walk(f.bus, f.tables, last + 0x10)->physical == 0x5010);
  CHECK_FALSE(walk(f.bus, f.tables, last - page_4k).has_value());
}

TEST_CASE("A table that became empty is reused only when hardware has forgotten it", "[software][tables]") {
  Fixture f{all_sizes};
  const std::size_t before = f.pages.pages_in_use();
  f.tables.map(range(0x1000, page_4k), PhysAddr{0x8000}, {});
  CHECK(f.pages.pages_in_use() == before + 3);
  f.tables.unmap(range(0x1000, page_4k));
  CHECK(f.pages.pages_in_use() == before + 3);
  f.tables.release_unlinked(range(page_1g, page_4k));
  // The PML4E's table spans the released address too.
  CHECK(f.pages.pages_in_use() == before + 2);
  f.tables.release_unlinked(range(0, page_4k));
  CHECK(f.pages.pages_in_use() == before);
}

TEST_CASE("A large leaf can stand where small ones were", "[software][tables]") {
  Fixture f{all_sizes};
  f.tables.map(range(0, page_2m), PhysAddr{page_4k}, {});
  f.tables.unmap(range(0, page_2m));
  f.tables.map(range(0, page_2m), PhysAddr{page_2m}, {});
  CHECK(f.page_size_at(0x1000) == page_2m);
}

TEST_CASE("A mapping for which the pages run out leaves nothing mapped", "[software][tables]") {
  tests::MemoryBus bus{dram};
  PageAllocator pages{bus, {PhysAddr{0x10'0000}, PhysAddr{0x10'0000 + 4 * page_4k - 1}}};
  PagingTables tables{bus, pages, std::make_unique<VtdPagingFormat>(TableFormat{4, false, false})};
  // Two page tables below one PDPT and one PD need five pages with the root.
  CHECK_THROWS_AS(tables.map(range(0, 2 * page_2m), PhysAddr{0}, {}), DriverError);
  CHECK(tables.bytes_mapped(range(0, 2 * page_2m)) == 0);
  CHECK_FALSE(walk(bus, tables, 0).has_value());
}

TEST_CASE("Giving the tables back returns every page", "[software][tables]") {
  Fixture f{all_sizes};
  f.tables.map(range(0x1000, page_1g), PhysAddr{0x8000}, {});
  f.tables.unmap(range(0x1000, page_2m));
  f.tables.release_all();
  CHECK(f.pages.pages_in_use() == 0);
}

TEST_CASE("Random mapping and unmapping agrees with a flat array of pages", "[software][tables]") {
  const unsigned seed = GENERATE(1u, 2u, 3u);
  const TableFormat format = seed == 3 ? TableFormat{4, false, false} : all_sizes;
  Fixture f{format};
  RandomRun run{f, around_2m, seed};
  for (int step = 0; step < 300; ++step)
    run.step();
  run.check_everything();
}

TEST_CASE("Random mapping and unmapping around 1 GiB leaves agrees with a flat array of pages", "[software][tables]") {
  Fixture f{all_sizes};
  RandomRun run{f, around_1g, 4};
  for (int step = 0; step < 80; ++step)
    run.step();
  run.check_everything();
}
