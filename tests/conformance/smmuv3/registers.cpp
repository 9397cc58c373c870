// SPDX-License-Identifier: Apache-2.0
// Registers: reset, handshakes, guards, access sizes (SMMUv3 architecture, 6).
// Oracle: the architecture's register map and rules, retyped.
#include "support/smmuv3_bench.h"

#include <catch2/catch.hpp>

#include <array>

using namespace iommusim;
using namespace iommusim::tests::smmu;

namespace {

constexpr std::uint32_t every_bit = 0xFFFF'FFFF;

/// CR0ACK after writing `value` to CR0.
std::uint32_t acknowledged(Bench& bench, std::uint32_t value) {
  bench.write32(offset::cr0, value);
  return bench.read32(offset::cr0ack);
}

}  // namespace

TEST_CASE("SMMU-001 Reset leaves everything off and nothing pending", "[smmuv3][registers]") {
  const Bench bench;
  for (const std::uint64_t at :
       {offset::cr0, offset::cr0ack, offset::irq_ctrl, offset::irq_ctrlack, offset::gerror, offset::gerrorn})
    CHECK(bench.read32(at) == 0);
  CHECK((bench.read32(offset::gbpa) & gbpa::update) == 0);
}

TEST_CASE("SMMU-002 Identification registers say what the unit is built as, and keep it", "[smmuv3][registers]") {
  smmuv3::UnitConfig config = full_config();
  config.implementation = 0x4831'143B;
  config.table_update = smmuv3::TableUpdate::access_flag_and_dirty;
  Bench bench{config};
  const std::array<std::uint32_t, 8> expected{
      // S2P S1P TTF=2 COHACC HTTU=2 HYP ATS ASID16 MSI SEV PRI VMW VMID16 CD2L TTENDIAN=2 ATSRECERR ST_LEVEL=1.
      0x3 | 2U << 2 | 1U << 4 | 2U << 6 | 1U << 9 | 1U << 10 | 1U << 12 | 1U << 13 | 1U << 14 | 1U << 16 | 1U << 17 |
          1U << 18 | 1U << 19 | 2U << 21 | 1U << 23 | 1U << 27,
      // SIDSIZE 16, SSIDSIZE 20, the three queues 8.
      16 | 20U << 6 | 8U << 11 | 8U << 16 | 8U << 21,
      0,
      // HAD, XNX, RIL.
      1U << 2 | 1U << 4 | 1U << 10,
      0,
      // OAS 44 bits, three granules, STALL_MAX 4.
      4 | 7U << 4 | 4U << 16,
      0x4831'143B,
      3,
  };
  for (unsigned i = 0; i < expected.size(); ++i) {
    INFO("register at " << 4 * i);
    CHECK(bench.read32(4 * i) == expected[i]);
    bench.write32(4 * i, every_bit);
    CHECK(bench.read32(4 * i) == expected[i]);
    bench.write32(4 * i, 0);
    CHECK(bench.read32(4 * i) == expected[i]);
  }
}

TEST_CASE("SMMU-002 QEMU's unit is the default", "[smmuv3][registers]") {
  const Bench bench{smmuv3::UnitConfig{}};
  // S1P TTF=2 COHACC ASID16 TTENDIAN=2 STALL_MODEL=1 TERM_MODEL=1 ST_LEVEL=1.
  CHECK(bench.read32(offset::idr0) == 0x0D40'101A);
  CHECK(bench.read32(offset::idr1) == (16U | 19U << 16 | 19U << 21));
  CHECK(bench.read32(offset::idr5) == 0x74);
}

TEST_CASE("SMMU-003 CR0 reads back at once and CR0ACK follows", "[smmuv3][registers]") {
  Bench bench;
  for (const std::uint32_t value :
       {cr0::cmdqen, cr0::cmdqen | cr0::eventqen, cr0::priqen, cr0::smmuen | cr0::atschk, 0U}) {
    CHECK(acknowledged(bench, value) == value);
    CHECK(bench.read32(offset::cr0) == value);
  }
  bench.write32(offset::irq_ctrl, irq_ctrl::eventq | irq_ctrl::gerror);
  CHECK(bench.read32(offset::irq_ctrlack) == (irq_ctrl::eventq | irq_ctrl::gerror));
}

TEST_CASE("SMMU-004 CR0ACK holds 0 in every bit that is not implemented", "[smmuv3][registers]") {
  Bench full;
  CHECK(acknowledged(full, every_bit) == 0x1DF);
  smmuv3::UnitConfig without = full_config();
  without.pri = without.ats = without.ats_record_errors = without.vmid_wildcard = false;
  without.page_request_queue_bits = 0;
  Bench bench{without};
  CHECK(acknowledged(bench, every_bit) == (cr0::smmuen | cr0::eventqen | cr0::cmdqen));
  bench.write32(offset::irq_ctrl, every_bit);
  CHECK(bench.read32(offset::irq_ctrlack) == (irq_ctrl::eventq | irq_ctrl::gerror));
}

TEST_CASE("SMMU-005 The stream table stays where it is while SMMUEN is 1", "[smmuv3][registers]") {
  Bench bench;
  bench.enable_translation(6);
  bench.write64(offset::strtab_base, 0x77'0000);
  bench.write32(offset::strtab_base, 0x77'0000);
  bench.write32(offset::strtab_base_cfg, 9);
  CHECK(bench.read64(offset::strtab_base) == Bench::stream_table.value());
  CHECK(bench.read32(offset::strtab_base_cfg) == 6);
  bench.clear_bits(offset::cr0, cr0::smmuen);
  bench.write64(offset::strtab_base, 0x77'0000);
  bench.write32(offset::strtab_base_cfg, 9);
  CHECK(bench.read64(offset::strtab_base) == 0x77'0000);
  CHECK(bench.read32(offset::strtab_base_cfg) == 9);
}

TEST_CASE("SMMU-006 Queues that run keep their base and the index that the unit moves", "[smmuv3][registers]") {
  struct Guarded {
    std::uint32_t enable;
    std::uint64_t base, own, other;
  };
  const auto [enable, base, own, other] =
      GENERATE(Guarded{cr0::cmdqen, offset::cmdq_base, offset::cmdq_cons, offset::eventq_prod},
               Guarded{cr0::eventqen, offset::eventq_base, offset::eventq_prod, offset::cmdq_cons},
               Guarded{cr0::priqen, offset::priq_base, offset::priq_prod, offset::cmdq_cons});
  Bench bench;
  bench.write32(offset::cr0, enable);
  bench.write64(base, 0x1234'5003);
  bench.write32(own, 5);
  CHECK(bench.read64(base) == 0);
  CHECK(bench.read32(own) == 0);
  bench.write32(other, 7);
  CHECK(bench.read32(other) == 7);
  bench.write32(offset::cr0, 0);
  bench.write64(base, 0x1234'5003);
  bench.write32(own, 5);
  CHECK(bench.read64(base) == 0x1234'5003);
  CHECK(bench.read32(own) == 5);
}

TEST_CASE("SMMU-007 CR2 changes only while SMMUEN is 0", "[smmuv3][registers]") {
  Bench bench;
  bench.write32(offset::cr2, every_bit);
  CHECK(bench.read32(offset::cr2) == 0xF);
  bench.write32(offset::cr0, cr0::smmuen);
  bench.write32(offset::cr2, 0);
  CHECK(bench.read32(offset::cr2) == 0xF);
  bench.write32(offset::cr0, 0);
  bench.write32(offset::cr2, cr2::recinvsid);
  CHECK(bench.read32(offset::cr2) == cr2::recinvsid);
}

TEST_CASE("SMMU-008 Each half of CR1 is guarded by what uses it", "[smmuv3][registers]") {
  constexpr std::uint32_t tables = 0xFC0;
  constexpr std::uint32_t queues = 0x03F;
  const std::uint32_t queue = GENERATE(cr0::cmdqen, cr0::eventqen, cr0::priqen);
  Bench bench;
  bench.write32(offset::cr1, 0xD75);
  CHECK(bench.read32(offset::cr1) == 0xD75);
  bench.write32(offset::cr0, queue);
  bench.write32(offset::cr1, 0);
  CHECK(bench.read32(offset::cr1) == (0xD75 & queues));
  bench.write32(offset::cr0, cr0::smmuen);
  bench.write32(offset::cr1, every_bit);
  CHECK(bench.read32(offset::cr1) == queues);
  bench.write32(offset::cr0, cr0::smmuen | queue);
  bench.write32(offset::cr1, 0);
  CHECK(bench.read32(offset::cr1) == queues);
  bench.write32(offset::cr0, 0);
  bench.write32(offset::cr1, every_bit);
  CHECK(bench.read32(offset::cr1) == (tables | queues));
}

TEST_CASE("SMMU-009 GBPA takes what is written together with Update", "[smmuv3][registers]") {
  Bench bench;
  const std::uint32_t reset = bench.read32(offset::gbpa);
  bench.write32(offset::gbpa, gbpa::abort);
  CHECK(bench.read32(offset::gbpa) == reset);
  bench.write32(offset::gbpa, gbpa::update | gbpa::abort | 0x2F0F);
  CHECK(bench.read32(offset::gbpa) == (gbpa::abort | 0x2F0F));
  bench.write32(offset::gbpa, 0);
  CHECK(bench.read32(offset::gbpa) == (gbpa::abort | 0x2F0F));
  bench.write32(offset::gbpa, gbpa::update);
  CHECK(bench.read32(offset::gbpa) == 0);
}

TEST_CASE("SMMU-010 STRTAB_BASE is set by one write or by two halves", "[smmuv3][registers]") {
  constexpr std::uint64_t value = std::uint64_t{1} << 62 | 0x5'1234'5640;
  Bench whole;
  whole.write64(offset::strtab_base, value);
  Bench halves;
  halves.write32(offset::strtab_base, static_cast<std::uint32_t>(value));
  CHECK(halves.read64(offset::strtab_base) == (value & 0xFFFF'FFFF));
  halves.write32(offset::strtab_base + 4, static_cast<std::uint32_t>(value >> 32));
  CHECK(whole.read64(offset::strtab_base) == value);
  CHECK(halves.read64(offset::strtab_base) == value);
  CHECK(halves.read32(offset::strtab_base + 4) == value >> 32);
}

TEST_CASE("SMMU-011 The indices of output queues are in page 1 and can be reached through page 0",
          "[smmuv3][registers]") {
  const std::uint64_t at = GENERATE(offset::eventq_prod, offset::eventq_cons, offset::priq_prod, offset::priq_cons);
  Bench bench;
  bench.write32(at, 0x8000'0005);
  CHECK(bench.read32(at) == 0x8000'0005);
  CHECK(bench.read32(at - 0x1'0000) == 0x8000'0005);
  bench.write32(at - 0x1'0000, 3);
  CHECK(bench.read32(at) == 3);
}

TEST_CASE("SMMU-012 While SMMUEN is 0, GBPA says what becomes of transactions", "[smmuv3][registers]") {
  Bench bench;
  bench.enable_queues();
  const auto passed = bench.read(0x100, 0x1234'5678);
  CHECK(passed.outcome == iommu::Outcome::translated);
  CHECK(passed.address.value() == 0x1234'5678);
  CHECK(passed.readable);
  CHECK(passed.writable);
  const auto beyond = bench.read(0x100, std::uint64_t{1} << 44);
  CHECK(beyond.outcome == iommu::Outcome::fault);
  bench.write32(offset::gbpa, gbpa::update | gbpa::abort);
  const auto refused = bench.read(0x100, 0x1234'5678);
  CHECK(refused.outcome == iommu::Outcome::fault);
  CHECK_FALSE(refused.fault_recorded);
  CHECK(bench.events_waiting() == 0);
}

TEST_CASE("SMMU-013 Turning SMMUEN off and on forgets nothing", "[smmuv3][registers]") {
  Bench bench;
  bench.start();
  bench.attach(1, false);
  bench.map_gigabyte(0, PhysAddr{0x4000'0000});
  REQUIRE(bench.read(1, 0x1000).address.value() == 0x4000'1000);
  bench.map_gigabyte(0, PhysAddr{0x8000'0000});
  bench.clear_bits(offset::cr0, cr0::smmuen);
  CHECK(bench.read(1, 0x1000).address.value() == 0x1000);
  bench.set_bits(offset::cr0, cr0::smmuen);
  CHECK(bench.read(1, 0x1000).address.value() == 0x4000'1000);
  bench.put(tlbi_nsnh_all());
  bench.submit(sync());
  CHECK(bench.read(1, 0x1000).address.value() == 0x8000'1000);
}

TEST_CASE("Where no register is, reads give 0 and writes are lost", "[smmuv3][registers]") {
  Bench bench;
  for (const std::uint64_t at :
       {0x0C, 0x40, 0x48, 0x100, 0xE00, 0x4000, 0x8020, 0x1'0020, 0x1'00B0, 0x1'FFFC, 0x2'0000}) {
    const std::uint32_t before = bench.read32(at);
    bench.write32(at, 0xFFFF'FFFF);
    CHECK(bench.read32(at) == before);
  }
  CHECK(bench.read32(0x1'0020) == 0);
  CHECK(bench.read32(0x2'0000) == 0);
  CHECK(bench.unit.register_block_size() == 0x2'0000);
}

TEST_CASE("Accesses of other sizes, or misaligned ones, read 0 and write nothing", "[smmuv3][registers]") {
  Bench bench;
  bench.unit.write_register(offset::cr2, 2, 0xF);
  bench.unit.write_register(offset::cr2 + 2, 4, 0xFFFF'FFFF);
  bench.unit.write_register(offset::strtab_base + 4, 8, ~std::uint64_t{0});
  CHECK(bench.read32(offset::cr2) == 0);
  CHECK(bench.read64(offset::strtab_base) == 0);
  CHECK(bench.unit.read_register(offset::idr0, 1) == 0);
  CHECK(bench.unit.read_register(offset::idr0 + 2, 4) == 0);
}

TEST_CASE("Registers of what the unit does not have are not there", "[smmuv3][registers]") {
  Bench bench{smmuv3::UnitConfig{}};
  for (const std::uint64_t at : {offset::gerror_irq_cfg0, offset::eventq_irq_cfg0, offset::priq_base, offset::priq_prod,
                                 offset::priq_cons, offset::priq_irq_cfg0, offset::priq_irq_cfg0 + offset::cfg2}) {
    bench.write32(at, 0x1000);
    CHECK(bench.read32(at) == 0);
  }
}
