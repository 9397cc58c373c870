// SPDX-License-Identifier: Apache-2.0
// ATS: translation requests, and transactions that come translated.
// Oracle: SMMUv3 architecture, 3.9.1, 3.13.7, 7.3.6, 7.3.8 and 13.7.
#include "support/smmuv3_decision_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::smmuv3::testing;
using iommu::Outcome;
using iommusim::smmuv3::EventCode;

namespace {

constexpr std::uint64_t page = 0x4000'0000;
constexpr std::uint64_t target = 0x9000'0000;

void expect_rights(DecisionBench& bench, const iommu::TranslationRequest& request, const char* rights) {
  const auto result = bench.translate(request);
  CHECK(result.outcome == Outcome::translated);
  CHECK_FALSE(result.fault_recorded);
  std::string got;
  if (result.readable) got += 'r';
  if (result.writable) got += 'w';
  if (result.executable) got += 'x';
  CHECK(got == rights);
}

void expect_completer_abort(DecisionBench& bench, const iommu::TranslationRequest& request, bool recorded) {
  const auto result = bench.translate(request);
  CHECK(result.outcome == Outcome::fault);
  CHECK(result.status == CompletionStatus::completer_abort);
  CHECK(result.fault_recorded == recorded);
}

struct AtsBench : DecisionBench {
  explicit AtsBench(const smmuv3::UnitConfig& built_as = everything()) : DecisionBench{built_as} {
    stage_1();
    leaf = map_1(page, target);
  }
  PhysAddr leaf;
};

}  // namespace

TEST_CASE("SMMU-080 A stream without ATS answers UR and records F_BAD_ATS_TREQ", "[smmuv3]") {
  AtsBench bench;
  bench.ste<Ste::EATS>(0);
  auto event = expect_event(bench, translation_request(page), EventCode::f_bad_ats_treq);
  CHECK(event.write);
  CHECK(bench.translate(translation_request(page)).status == CompletionStatus::unsupported_request);
  event = expect_event(bench, translation_request(page, true), EventCode::f_bad_ats_treq);
  CHECK_FALSE(event.write);
  // Before the context descriptor.
  bench.cd<Cd::V>(0);
  expect_event(bench, translation_request(page), EventCode::f_bad_ats_treq);
  bench.bypass();
  expect_event(bench, translation_request(page), EventCode::f_bad_ats_treq);
  bench.ste<Ste::Config>(0);
  expect_silent_abort(bench, translation_request(page));
  CHECK(bench.translate(translation_request(page)).status == CompletionStatus::unsupported_request);
  bench.control.enabled = false;
  expect_event(bench, translation_request(page), EventCode::f_bad_ats_treq);
}

TEST_CASE("SMMU-080 Split-stage ATS is off without ATSCHK", "[smmuv3]") {
  DecisionBench bench;
  bench.nested();
  bench.map_1(page, DecisionBench::guest + target);
  bench.ste<Ste::EATS>(2);
  bench.control.ats_check = false;
  expect_event(bench, translation_request(page), EventCode::f_bad_ats_treq);
}

TEST_CASE("SMMU-080 Configuration errors are answered CA, and recorded with REC_CFG_ATS only", "[smmuv3]") {
  AtsBench bench;
  for (const bool records : {false, true}) {
    bench.control.record_ats_errors = records;
    expect_completer_abort(bench, with_substream(translation_request(page), 1), records);
    bench.cd<Cd::V>(0);
    expect_completer_abort(bench, translation_request(page), records);
    bench.cd<Cd::V>(1);
    bench.bus.fail_page(bench.leaf);
    expect_completer_abort(bench, translation_request(page), records);
    bench.bus.repair();
    bench.control.streams.log2_size = 2;
    expect_completer_abort(bench, translation_request(page), records);
    bench.control.record_bad_stream_ids = false;
    expect_completer_abort(bench, translation_request(page), false);
    bench.control.streams.log2_size = 8;
    bench.control.record_bad_stream_ids = true;
  }
}

TEST_CASE("SMMU-081 What has no translation is answered with no rights, and not recorded", "[smmuv3]") {
  AtsBench bench;
  expect_rights(bench, translation_request(page + page_4k), "");
  bench.set<S1, S1::AF>(bench.leaf, 0);
  expect_rights(bench, translation_request(page), "");
  bench.set<S1, S1::AF>(bench.leaf, 1);
  bench.cd<Cd::S>(1);
  bench.cd<Cd::A>(0);
  expect_rights(bench, translation_request(page + page_4k), "");
}

TEST_CASE("SMMU-081 Translation requests are granted what the tables permit", "[smmuv3]") {
  AtsBench bench;
  expect_rights(bench, translation_request(page), "rw");
  CHECK(bench.translate(translation_request(page)).address == PhysAddr{target});
  bench.set<S1, S1::AP2>(bench.leaf, 1);
  expect_rights(bench, translation_request(page), "r");
  bench.set<S1, S1::AP1>(bench.leaf, 0);
  expect_rights(bench, translation_request(page), "");
  bench.ste<Ste::PRIVCFG>(3);
  expect_rights(bench, translation_request(page), "r");
}

TEST_CASE("SMMU-081 Execution is granted to who asks for it with a PASID", "[smmuv3]") {
  AtsBench bench;
  bench.ste<Ste::S1CDMax>(4);
  bench.put(bench.contexts + 64, Cd{});
  for (std::uint64_t word = 0; word < 64; word += 8)
    bench.store(bench.contexts + 64 + word, bench.load(bench.contexts + word));
  const auto request = with_substream(translation_request(page), 1);
  expect_rights(bench, request, "rw");
  expect_rights(bench, execute(request), "rwx");
  bench.set<S1, S1::UXN>(bench.leaf, 1);
  expect_rights(bench, execute(request), "rw");
  bench.ste<Ste::INSTCFG>(2);
  expect_rights(bench, execute(request), "rwx");
  bench.ste<Ste::INSTCFG>(3);
  expect_rights(bench, execute(request), "w");
}

TEST_CASE("SMMU-081 A request without No Write makes a clean page dirty", "[smmuv3]") {
  AtsBench bench;
  bench.set<S1, S1::AP2>(bench.leaf, 1);
  bench.set<S1, S1::DBM>(bench.leaf, 1);
  bench.cd<Cd::HA>(1);
  bench.cd<Cd::HD>(1);
  expect_rights(bench, translation_request(page, true), "r");
  CHECK((bench.load(bench.leaf) & S1::AP2::mask) != 0);
  expect_rights(bench, translation_request(page), "rw");
  CHECK((bench.load(bench.leaf) & S1::AP2::mask) == 0);
}

TEST_CASE("SMMU-081 Nothing becomes dirty for a write that one stage withholds", "[smmuv3]") {
  DecisionBench bench;
  bench.nested();
  bench.ste<Ste::S2HA>(1);
  bench.ste<Ste::S2HD>(1);
  bench.cd<Cd::HA>(1);
  bench.cd<Cd::HD>(1);
  constexpr std::uint64_t ipa = 0x7'0000'0000;
  const PhysAddr first = bench.map_1(page, ipa);
  const PhysAddr second = bench.map_2(ipa, target);
  bench.set<S1, S1::AP2>(first, 1);
  bench.set<S2, S2::W>(second, 0);
  bench.set<S2, S2::DBM>(second, 1);
  expect_rights(bench, translation_request(page), "r");
  CHECK((bench.load(second) & S2::W::mask) == 0);
  bench.set<S1, S1::DBM>(first, 1);
  bench.set<S2, S2::DBM>(second, 0);
  expect_rights(bench, translation_request(page), "r");
  CHECK((bench.load(first) & S1::AP2::mask) != 0);
  bench.set<S2, S2::DBM>(second, 1);
  expect_rights(bench, translation_request(page), "rw");
  CHECK((bench.load(first) & S1::AP2::mask) == 0);
  CHECK((bench.load(second) & S2::W::mask) != 0);
}

TEST_CASE("SMMU-081 Where S1DSS bypasses the only stage, the address itself is granted", "[smmuv3]") {
  AtsBench bench;
  bench.ste<Ste::S1CDMax>(4);
  bench.ste<Ste::S1DSS>(1);
  expect_rights(bench, translation_request(0x77'7000), "rw");
  CHECK(bench.translate(translation_request(0x77'7000)).address == PhysAddr{0x77'7000});
}

TEST_CASE("SMMU-082 Translated transactions pass where ATSCHK and EATS let them", "[smmuv3]") {
  AtsBench bench;
  expect_passes(bench, translated_at(0x1234'5000), 0x1234'5000);
  CHECK(bench.fetches.size() == 1);
  bench.ste<Ste::EATS>(0);
  const auto event = expect_event(bench, translated_at(0x1234'5000), EventCode::f_transl_forbidden);
  CHECK(event.input_address == 0x1234'5000);
  CHECK(event.read);
  bench.bypass();
  expect_event(bench, translated_at(0x1234'5000), EventCode::f_transl_forbidden);
  bench.ste<Ste::Config>(0);
  expect_silent_abort(bench, translated_at(0x1234'5000));
  bench.ste<Ste::V>(0);
  expect_silent_abort(bench, translated_at(0x1234'5000));
  bench.control.record_ats_errors = true;
  expect_event(bench, translated_at(0x1234'5000), EventCode::c_bad_ste);
  bench.control.ats_check = false;
  expect_passes(bench, translated_at(0x1234'5000), 0x1234'5000);
  CHECK(bench.fetches.size() == 0);
  expect_silent_abort(bench, translated_at(0x1'0000'0000'0000));
  bench.control.enabled = false;
  expect_event(bench, translated_at(0x1234'5000), EventCode::f_transl_forbidden);
}

TEST_CASE("SMMU-082 With split-stage ATS the device is told IPAs, which stage 2 translates", "[smmuv3]") {
  DecisionBench bench{everything_cached()};
  bench.nested();
  bench.ste<Ste::EATS>(2);
  constexpr std::uint64_t ipa = 0x7'0000'0000;
  bench.map_1(page, ipa);
  const PhysAddr second = bench.map_2(ipa, target);
  expect_rights(bench, translation_request(page), "rw");
  CHECK(bench.translate(translation_request(page)).address == PhysAddr{ipa});
  expect_passes(bench, translated_at(ipa + 0x40), target + 0x40);
  CHECK(bench.translate(translated_at(ipa)).translation_cached);
  expect_passes(bench, read_at(page), target);
  bench.set<S2, S2::W>(second, 0);
  expect_rights(bench, translation_request(page), "r");
  auto write = translated_at(ipa + page_4k);
  write.operation = Operation::write;
  CHECK(expect_event(bench, write, EventCode::f_translation).stage_2);
}
