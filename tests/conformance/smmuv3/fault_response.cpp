// SPDX-License-Identifier: Apache-2.0
// What becomes of a transaction that faults, and what its record says.
// Oracle: SMMUv3 architecture, 5.5 (A, R, S) and 7.3.
#include "support/smmuv3_decision_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::smmuv3::testing;
using iommu::Outcome;
using iommusim::smmuv3::EventCode;
using iommusim::smmuv3::FaultClass;

namespace {

constexpr std::uint64_t page = 0x4000'0000;

void expect_response(DecisionBench& bench, Outcome outcome, bool recorded) {
  const auto result = bench.translate(read_at(page));
  CHECK(result.outcome == outcome);
  CHECK(result.fault_recorded == recorded);
  CHECK(result.fault_reason == static_cast<unsigned>(EventCode::f_translation));
  if (recorded) CHECK(bench.effects.event.stall == (outcome == Outcome::stalled));
}

}  // namespace

TEST_CASE("SMMU-055 A, R and S of the context descriptor choose response and record", "[smmuv3]") {
  DecisionBench bench;
  bench.stage_1();
  for (unsigned bits = 0; bits < 8; ++bits) {
    INFO("A R S " << bits);
    const bool aborts = (bits & 4) != 0, records = (bits & 2) != 0, stalls = (bits & 1) != 0;
    bench.cd<Cd::A>(aborts);
    bench.cd<Cd::R>(records);
    bench.cd<Cd::S>(stalls);
    const Outcome outcome = stalls ? Outcome::stalled : aborts ? Outcome::fault : Outcome::ignored;
    expect_response(bench, outcome, records || stalls);
  }
}

TEST_CASE("SMMU-055 S2R and S2S choose the response of stage 2, which always aborts otherwise", "[smmuv3]") {
  DecisionBench bench;
  bench.stage_2();
  bench.ste<Ste::EATS>(0);
  expect_response(bench, Outcome::fault, true);
  bench.ste<Ste::S2R>(0);
  expect_response(bench, Outcome::fault, false);
  bench.ste<Ste::S2S>(1);
  expect_response(bench, Outcome::stalled, true);
}

TEST_CASE("SMMU-055 A stage 2 fault of a nested stream is answered as the stream says", "[smmuv3]") {
  DecisionBench bench;
  bench.nested();
  bench.map_1(page, 0x3F'0000'0000);
  bench.ste<Ste::EATS>(0);
  bench.cd<Cd::A>(0);
  bench.cd<Cd::R>(0);
  expect_response(bench, Outcome::fault, true);
  CHECK(bench.effects.event.stage_2);
}

TEST_CASE("SMMU-055 An abort is told to readers, and to writers nothing", "[smmuv3]") {
  DecisionBench bench;
  bench.stage_1();
  CHECK(bench.translate(read_at(page)).status == CompletionStatus::completer_abort);
  CHECK(bench.translate(write_at(page)).status == CompletionStatus::none);
  CHECK(bench.translate(atomic_at(page)).status == CompletionStatus::completer_abort);
  bench.cd<Cd::A>(0);
  CHECK(bench.translate(read_at(page)).status == CompletionStatus::successful);
}

TEST_CASE("SMMU-056 R and S suppress faults of translation only", "[smmuv3]") {
  DecisionBench bench;
  bench.stage_1();
  bench.cd<Cd::R>(0);
  bench.cd<Cd::A>(0);
  const PhysAddr leaf = bench.map_1(page, 0x1000);
  const auto code_of = [&](const iommu::TranslationRequest& request) {
    const auto result = bench.translate(request);
    CHECK(result.outcome == Outcome::ignored);
    CHECK_FALSE(result.fault_recorded);
    return static_cast<EventCode>(result.fault_reason);
  };
  CHECK(code_of(read_at(page + page_4k)) == EventCode::f_translation);
  bench.set<S1, S1::AF>(leaf, 0);
  CHECK(code_of(read_at(page)) == EventCode::f_access);
  bench.set<S1, S1::AF>(leaf, 1);
  bench.set<S1, S1::AP2>(leaf, 1);
  CHECK(code_of(write_at(page)) == EventCode::f_permission);
  bench.cd<Cd::IPS>(0);
  bench.store(leaf, 0x1'0000'0000 | DecisionBench::leaf_1 | 3);
  CHECK(code_of(read_at(page)) == EventCode::f_addr_size);
  bench.bus.fail_page(leaf);
  expect_event(bench, read_at(page), EventCode::f_walk_eabt);
  bench.bus.fail_page(bench.contexts);
  expect_event(bench, read_at(page), EventCode::f_cd_fetch);
  bench.bus.repair();
  bench.cd<Cd::V>(0);
  expect_event(bench, read_at(page), EventCode::c_bad_cd);
}

TEST_CASE("SMMU-057 Records of translation faults have their fields in place", "[smmuv3]") {
  smmuv3::Event event;
  event.code = EventCode::f_permission;
  event.stream = 0x1234'5678;
  event.has_substream = true;
  event.substream = 0xABCDE;
  event.stall = true;
  event.stall_tag = 0xBEEF;
  event.privileged = event.instruction = event.read = event.stage_2 = event.table_read = true;
  event.fault_class = FaultClass::table_walk;
  event.input_address = 0xA5FF'0123'4567'89AB;
  event.fetch_address = 0x0012'3456'789A'BCDE;
  auto words = smmuv3::to_words(event);
  CHECK(words[0] == 0x1234'5678'ABCD'E813);
  CHECK(words[1] == (0xBEEFULL | 1ULL << 31 | 7ULL << 33 | 1ULL << 39 | 1ULL << 40 | 1ULL << 44));
  CHECK(words[2] == 0xA5FF'0123'4567'89AB);
  CHECK(words[3] == 0x0012'3456'789A'B000);
  event.stall = event.has_substream = event.stage_2 = false;
  event.code = EventCode::f_translation;
  event.fault_class = FaultClass::input;
  words = smmuv3::to_words(event);
  CHECK(words[0] == 0x1234'5678'0000'0010);
  CHECK(words[1] == (7ULL << 33 | 2ULL << 40));
  CHECK(words[3] == 0);
}

TEST_CASE("SMMU-057 Every code has the fields that are its own, and zeros else", "[smmuv3]") {
  smmuv3::Event event;
  event.stream = 8;
  event.has_substream = true;
  event.substream = 3;
  event.privileged = event.instruction = event.read = event.write = true;
  event.stage_2 = true;
  event.fault_class = FaultClass::input;
  event.input_address = 0x5678'9ABC;
  event.fetch_address = 0x1234'5677;
  const auto words = [&](EventCode code) {
    event.code = code;
    return smmuv3::to_words(event);
  };
  using Words = smmuv3::Event::Words;
  constexpr std::uint64_t named = 8ULL << 32 | 3 << 12 | 1 << 11;
  CHECK(words(EventCode::f_uut) == Words{named | 0x01, 7ULL << 33, 0x5678'9ABC, 0});
  CHECK(words(EventCode::c_bad_streamid) == Words{named | 0x02, 0, 0, 0});
  CHECK(words(EventCode::f_ste_fetch) == Words{named | 0x03, 0, 0, 0x1234'5670});
  CHECK(words(EventCode::c_bad_ste) == Words{named | 0x04, 0, 0, 0});
  CHECK(words(EventCode::f_bad_ats_treq) == Words{named | 0x05, 0xF000'0001, 0x5678'9000, 0});
  CHECK(words(EventCode::f_stream_disabled) == Words{8ULL << 32 | 0x06, 0, 0, 0});
  CHECK(words(EventCode::f_transl_forbidden) == Words{8ULL << 32 | 0x07, 1ULL << 35, 0x5678'9ABC, 0});
  CHECK(words(EventCode::c_bad_substreamid) == Words{8ULL << 32 | 3 << 12 | 0x08, 0, 0, 0});
  CHECK(words(EventCode::f_cd_fetch) == Words{named | 0x09, 0, 0, 0x1234'5670});
  CHECK(words(EventCode::c_bad_cd) == Words{named | 0x0A, 0, 0, 0});
  CHECK(words(EventCode::f_walk_eabt) ==
        Words{named | 0x0B, 7ULL << 33 | 1ULL << 39 | 2ULL << 40, 0x5678'9ABC, 0x1234'5670});
}

TEST_CASE("SMMU-058 Of several reasons the first in the order of the architecture is recorded", "[smmuv3]") {
  DecisionBench bench;
  bench.nested();
  bench.map_1(page, 0x3F'0000'0000);
  bench.ste<Ste::S1CDMax>(4);
  const auto request = with_substream(read_at(page), 20);
  const PhysAddr block = bench.map_2(DecisionBench::guest, 0, 1);
  bench.store(block, 0);
  bench.cd<Cd::V>(0);
  bench.ste<Ste::S2TG>(3);
  bench.control.streams.log2_size = 3;
  expect_event(bench, request, EventCode::c_bad_streamid);
  bench.control.streams.log2_size = 8;
  bench.bus.fail_page(bench.ste_at());
  expect_event(bench, request, EventCode::f_ste_fetch);
  bench.bus.repair();
  expect_event(bench, request, EventCode::c_bad_ste);
  bench.ste<Ste::S2TG>(0);
  expect_event(bench, request, EventCode::c_bad_substreamid);
  expect_event(bench, read_at(page), EventCode::f_stream_disabled);
  bench.ste<Ste::S1DSS>(2);
  CHECK(expect_event(bench, read_at(page), EventCode::f_translation).fault_class == FaultClass::context_descriptor);
  bench.map_2(DecisionBench::guest, 0, 1);
  bench.bus.fail_page(bench.contexts);
  expect_event(bench, read_at(page), EventCode::f_cd_fetch);
  bench.bus.repair();
  expect_event(bench, read_at(page), EventCode::c_bad_cd);
  bench.cd<Cd::V>(1);
  CHECK(expect_event(bench, read_at(page), EventCode::f_translation).fault_class == FaultClass::input);
}

TEST_CASE("SMMU-058 MEV of the stream lets its records be merged", "[smmuv3]") {
  DecisionBench bench;
  bench.stage_1();
  CHECK_FALSE(expect_event(bench, read_at(page), EventCode::f_translation).may_merge);
  bench.ste<Ste::MEV>(1);
  CHECK(expect_event(bench, read_at(page), EventCode::f_translation).may_merge);
}
