// SPDX-License-Identifier: Apache-2.0
// SubstreamIDs, context descriptor tables, and what makes a context descriptor ILLEGAL.
// Oracle: the SMMUv3 architecture, 3.3.2, 5.3, 5.4.2, 7.3.7 to 7.3.11.
#include "support/smmuv3_decision_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::smmuv3::testing;
using iommusim::smmuv3::EventCode;
using iommusim::smmuv3::FaultClass;

namespace {

constexpr std::uint64_t page = 0x4000'0000;

/// The page is mapped to itself for requests without SubstreamID.
struct ContextBench : DecisionBench {
  explicit ContextBench(const smmuv3::UnitConfig& built_as = everything()) : DecisionBench{built_as} {
    stage_1();
    map_1(page, page);
  }
  /// As many context descriptors, alike but for their ASID, in one table.
  void make_contexts(unsigned bits, unsigned s1dss) {
    const PhysAddr table = new_table(std::uint64_t{64} << bits);
    for (std::uint64_t i = 0; i < std::uint64_t{1} << bits; ++i)
      copy_context(table + 64 * i, i);
    ste<Ste::S1ContextPtr>(table.value() >> 6);
    ste<Ste::S1CDMax>(bits);
    ste<Ste::S1DSS>(s1dss);
  }
  void copy_context(PhysAddr to, std::uint64_t asid) {
    for (std::uint64_t word = 0; word < 64; word += 8)
      store(to + word, load(contexts + word));
    set<Cd, Cd::ASID>(to, asid);
  }
  void expect_legal() { expect_passes(*this, read_at(page), page); }
  void expect_illegal() { expect_event(*this, read_at(page), EventCode::c_bad_cd); }
};

}  // namespace

TEST_CASE("SMMU-031 A SubstreamID that the stream does not have is C_BAD_SUBSTREAMID", "[smmuv3]") {
  ContextBench bench;
  auto event = expect_event(bench, with_substream(read_at(page), 0x5'4321), EventCode::c_bad_substreamid);
  CHECK(event.substream == 0x5'4321);
  bench.make_contexts(4, 0);
  expect_passes(bench, with_substream(read_at(page), 15), page);
  CHECK(bench.effects.context.asid == 15);
  event = expect_event(bench, with_substream(read_at(page), 16), EventCode::c_bad_substreamid);
  CHECK(event.substream == 16);
  DecisionBench other;
  other.stage_2();
  expect_event(other, with_substream(read_at(page), 0), EventCode::c_bad_substreamid);
  other.bypass();
  expect_event(other, with_substream(read_at(page), 3), EventCode::c_bad_substreamid);
}

TEST_CASE("SMMU-032 S1DSS says what becomes of requests without SubstreamID", "[smmuv3]") {
  ContextBench bench;
  for (const unsigned s1dss : {0U, 3U}) {
    bench.make_contexts(4, s1dss);
    expect_event(bench, read_at(page), EventCode::f_stream_disabled);
  }
  bench.make_contexts(4, 2);
  expect_passes(bench, read_at(page), page);
  CHECK(bench.effects.context.asid == 0);
  bench.make_contexts(4, 1);
  expect_passes(bench, read_at(0x77'7000), 0x77'7000);
  CHECK(bench.fetches.size() == 1);
  expect_event(bench, read_at(0x1'0000'0000'0000), EventCode::f_addr_size);
  // Without substreams the field does not count.
  bench.ste<Ste::S1CDMax>(0);
  bench.expect_legal();
}

TEST_CASE("SMMU-032 Where S1DSS bypasses stage 1 of two, stage 2 translates", "[smmuv3]") {
  DecisionBench bench;
  bench.nested();
  bench.map_2(page, 0x5000'0000);
  bench.ste<Ste::S1CDMax>(4);
  bench.ste<Ste::S1DSS>(1);
  expect_passes(bench, read_at(page + 0x123), 0x5000'0123);
  const auto beyond = expect_event(bench, read_at(0x1'0000'0000'0000), EventCode::f_addr_size);
  CHECK_FALSE(beyond.stage_2);
  const auto unmapped = expect_event(bench, read_at(page + page_4k), EventCode::f_translation);
  CHECK(unmapped.stage_2);
  CHECK(unmapped.fault_class == FaultClass::input);
}

TEST_CASE("SMMU-033 With S1DSS 2 SubstreamID 0 is taken", "[smmuv3]") {
  ContextBench bench;
  bench.make_contexts(4, 2);
  expect_event(bench, with_substream(read_at(page), 0), EventCode::f_stream_disabled);
  expect_passes(bench, with_substream(read_at(page), 1), page);
  bench.make_contexts(4, 0);
  expect_passes(bench, with_substream(read_at(page), 0), page);
}

TEST_CASE("SMMU-034 Two-level tables of context descriptors", "[smmuv3]") {
  struct Row {
    unsigned format;
    unsigned leaf_bits;
  };
  for (const Row row : {Row{1, 6}, Row{2, 10}}) {
    ContextBench bench;
    const PhysAddr pointers = bench.new_table(0x1'0000);
    const PhysAddr leaf = bench.new_table(std::uint64_t{64} << row.leaf_bits);
    bench.ste<Ste::S1ContextPtr>(pointers.value() >> 6);
    bench.ste<Ste::S1CDMax>(12);
    bench.ste<Ste::S1Fmt>(row.format);
    const std::uint32_t substream = 3U << row.leaf_bits | 5;
    bench.store(pointers + 8 * 3, leaf.value() | 1);
    bench.copy_context(leaf + 64 * 5, 0x99);
    expect_passes(bench, with_substream(read_at(page), substream), page);
    CHECK(bench.effects.context.asid == 0x99);
    const auto none = expect_event(bench, with_substream(read_at(page), 0), EventCode::c_bad_substreamid);
    CHECK(none.substream == 0);
    expect_event(bench, with_substream(read_at(page), substream + 1), EventCode::c_bad_cd);
    bench.store(pointers + 8 * 3, std::uint64_t{1} << 48 | 1);
    expect_event(bench, with_substream(read_at(page), substream), EventCode::c_bad_substreamid);
    bench.bus.fail_page(pointers);
    const auto failed = expect_event(bench, with_substream(read_at(page), substream), EventCode::f_cd_fetch);
    CHECK(failed.fetch_address == (pointers + 24).value());
  }
}

TEST_CASE("SMMU-034 A context descriptor that is not valid, or cannot be read", "[smmuv3]") {
  ContextBench bench;
  bench.cd<Cd::V>(0);
  bench.expect_illegal();
  bench.bus.fail_page(bench.contexts);
  const auto event = expect_event(bench, read_at(page), EventCode::f_cd_fetch);
  CHECK(event.fetch_address == bench.contexts.value());
}

TEST_CASE("SMMU-035 TxSZ of a half that is in use must be in range", "[smmuv3]") {
  ContextBench bench;
  for (unsigned t0sz = 0; t0sz < 64; ++t0sz) {
    INFO("T0SZ " << t0sz);
    bench.cd<Cd::T0SZ>(t0sz);
    const auto result = bench.translate(read_at(page));
    CHECK((result.fault_reason != static_cast<unsigned>(EventCode::c_bad_cd)) == (16 <= t0sz && t0sz <= 39));
  }
  bench.cd<Cd::EPD0>(1);
  expect_event(bench, read_at(page), EventCode::f_translation);
  bench.cd<Cd::EPD0>(0);
  bench.cd<Cd::T0SZ>(16);
  bench.cd<Cd::T1SZ>(15);
  bench.expect_legal();
  bench.cd<Cd::EPD1>(0);
  bench.cd<Cd::TG1>(2);
  bench.expect_illegal();
  bench.cd<Cd::T1SZ>(16);
  bench.expect_legal();
}

TEST_CASE("SMMU-035 Wide and small input ranges need VAX and STT", "[smmuv3]") {
  auto config = everything();
  config.input_address_52 = config.small_tables = true;
  ContextBench bench{config};
  const auto is_legal = [&](unsigned tg0, unsigned t0sz) {
    bench.cd<Cd::TG0>(tg0);
    bench.cd<Cd::T0SZ>(t0sz);
    return bench.translate(read_at(page)).fault_reason != static_cast<unsigned>(EventCode::c_bad_cd);
  };
  CHECK(is_legal(1, 12));
  CHECK_FALSE(is_legal(1, 11));
  CHECK(is_legal(1, 47));
  CHECK_FALSE(is_legal(1, 48));
  CHECK_FALSE(is_legal(0, 15));
  CHECK(is_legal(0, 48));
  CHECK_FALSE(is_legal(2, 49));
}

TEST_CASE("SMMU-036 TTB must lie within the effective IPS, where its half is in use", "[smmuv3]") {
  ContextBench bench;
  bench.cd<Cd::IPS>(1);
  bench.cd<Cd::TTB0>(std::uint64_t{1} << (36 - 4));
  bench.expect_illegal();
  bench.cd<Cd::TTB0>(bench.root_1.value() >> 4);
  bench.expect_legal();
  bench.cd<Cd::TTB1>(std::uint64_t{1} << (36 - 4));
  bench.expect_legal();
  bench.cd<Cd::TG1>(2);
  bench.cd<Cd::T1SZ>(16);
  bench.cd<Cd::EPD1>(0);
  bench.expect_illegal();
  bench.cd<Cd::IPS>(7);
  bench.expect_legal();
}

TEST_CASE("SMMU-037 TG0 and TG1 have codings of their own", "[smmuv3]") {
  auto config = everything();
  config.granule_16k = false;
  ContextBench bench{config};
  const auto is_legal = [&](unsigned tg0, unsigned tg1) {
    bench.cd<Cd::TG0>(tg0);
    bench.cd<Cd::TG1>(tg1);
    return bench.translate(read_at(page)).fault_reason != static_cast<unsigned>(EventCode::c_bad_cd);
  };
  bench.cd<Cd::T1SZ>(16);
  CHECK(is_legal(0, 0));
  CHECK(is_legal(1, 0));
  CHECK_FALSE(is_legal(2, 0));
  CHECK_FALSE(is_legal(3, 0));
  bench.cd<Cd::EPD1>(0);
  CHECK_FALSE(is_legal(0, 0));
  CHECK_FALSE(is_legal(0, 1));
  CHECK(is_legal(0, 2));
  CHECK(is_legal(0, 3));
}

TEST_CASE("SMMU-038 The response to faults must be one that the unit has", "[smmuv3]") {
  ContextBench free;
  free.cd<Cd::A>(0);
  free.expect_legal();
  free.cd<Cd::S>(1);
  free.expect_legal();
  free.ste<Ste::S1STALLD>(1);
  free.expect_illegal();
  auto config = everything();
  config.abort_only = true;
  ContextBench abort_only{config};
  abort_only.expect_legal();
  abort_only.cd<Cd::A>(0);
  abort_only.expect_illegal();
  config = everything();
  config.stall_model = smmuv3::StallModel::terminate_only;
  ContextBench terminate{config};
  terminate.expect_legal();
  terminate.cd<Cd::S>(1);
  terminate.expect_illegal();
  config.stall_model = smmuv3::StallModel::stall_only;
  ContextBench stall{config};
  stall.expect_illegal();
  stall.cd<Cd::S>(1);
  stall.expect_legal();
}

TEST_CASE("SMMU-038 Formats, updates and ASIDs that the unit lacks are illegal", "[smmuv3]") {
  ContextBench bench;
  bench.cd<Cd::AA64>(0);
  bench.expect_illegal();
  bench.cd<Cd::AA64>(1);
  bench.cd<Cd::ENDI>(1);
  bench.expect_illegal();
  bench.cd<Cd::ENDI>(0);
  bench.cd<Cd::HD>(1);
  bench.expect_legal();
  auto config = everything();
  config.table_update = smmuv3::TableUpdate::access_flag;
  config.asid_16 = false;
  ContextBench small{config};
  small.cd<Cd::HA>(1);
  small.expect_legal();
  small.cd<Cd::HD>(1);
  small.expect_illegal();
  small.cd<Cd::HD>(0);
  small.cd<Cd::ASID>(0x100);
  small.expect_illegal();
  small.ste<Ste::STRW>(2);
  small.expect_legal();
  config.table_update = smmuv3::TableUpdate::none;
  ContextBench none{config};
  none.cd<Cd::HA>(1);
  none.expect_illegal();
}
