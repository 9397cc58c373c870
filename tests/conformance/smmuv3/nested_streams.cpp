// SPDX-License-Identifier: Apache-2.0
// Nested streams where the two stages meet: context descriptors behind stage 2, and split-stage ATS (SMMUv3
// architecture, 3.9.1.2, 3.13.2, 7.3.13, 13.6.5, 13.7). Oracle: the architecture's rules.
#include "support/smmuv3_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests::smmu;

namespace {

constexpr std::uint64_t bit(unsigned number) {
  return std::uint64_t{1} << number;
}

/// Stage 2 maps its first gigabyte to itself, unless a test says otherwise; stage 1 has 39 bits of input, and a table
/// of gigabytes.
struct NestedBench : Bench {
  static constexpr std::uint32_t stream = 3;
  static constexpr PhysAddr context{0x60'0000};
  static constexpr PhysAddr stage_1_table{0x61'0000};
  static constexpr std::uint64_t privileged_stream = std::uint64_t{3} << 48;
  static constexpr std::uint64_t split_stage = std::uint64_t{2} << 28;
  static constexpr std::uint64_t substreams = std::uint64_t{1} << 59;
  static constexpr std::uint64_t skips_stage_1 = 1;
  /// Block, write-back, inner shareable, read and write.
  static constexpr std::uint64_t host_block = 1 | 0xFU << 2 | 3U << 6 | 3U << 8;
  static constexpr std::uint64_t accessed = bit(10);

  NestedBench() : Bench{config()} {
    start();
    set_bits(offset::cr0, cr0::atschk);
    attach(stream, false);
    set_entry(0, 0);
    set_context(0);
    store64(tables, host_block | accessed);
  }

  static smmuv3::UnitConfig config() {
    smmuv3::UnitConfig config = full_config();
    config.attribute_permission_overrides = true;
    config.table_update = smmuv3::TableUpdate::access_flag_and_dirty;
    config.config_cache_entries = config.tlb_entries = config.micro_tlb_entries = config.walk_cache_entries = 0;
    return config;
  }

  PhysAddr ste() const { return stream_table + 64 * stream; }
  /// Nested; with these bits in words 0 and 1.
  void set_entry(std::uint64_t low, std::uint64_t high) {
    store64(ste(), context.value() | 0xF | low);
    store64(ste() + 8, bit(44) | high);
  }
  void set_stage_2(std::uint64_t bits) { store64(ste() + 16, load64(ste() + 16) | bits); }
  /// T0SZ 25, 4 KiB, EPD1, V, IPS 44 bits, AA64, R and A.
  void set_context(std::uint64_t bits) {
    store64(context, 25 | bit(30) | bit(31) | std::uint64_t{4} << 32 | bit(41) | bit(45) | bit(46) | bits);
    store64(context + 8, stage_1_table.value());
  }

  iommu::TranslationResult request_translation(std::uint64_t address, bool no_write) {
    iommu::TranslationRequest request;
    request.requester = RequesterId{stream};
    request.address_type = AddressType::translation_request;
    request.address = Iova{address};
    request.size = 8;
    request.no_write = no_write;
    return unit.translate(request, fetches);
  }
};

}  // namespace

TEST_CASE("A fault on the way to the context descriptor tells of the access as the stream table entry makes it",
          "[smmuv3][events]") {
  NestedBench bench;
  bench.set_entry(0, NestedBench::privileged_stream);
  bench.store64(Bench::tables, 0);
  bench.read(NestedBench::stream, 0x1000);
  const auto event = bench.take_event();
  REQUIRE(event.has_value());
  CHECK(((*event)[0] & 0xFF) == 0x10);
  // PnU, RnW, S2, CLASS CD.
  CHECK((*event)[1] == (bit(33) | bit(35) | bit(39)));
}

TEST_CASE("The access flag of the context descriptor's page is set, whatever becomes of the request",
          "[smmuv3][tables]") {
  NestedBench bench;
  // S2HA.
  bench.set_stage_2(bit(56));
  bench.store64(Bench::tables, NestedBench::host_block);
  SECTION("an address beyond the tables") {
    CHECK(bench.read(NestedBench::stream, bit(40)).fault_reason == 0x10);
  }
  SECTION("a context descriptor that is not valid") {
    bench.store64(NestedBench::context, 0);
    CHECK(bench.read(NestedBench::stream, 0x1000).fault_reason == 0x0A);
  }
  CHECK(bench.load64(Bench::tables) == (NestedBench::host_block | NestedBench::accessed));
}

TEST_CASE("Split-stage ATS that skips stage 1 gives the device its own address", "[smmuv3][ats]") {
  NestedBench bench;
  bench.set_entry(NestedBench::substreams, NestedBench::split_stage | NestedBench::skips_stage_1);
  bench.map_gigabyte(1, PhysAddr{0x8'0000'0000});
  const iommu::TranslationResult result = bench.request_translation(0x4000'5000, false);
  CHECK(result.outcome == iommu::Outcome::translated);
  CHECK(result.address == PhysAddr{0x4000'5000});
  CHECK(result.readable);
  CHECK(result.writable);
}

TEST_CASE("A translation request that stage 1 grants nothing does not reach stage 2", "[smmuv3][ats]") {
  NestedBench bench;
  bench.set_entry(0, bit(28));
  bench.set_stage_2(bit(56));
  // For unprivileged fetches alone: AP[1]=0, UXN=0.
  const std::uint64_t execute_only = 0x4000'0000 | 1 | NestedBench::accessed;
  bench.store64(NestedBench::stage_1_table, execute_only);
  bench.store64(Bench::tables + 8, 0x4000'0000 | NestedBench::host_block);
  const bool no_write = GENERATE(false, true);
  const iommu::TranslationResult result = bench.request_translation(0x1000, no_write);
  CHECK(result.outcome == iommu::Outcome::translated);
  CHECK_FALSE(result.readable);
  CHECK_FALSE(result.writable);
  CHECK(bench.load64(Bench::tables + 8) == (0x4000'0000 | NestedBench::host_block));
}
