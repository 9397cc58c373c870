// SPDX-License-Identifier: Apache-2.0
// What CMD_CFGI_* and CMD_TLBI_* ask the caches to forget (SMMUv3 architecture, 4.3 and 4.4).
// Oracle: the architecture's formulas, retyped.
#include "iommu/smmuv3/command_check.h"
#include "iommu/smmuv3/command_decoding.h"
#include "support/smmuv3_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::smmuv3;
using tests::smmu::command;
using tests::smmu::CommandWords;
using tests::smmu::full_config;
using tests::smmu::of_stream;
using ConfigScope = ConfigInvalidation::Scope;
using TlbScope = TlbInvalidation::Scope;

namespace {

ConfigInvalidation config_of(const CommandWords& words) {
  return config_invalidation_of(ConfigCommand{words});
}
TlbInvalidation tlb_of(const CommandWords& words, bool ranges = true, bool e2h = false) {
  return tlb_invalidation_of(TlbCommand{words}, {ranges, e2h, 0x3});
}
bool legal(const CommandWords& words, const UnitConfig& config = full_config()) {
  return is_legal(Command{words}, config);
}

/// Address form: NUM, SCALE in the low word, Leaf, TTL, TG in the high one.
CommandWords by_address(std::uint64_t opcode, std::uint64_t address, std::uint64_t num, std::uint64_t scale,
                        std::uint64_t ttl, std::uint64_t tg, bool leaf = false) {
  return command(opcode, num << 12 | scale << 20, address | tg << 10 | ttl << 8 | (leaf ? 1U : 0U));
}

constexpr std::uint64_t ids(std::uint64_t vmid, std::uint64_t asid) {
  return vmid << 32 | asid << 48;
}

}  // namespace

TEST_CASE("SMMU-071 CMD_CFGI_STE_RANGE covers an aligned range, and with Range 31 everything", "[smmuv3][commands]") {
  for (unsigned range = 0; range < 31; ++range) {
    const std::uint64_t size = std::uint64_t{2} << range;
    const ConfigInvalidation request = config_of(command(0x04, of_stream(0x8765'4321), range));
    CHECK(request.scope == ConfigScope::streams);
    CHECK(request.stream == 0x8765'4321 / size * size);
    CHECK(request.last_stream == 0x8765'4321 / size * size + (size - 1));
  }
  CHECK(config_of(command(0x04, of_stream(0x8765'4321), 31)).scope == ConfigScope::everything);
}

TEST_CASE("CMD_CFGI_STE and CMD_CFGI_CD name one stream or one context", "[smmuv3][commands]") {
  const ConfigInvalidation stream = config_of(command(0x03, of_stream(7), 1));
  CHECK(stream.scope == ConfigScope::stream);
  CHECK(stream.stream == 7);
  CHECK(stream.leaf);
  const ConfigInvalidation context = config_of(command(0x05, of_stream(7) | 0xABCDEU << 12, 0));
  CHECK(context.scope == ConfigScope::context);
  CHECK(context.substream == 0xABCDE);
  CHECK_FALSE(context.leaf);
  const ConfigInvalidation contexts = config_of(command(0x06, of_stream(9)));
  CHECK(contexts.scope == ConfigScope::contexts);
  CHECK(contexts.stream == 9);
}

TEST_CASE("CMD_TLBI_* name scope, regime, VMID and ASID", "[smmuv3][commands]") {
  struct Expected {
    std::uint64_t opcode;
    TlbScope scope;
    Regime regime;
  };
  const std::vector<Expected> all{
      {0x10, TlbScope::all, Regime::ns_el1},
      {0x11, TlbScope::asid, Regime::ns_el1},
      {0x12, TlbScope::va_asid, Regime::ns_el1},
      {0x13, TlbScope::va, Regime::ns_el1},
      {0x20, TlbScope::all, Regime::el2},
      {0x21, TlbScope::asid, Regime::el2_e2h},
      {0x22, TlbScope::va_asid, Regime::el2},
      {0x23, TlbScope::va, Regime::el2},
      {0x28, TlbScope::vmid_both_stages, Regime::ns_el1},
      {0x2A, TlbScope::ipa, Regime::ns_el1},
      {0x30, TlbScope::all_non_hypervisor, Regime::ns_el1},
  };
  for (const auto& [opcode, scope, regime] : all) {
    INFO("opcode " << opcode);
    const TlbInvalidation request = tlb_of(command(opcode, ids(0x1234, 0xABCD)));
    CHECK(request.scope == scope);
    CHECK(request.regime == regime);
    CHECK(request.asid == 0xABCD);
    CHECK(request.vmid == (regime == Regime::ns_el1 ? 0x1234 : 0));
    CHECK(request.vmid_ignored == (regime == Regime::ns_el1 ? 3 : 0));
  }
  CHECK(tlb_of(command(0x22), true, true).regime == Regime::el2_e2h);
  CHECK(tlb_of(command(0x23), true, true).regime == Regime::el2_e2h);
}

TEST_CASE("An address without granule is one address, whatever NUM, SCALE and TTL say", "[smmuv3][commands]") {
  const TlbInvalidation request = tlb_of(by_address(0x12, 0xFFFF'1234'5678'9000, 31, 31, 3, 0, true));
  CHECK(request.address == 0xFFFF'1234'5678'9000);
  CHECK(request.size == 1);
  CHECK(request.leaf);
  CHECK(tlb_of(by_address(0x12, 0x9000, 3, 4, 3, 1), false).size == 1);
}

TEST_CASE("SMMU-072 A granule makes a range of (NUM + 1) * 2^SCALE granules", "[smmuv3][commands]") {
  for (const std::uint64_t tg : {1, 2, 3}) {
    const std::uint64_t granule = std::uint64_t{1} << (10 + 2 * tg);
    for (const std::uint64_t num : {0, 1, 31})
      for (const std::uint64_t scale : {0, 1, 20, 31}) {
        const TlbInvalidation request = tlb_of(by_address(0x2A, 0x12'3456'7000, num, scale, 3, tg));
        CHECK(request.address == 0x12'3456'7000 / granule * granule);
        CHECK(request.size == (num + 1) * (std::uint64_t{1} << scale) * granule);
      }
  }
}

TEST_CASE("SMMU-072 A range ends at the end of the address space", "[smmuv3][commands]") {
  const TlbInvalidation at_end = tlb_of(by_address(0x13, 0xFFFF'FFFF'FFFF'F000, 31, 31, 3, 1));
  CHECK(at_end.address == 0xFFFF'FFFF'FFFF'F000);
  CHECK(at_end.address + at_end.size > at_end.address);
  const TlbInvalidation huge = tlb_of(by_address(0x13, 0x1000, 31, 63, 3, 3));
  CHECK(huge.address == 0);
  CHECK(huge.size == ~std::uint64_t{0});
}

TEST_CASE("SMMU-072 A granule without range and level is illegal where ranges exist", "[smmuv3][commands]") {
  UnitConfig without = full_config();
  without.range_invalidation = false;
  for (const std::uint64_t opcode : {0x12, 0x13, 0x22, 0x23, 0x2A})
    for (const std::uint64_t tg : {1, 2, 3}) {
      CHECK_FALSE(legal(by_address(opcode, 0x1000, 0, 0, 0, tg)));
      CHECK(legal(by_address(opcode, 0x1000, 0, 0, 0, tg), without));
      CHECK(legal(by_address(opcode, 0x1000, 1, 0, 0, tg)));
      CHECK(legal(by_address(opcode, 0x1000, 0, 1, 0, tg)));
      CHECK(legal(by_address(opcode, 0x1000, 0, 0, 3, tg)));
      // No blocks at level 1 of 16 KiB tables: the level counts as 0.
      CHECK(legal(by_address(opcode, 0x1000, 0, 0, 1, tg)) == (tg != 2));
    }
  CHECK(legal(by_address(0x12, 0x1000, 0, 0, 0, 0)));
}

TEST_CASE("CR0.VMW says how many bits of the VMID an invalidation ignores", "[smmuv3][commands]") {
  tests::smmu::Bench bench;
  bench.start();
  bench.attach(1, false);
  bench.map_gigabyte(0, PhysAddr{0x4000'0000});
  const auto cached = [&] { return bench.read(1, 0x1000).translation_cached; };
  // The stream's VMID is 7.
  const auto invalidate = [&](std::uint64_t vmid) {
    bench.put(command(0x28, ids(vmid, 0)));
    bench.submit(tests::smmu::sync());
  };
  const std::uint32_t on = bench.read32(tests::smmu::offset::cr0);
  bench.read(1, 0x1000);
  REQUIRE(cached());
  invalidate(6);
  CHECK(cached());
  bench.write32(tests::smmu::offset::cr0, on | 1U << 6);
  invalidate(6);
  CHECK_FALSE(cached());
  invalidate(4);
  CHECK(cached());
  bench.write32(tests::smmu::offset::cr0, on | 2U << 6);
  invalidate(4);
  CHECK_FALSE(cached());
  bench.write32(tests::smmu::offset::cr0, on | 7U << 6);
  invalidate(4);
  CHECK(cached());
}

TEST_CASE("CMD_TLBI_EL2_ALL removes what EL2 has, with and without ASIDs", "[smmuv3][commands]") {
  constexpr std::uint64_t one = 1;
  constexpr PhysAddr context{0x70'0000};
  constexpr std::uint32_t stream = 3;
  const bool e2h = GENERATE(false, true);
  tests::smmu::Bench bench;
  bench.start();
  bench.clear_bits(tests::smmu::offset::cr0, tests::smmu::cr0::smmuen);
  bench.write32(tests::smmu::offset::cr2, e2h ? tests::smmu::cr2::e2h : 0);
  bench.set_bits(tests::smmu::offset::cr0, tests::smmu::cr0::smmuen);
  // Stage 1 only, in the world of EL2; SHCFG: use incoming.
  const PhysAddr ste = tests::smmu::Bench::stream_table + 64 * stream;
  bench.store64(ste, context.value() | 1 | 5U << 1);
  bench.store64(ste + 8, std::uint64_t{2} << 30 | one << 44);
  // 39 bits of input, EPD1, V, IPS 44 bits, AA64, R, A, ASID 5.
  bench.store64(context, 25 | one << 30 | one << 31 | std::uint64_t{4} << 32 | one << 41 | one << 45 | one << 46 |
                             std::uint64_t{5} << 48);
  bench.store64(context + 8, tests::smmu::Bench::tables.value());
  bench.store64(context + 24, 0xFF);
  // A block that is not global: AF, AP[1], nG.
  bench.store64(tests::smmu::Bench::tables, 0x4000'0000 | one | one << 6 | one << 10 | one << 11);
  REQUIRE(bench.read(stream, 0x1000).address.value() == 0x4000'1000);
  REQUIRE(bench.read(stream, 0x1000).translation_cached);
  bench.submit(command(0x20));
  CHECK_FALSE(bench.read(stream, 0x1000).translation_cached);
}
