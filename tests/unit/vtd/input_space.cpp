// SPDX-License-Identifier: Apache-2.0
// Oracle: tables written by hand in the layouts of the VT-d specification, 9.3 and 9.8, and the borders that they must
// have.
#include "iommu/vtd/input_space.h"

#include "base/endian.h"
#include "memory/sparse_memory.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace iommusim;
using namespace iommusim::vtd;

namespace {

constexpr RequesterId requester{0, 1, 0};

/// Tables of three levels: the root table at 0x1000, the context table at 0x2000, paging tables from 0x3000.
class Tables {
 public:
  Tables() {
    config_.table_levels = {3};
    config_.guest_address_width = 39;
    remapping_.enabled = true;
    remapping_.root_table = PhysAddr{0x1000};
    write(0x1000, 0x2001);
    write(0x2000 + 16 * requester.devfn(), 0x3001);
    // DID 1, AW 1: three levels.
    write(0x2000 + 16 * requester.devfn() + 8, 0x101);
  }

  void write(std::uint64_t address, std::uint64_t value) {
    std::array<std::uint8_t, 8> bytes{};
    store_le(bytes.data(), value);
    memory_.write(PhysAddr{address}, bytes.data(), bytes.size());
  }

  /// The same tables in scalable mode: `first` and `second` are the words 0 and 2 of the PASID entry.
  void use_scalable(std::uint64_t second, std::uint64_t first) {
    config_ = scalable_mode_config();
    remapping_.table_mode = TableMode::scalable;
    write(0x1000 + 16 * requester.bus(), 0x7'0001);
    write(0x7'0000 + 32 * requester.devfn(), 0x7'1001);
    write(0x7'1000, 0x7'2001);
    write(0x7'2000, second | 1);
    // DID 1, PWSNP.
    write(0x7'2008, 1 << 23 | 1);
    write(0x7'2010, first);
  }

  iommu::InputSpace space() const {
    const TableFormat format{config_};
    const ProtectedMemory protected_memory;
    const TranslationCaches caches{config_};
    return input_space({format, remapping_, protected_memory, caches, memory_}, requester);
  }

 private:
  UnitConfig config_;
  RemappingState remapping_;
  memory::SparseMemory memory_{{{ComponentId::none, {PhysAddr{0}, PhysAddr{0xF'FFFF}}}}};
};

bool has_border(const iommu::InputSpace& space, std::uint64_t address) {
  return std::find(space.borders.begin(), space.borders.end(), Iova{address}) != space.borders.end();
}

}  // namespace

TEST_CASE("Pages with consecutive outputs and equal rights are one mapped range", "[vtd]") {
  Tables tables;
  tables.write(0x3000, 0x4003);
  tables.write(0x4000, 0x5003);
  tables.write(0x5008, 0x8003);
  tables.write(0x5010, 0x9003);
  tables.write(0x5018, 0xA001);
  tables.write(0x5020, 0xC001);
  const iommu::InputSpace space = tables.space();
  REQUIRE(space.mapped.size() == 3);
  CHECK(space.mapped[0].input == Range<Iova>{Iova{0x1000}, Iova{0x2FFF}});
  CHECK(space.mapped[0].output == PhysAddr{0x8000});
  CHECK(space.mapped[1].input == Range<Iova>{Iova{0x3000}, Iova{0x3FFF}});
  CHECK_FALSE(space.mapped[1].writable);
  CHECK(space.mapped[2].output == PhysAddr{0xC000});
  for (const std::uint64_t border : {0x1000, 0x3000, 0x4000, 0x5000})
    CHECK(has_border(space, border));
  CHECK(has_border(space, std::uint64_t{1} << 39));
}

TEST_CASE("Large pages are mapped with their size, and rights that the tables above lack are not there", "[vtd]") {
  Tables tables;
  tables.write(0x3000, 0x4001);
  tables.write(0x4008, 0x20'0083);
  const iommu::InputSpace space = tables.space();
  REQUIRE(space.mapped.size() == 1);
  CHECK(space.mapped[0].input == Range<Iova>{Iova{0x20'0000}, Iova{0x3F'FFFF}});
  CHECK(space.mapped[0].readable);
  CHECK_FALSE(space.mapped[0].writable);
}

TEST_CASE("Entries with reserved bits and tables outside memory are no mappings, but have borders", "[vtd]") {
  Tables tables;
  tables.write(0x3008, 0x4000'0000'0000'4003);
  tables.write(0x3010, 0x7000'0003);
  const iommu::InputSpace space = tables.space();
  CHECK(space.mapped.empty());
  CHECK(has_border(space, 0x4000'0000));
  CHECK(has_border(space, 0x8000'0000));
  CHECK(has_border(space, 0xC000'0000));
}

TEST_CASE("Tables that refer to themselves end", "[vtd]") {
  Tables tables;
  for (std::uint64_t i = 0; i < 512; ++i)
    tables.write(0x3000 + 8 * i, 0x3003);
  CHECK_FALSE(tables.space().complete);
}

TEST_CASE("Without translation there are no tables", "[vtd]") {
  Tables tables;
  tables.write(0x2000 + 16 * requester.devfn(), 0);
  const iommu::InputSpace space = tables.space();
  CHECK(space.mapped.empty());
  CHECK(space.complete);
  CHECK(has_border(space, 0xFEE0'0000));
  CHECK(has_border(space, 0xFEF0'0000));
}

TEST_CASE("In scalable mode the tables of RID_PASID are the ones that count", "[vtd]") {
  Tables tables;
  // Three levels, second stage.
  tables.use_scalable(0x3000 | 2 << 6 | 1 << 2, 0);
  tables.write(0x3000, 0x4003);
  tables.write(0x4000, 0x5003);
  tables.write(0x5008, 0x8003);
  const iommu::InputSpace space = tables.space();
  REQUIRE(space.mapped.size() == 1);
  CHECK(space.mapped[0].input == Range<Iova>{Iova{0x1000}, Iova{0x1FFF}});
  CHECK(has_border(space, std::uint64_t{1} << 39));
}

TEST_CASE("First-stage tables map both halves of the canonical addresses", "[vtd]") {
  Tables tables;
  tables.use_scalable(1 << 6, 0x2'0000);
  tables.write(0x2'0000, 0x2'1007);
  tables.write(0x2'0000 + 8 * 511, 0x2'1007);
  tables.write(0x2'1000, 0x2'2007);
  tables.write(0x2'2000, 0x2'3007);
  tables.write(0x2'3008, 0x8007);
  // Only for supervisors, and only for reading.
  tables.write(0x2'3010, 0x9003);
  tables.write(0x2'3018, 0xA005);
  const iommu::InputSpace space = tables.space();
  REQUIRE(space.mapped.size() == 4);
  CHECK(space.mapped[0].input == Range<Iova>{Iova{0x1000}, Iova{0x1FFF}});
  CHECK(space.mapped[0].writable);
  CHECK(space.mapped[1].input == Range<Iova>{Iova{0x3000}, Iova{0x3FFF}});
  CHECK_FALSE(space.mapped[1].writable);
  CHECK(space.mapped[2].input.first == Iova{0xFFFF'FF80'0000'1000});
  CHECK(has_border(space, std::uint64_t{1} << 47));
  CHECK(has_border(space, 0xFFFF'8000'0000'0000));
}

TEST_CASE("Nested tables map where both stages lead", "[vtd]") {
  Tables tables;
  // Second stage of three levels: guest 0x0 to 0x1f'ffff is host 0x0 on but for page 0x9000, which is elsewhere.
  tables.use_scalable(0x3000 | 3 << 6 | 1 << 2, 0x2'0000);
  tables.write(0x3000, 0x4003);
  tables.write(0x4000, 0x5003);
  for (std::uint64_t page = 0; page < 512; ++page)
    tables.write(0x5000 + 8 * page, page << 12 | 3);
  tables.write(0x5000 + 8 * 9, 0xF'0001);
  tables.write(0x2'0000, 0x2'1007);
  tables.write(0x2'1000, 0x2'2007);
  tables.write(0x2'2000, 0x2'3007);
  for (std::uint64_t page = 8; page < 11; ++page)
    tables.write(0x2'3000 + 8 * page, page << 12 | 7);
  const iommu::InputSpace space = tables.space();
  REQUIRE(space.mapped.size() == 3);
  CHECK(space.mapped[0].output == PhysAddr{0x8000});
  CHECK(space.mapped[1].output == PhysAddr{0xF'0000});
  CHECK_FALSE(space.mapped[1].writable);
  CHECK(space.mapped[2].output == PhysAddr{0xA000});
}
