// SPDX-License-Identifier: Apache-2.0
// What makes a stream table entry ILLEGAL.
// Oracle: the SMMUv3 architecture, 5.2.2, each condition with its neighbours.
#include "support/smmuv3_decision_bench.h"

#include <catch2/catch.hpp>

#include <vector>

using namespace iommusim;
using namespace iommusim::smmuv3::testing;
using iommusim::smmuv3::EventCode;
using iommusim::smmuv3::FaultClass;

namespace {

constexpr std::uint64_t page = 0x4000'0000;

/// A stream of each kind with the page mapped to itself.
struct LegalBench : DecisionBench {
  explicit LegalBench(unsigned stages, const smmuv3::UnitConfig& built_as = everything()) : DecisionBench{built_as} {
    if (stages == 5) stage_1();
    if (stages == 6) stage_2();
    if (stages == 7) nested();
    if (stages == 5) map_1(page, page);
    if (stages == 6) map_2(page, page);
    if (stages == 7) map_1(page, page + guest);
  }
  void expect_legal() { expect_passes(*this, read_at(page), page); }
  void expect_illegal() { expect_event(*this, read_at(page), EventCode::c_bad_ste); }
  /// Any answer but C_BAD_STE.
  void expect_not_illegal() {
    translate(read_at(page));
    CHECK(effects.event.code != EventCode::c_bad_ste);
  }
};

/// A stage 2 geometry, with its root aligned for 16 concatenated tables.
void set_geometry(DecisionBench& bench, unsigned tg, unsigned sl0, unsigned t0sz) {
  bench.ste<Ste::S2TG>(tg);
  bench.ste<Ste::S2SL0>(sl0);
  bench.ste<Ste::S2T0SZ>(t0sz);
  bench.effects.event = {};
}

bool is_legal(DecisionBench& bench) {
  const auto result = bench.translate(read_at(page));
  return result.fault_reason != static_cast<unsigned>(EventCode::c_bad_ste);
}

}  // namespace

TEST_CASE("SMMU-024 A stage that the unit lacks makes the entry illegal", "[smmuv3]") {
  auto without_1 = everything();
  without_1.stage_1 = without_1.hypervisor = false;
  auto without_2 = everything();
  without_2.stage_2 = false;
  for (const unsigned stages : {5U, 7U})
    LegalBench{stages, without_1}.expect_illegal();
  for (const unsigned stages : {6U, 7U})
    LegalBench{stages, without_2}.expect_illegal();
  LegalBench{6, without_1}.expect_legal();
  LegalBench{5, without_2}.expect_legal();
}

TEST_CASE("SMMU-025 STRW 1 and 3 are illegal where STRW counts", "[smmuv3]") {
  for (const unsigned strw : {0U, 1U, 2U, 3U}) {
    LegalBench only_1{5};
    only_1.ste<Ste::STRW>(strw);
    if ((strw & 1) != 0)
      only_1.expect_illegal();
    else
      only_1.expect_legal();
    LegalBench nested{7};
    nested.ste<Ste::STRW>(strw);
    nested.expect_legal();
    LegalBench only_2{6};
    only_2.ste<Ste::STRW>(strw);
    only_2.expect_legal();
    auto without = everything();
    without.hypervisor = false;
    LegalBench without_hypervisor{5, without};
    without_hypervisor.ste<Ste::STRW>(strw);
    without_hypervisor.expect_legal();
  }
}

TEST_CASE("SMMU-026 S1CDMax beyond SSIDSIZE is illegal", "[smmuv3]") {
  auto config = everything();
  config.substream_id_bits = 6;
  LegalBench bench{5, config};
  bench.ste<Ste::S1DSS>(2);
  bench.ste<Ste::S1CDMax>(6);
  bench.expect_legal();
  bench.ste<Ste::S1CDMax>(7);
  bench.expect_illegal();
  LegalBench only_2{6, config};
  only_2.ste<Ste::S1CDMax>(31);
  only_2.expect_legal();
  config.substream_id_bits = 0;
  LegalBench without{5, config};
  without.ste<Ste::S1CDMax>(7);
  without.expect_legal();
}

TEST_CASE("SMMU-026 Two-level context tables are illegal without CD2L", "[smmuv3]") {
  auto config = everything();
  config.two_level_contexts = false;
  LegalBench bench{5, config};
  bench.ste<Ste::S1DSS>(2);
  for (const unsigned format : {0U, 1U, 2U, 3U}) {
    bench.ste<Ste::S1Fmt>(format);
    bench.ste<Ste::S1CDMax>(0);
    bench.expect_legal();
    bench.ste<Ste::S1CDMax>(4);
    if (format == 1 || format == 2)
      bench.expect_illegal();
    else
      bench.expect_legal();
  }
}

TEST_CASE("SMMU-026 S1ContextPtr beyond the addresses of its space is illegal", "[smmuv3]") {
  for (const unsigned stages : {5U, 7U}) {
    LegalBench bench{stages};
    bench.ste<Ste::S1ContextPtr>(0xFFFF'FFFF'FFC0 >> 6);
    bench.expect_not_illegal();
    bench.ste<Ste::S1ContextPtr>(std::uint64_t{1} << (48 - 6));
    bench.expect_illegal();
  }
}

TEST_CASE("SMMU-027 S2TG must be a granule that the unit has", "[smmuv3]") {
  auto config = everything();
  config.granule_16k = false;
  LegalBench bench{6, config};
  set_geometry(bench, 3, 2, 16);
  bench.expect_illegal();
  set_geometry(bench, 2, 1, 24);
  bench.expect_illegal();
  set_geometry(bench, 1, 1, 24);
  CHECK(is_legal(bench));
}

TEST_CASE("SMMU-027 S2SL0 and S2T0SZ must fit the granule: at most 16 tables side by side", "[smmuv3]") {
  struct Row {
    unsigned tg;
    unsigned sl0;
    unsigned least;
    unsigned most;
  };
  // S2T0SZ for each start level: between one index bit and four more than a stride, within 16 to 39.
  const std::vector<Row> rows = {{0, 0, 30, 39}, {0, 1, 21, 33}, {0, 2, 16, 24}, {2, 0, 35, 39}, {2, 1, 24, 38},
                                 {2, 2, 16, 27}, {1, 0, 31, 39}, {1, 1, 18, 34}, {1, 2, 16, 21}};
  LegalBench bench{6};
  for (const Row& row : rows) {
    for (unsigned t0sz = 0; t0sz < 64; ++t0sz) {
      INFO("S2TG " << row.tg << " S2SL0 " << row.sl0 << " S2T0SZ " << t0sz);
      set_geometry(bench, row.tg, row.sl0, t0sz);
      CHECK(is_legal(bench) == (row.least <= t0sz && t0sz <= row.most));
    }
  }
  for (const unsigned tg : {0U, 1U, 2U}) {
    set_geometry(bench, tg, 3, 39);
    CHECK_FALSE(is_legal(bench));
  }
}

TEST_CASE("SMMU-027 S2T0SZ may not be wider than intermediate addresses", "[smmuv3]") {
  auto config = everything();
  config.output_address_bits = 44;
  LegalBench bench{6, config};
  set_geometry(bench, 0, 2, 20);
  CHECK(is_legal(bench));
  set_geometry(bench, 0, 2, 19);
  CHECK_FALSE(is_legal(bench));
  config.output_address_bits = 42;
  LegalBench narrow{6, config};
  set_geometry(narrow, 0, 2, 24);
  CHECK_FALSE(is_legal(narrow));
  set_geometry(narrow, 0, 1, 24);
  CHECK(is_legal(narrow));
}

TEST_CASE("SMMU-027 Small tables allow smaller input ranges", "[smmuv3]") {
  auto config = everything();
  config.small_tables = true;
  LegalBench bench{6, config};
  set_geometry(bench, 0, 3, 48);
  CHECK(is_legal(bench));
  set_geometry(bench, 0, 3, 49);
  CHECK_FALSE(is_legal(bench));
  set_geometry(bench, 1, 0, 47);
  CHECK(is_legal(bench));
  set_geometry(bench, 1, 0, 48);
  CHECK_FALSE(is_legal(bench));
}

TEST_CASE("SMMU-028 S2TTB must lie within the effective S2PS", "[smmuv3]") {
  LegalBench bench{6};
  bench.ste<Ste::S2PS>(1);
  bench.ste<Ste::S2TTB>(0xF'FFFF'F000 >> 4);
  bench.expect_not_illegal();
  bench.ste<Ste::S2TTB>(0x10'0000'0000 >> 4);
  bench.expect_illegal();
  // Wider than the unit's: as wide as the unit's.
  bench.ste<Ste::S2PS>(6);
  bench.expect_not_illegal();
  bench.ste<Ste::S2TTB>(std::uint64_t{1} << 44);
  bench.expect_illegal();
}

TEST_CASE("SMMU-029 Stalling is illegal without the stall model", "[smmuv3]") {
  auto terminate = everything();
  terminate.stall_model = smmuv3::StallModel::terminate_only;
  LegalBench disabled_1{5, terminate};
  disabled_1.expect_legal();
  disabled_1.ste<Ste::S1STALLD>(1);
  disabled_1.expect_illegal();
  LegalBench stalling_2{6, terminate};
  stalling_2.ste<Ste::EATS>(0);
  stalling_2.ste<Ste::S1STALLD>(1);
  stalling_2.expect_legal();
  stalling_2.ste<Ste::S2S>(1);
  stalling_2.expect_illegal();
  LegalBench free{5};
  free.ste<Ste::S1STALLD>(1);
  free.expect_legal();
  auto stall = everything();
  stall.stall_model = smmuv3::StallModel::stall_only;
  LegalBench stall_only{6, stall};
  stall_only.ste<Ste::EATS>(0);
  stall_only.expect_illegal();
  stall_only.ste<Ste::S2S>(1);
  stall_only.expect_legal();
}

TEST_CASE("SMMU-029 EATS must fit the stages and S2S", "[smmuv3]") {
  for (const unsigned stages : {5U, 6U, 7U}) {
    LegalBench bench{stages};
    bench.ste<Ste::EATS>(2);
    if (stages == 7)
      bench.expect_legal();
    else
      bench.expect_illegal();
    bench.ste<Ste::S2S>(1);
    bench.expect_illegal();
    bench.ste<Ste::EATS>(1);
    if (stages == 5)
      bench.expect_legal();
    else
      bench.expect_illegal();
    bench.ste<Ste::EATS>(0);
    bench.expect_legal();
  }
  auto config = everything();
  config.no_split_stage_ats = true;
  LegalBench without_split{7, config};
  without_split.ste<Ste::EATS>(2);
  without_split.expect_illegal();
  config.ats = false;
  LegalBench without_ats{7, config};
  without_ats.ste<Ste::EATS>(2);
  without_ats.expect_legal();
}

TEST_CASE("SMMU-027 Stage 2 tables other than little-endian AArch64 ones are illegal", "[smmuv3]") {
  LegalBench bench{6};
  bench.ste<Ste::S2ENDI>(1);
  bench.expect_illegal();
  bench.ste<Ste::S2ENDI>(0);
  bench.expect_legal();
  bench.ste<Ste::S2AA64>(0);
  bench.expect_illegal();
}

TEST_CASE("SMMU-027 Stage 2 updates of flags that the unit cannot make are illegal", "[smmuv3]") {
  auto config = everything();
  for (const auto update :
       {smmuv3::TableUpdate::none, smmuv3::TableUpdate::access_flag, smmuv3::TableUpdate::access_flag_and_dirty}) {
    config.table_update = update;
    LegalBench bench{6, config};
    bench.ste<Ste::S2HA>(1);
    if (update == smmuv3::TableUpdate::none)
      bench.expect_illegal();
    else
      bench.expect_legal();
    bench.ste<Ste::S2HA>(0);
    bench.ste<Ste::S2HD>(1);
    if (update == smmuv3::TableUpdate::access_flag_and_dirty)
      bench.expect_legal();
    else
      bench.expect_illegal();
  }
}

TEST_CASE("SMMU-027 S2VMID has eight bits without VMID16, where it counts", "[smmuv3]") {
  auto config = everything();
  config.vmid_16 = false;
  for (const unsigned stages : {5U, 6U, 7U}) {
    LegalBench bench{stages, config};
    bench.ste<Ste::S2VMID>(0x100);
    bench.expect_illegal();
    bench.ste<Ste::S2VMID>(0xFF);
    bench.expect_legal();
  }
  LegalBench hypervisor{5, config};
  hypervisor.ste<Ste::STRW>(2);
  hypervisor.ste<Ste::S2VMID>(0x100);
  hypervisor.expect_legal();
  config.stage_2 = false;
  LegalBench without{5, config};
  without.ste<Ste::S2VMID>(0x100);
  without.expect_legal();
}
