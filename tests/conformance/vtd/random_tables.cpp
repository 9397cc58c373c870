// SPDX-License-Identifier: Apache-2.0
// Random tables and requests: the unit against a slow second implementation.
// Oracle: tests/oracle/vtd_legacy_walker, a transcription of the VT-d sheet that shares nothing with the
// model.
#include "base/endian.h"
#include "conformance/vtd/random_image.h"
#include "oracle/vtd_legacy_walker.h"

#include <catch2/catch.hpp>

#include <map>
#include <sstream>
#include <string>

using namespace iommusim;
using namespace iommusim::tests;
using oracle::VtdAnswer;
using oracle::VtdOutcome;

namespace {

constexpr std::uint64_t images = 1000;
constexpr int requests_per_image = 100;

oracle::VtdLegacyWalker walker_for(const VtdBench& bench) {
  oracle::VtdFacts facts;
  facts.cap = bench.registers.read64(offset::cap);
  facts.ecap = bench.registers.read64(offset::ecap);
  facts.gsts = bench.registers.read32(offset::gsts);
  facts.rtaddr = bench.registers.read64(offset::rtaddr);
  facts.host_address_width = bench.unit.config().host_address_width;
  return {facts, [&bus = bench.bus](std::uint64_t address) -> std::optional<std::uint64_t> {
            std::array<std::uint8_t, 8> bytes{};
            if (!bus.read(PhysAddr{address}, bytes.data(), bytes.size())) return std::nullopt;
            return load_le<std::uint64_t>(bytes.data());
          }};
}

oracle::VtdRequest as_oracle_request(const iommu::TranslationRequest& request) {
  return {request.requester.raw(), request.address_type, request.operation, request.address.value(), request.size};
}

VtdOutcome outcome_of(const iommu::TranslationResult& result) {
  switch (result.outcome) {
    case iommu::Outcome::translated: return VtdOutcome::passes;
    case iommu::Outcome::posted:
    case iommu::Outcome::interrupt: return VtdOutcome::interrupt;
    case iommu::Outcome::ignored:
    case iommu::Outcome::stalled:
    case iommu::Outcome::fault: return VtdOutcome::blocked;
  }
  return VtdOutcome::blocked;
}

/// What is wrong with the answer; empty when the oracle agrees.
std::string answer_disagreement(const iommu::TranslationResult& result, const VtdAnswer& expected,
                                const iommu::TranslationRequest& request) {
  if (outcome_of(result) != expected.outcome) return "outcome";
  if (expected.outcome == VtdOutcome::passes && result.address.value() != expected.address) return "address";
  if (expected.reason && result.fault_reason != *expected.reason) return "fault reason";
  if (request.address_type == AddressType::translation_request) return "";
  const auto refused =
      request.operation == Operation::write ? CompletionStatus::none : CompletionStatus::unsupported_request;
  if (expected.outcome == VtdOutcome::blocked && result.status != refused) return "completion status";
  return "";
}

/// The same for FSTS and FRCD.
std::string record_disagreement(const VtdBench& bench, const VtdAnswer& expected) {
  if (expected.record_open) return "";
  const FaultRecord actual = bench.registers.fault_record();
  if (!expected.record) return bench.no_fault_recorded() ? "" : "a record that must not be";
  if (bench.registers.fault_status() != fault_status::ppf || actual.get<FaultRecord::F>() != 1) return "no record";
  FaultRecord wanted;
  wanted.set<FaultRecord::F>(1);
  wanted.set<FaultRecord::FR>(expected.record->reason);
  wanted.set<FaultRecord::SID>(expected.record->source);
  wanted.set<FaultRecord::FI>(expected.record->fault_page);
  wanted.set<FaultRecord::T1>(expected.record->t1 ? 1 : 0);
  wanted.set<FaultRecord::T2>(expected.record->t2 ? 1 : 0);
  return actual == wanted ? "" : "fields of the record";
}

/// Asks the unit twice, without and with effects, and leaves it without fault records.
std::string disagreement(VtdBench& bench, const iommu::TranslationRequest& request, const VtdAnswer& expected) {
  const auto decided = bench.unit.decide(request, bench.fetches);
  std::string wrong = answer_disagreement(decided, expected, request);
  if (!wrong.empty()) return "decide(): " + wrong;
  if (!bench.no_fault_recorded()) return "decide(): a record";
  wrong = answer_disagreement(bench.translate(request), expected, request);
  if (wrong.empty()) wrong = record_disagreement(bench, expected);
  bench.registers.clear_fault_record();
  return wrong;
}

std::string describe(std::uint64_t seed, const iommu::TranslationRequest& request, const VtdAnswer& expected) {
  std::ostringstream text;
  text << "seed " << seed << ", " << to_string(request.requester) << " " << to_string(request.address_type) << " "
       << to_string(request.operation) << " of " << request.size << " at 0x" << std::hex << request.address.value()
       << "; oracle: outcome " << static_cast<int>(expected.outcome) << ", address 0x" << expected.address
       << ", reason 0x" << int{expected.reason.value_or(0)} << ", record " << expected.record.has_value();
  return text.str();
}

/// How often each answer came, so that a generator that reaches nothing cannot pass.
struct Tally {
  std::map<int, int> reasons;
  int passes = 0, interrupts = 0, silent = 0, open = 0, suppressed = 0;

  void count(const VtdAnswer& expected) {
    if (expected.open) {
      ++open;
    } else if (expected.outcome == VtdOutcome::passes) {
      ++passes;
    } else if (expected.outcome == VtdOutcome::interrupt) {
      ++interrupts;
    } else if (!expected.reason) {
      ++silent;
    } else {
      ++reasons[*expected.reason];
      if (!expected.record) ++suppressed;
    }
  }

  std::string text() const {
    std::ostringstream out;
    out << passes << " passed, " << interrupts << " interrupts, " << silent << " silent, " << open << " open, "
        << suppressed << " of the faults suppressed; by reason:";
    for (const auto& [reason, count] : reasons)
      out << " 0x" << std::hex << reason << ":" << std::dec << count;
    return out.str();
  }
};

}  // namespace

TEST_CASE("100,000 requests through random tables are answered as the specification says", "[vtd][legacy][random]") {
  Tally tally;
  int disagreements = 0;
  std::uint64_t iotlb_hits = 0;
  for (std::uint64_t seed = 1; seed <= images && disagreements < 10; ++seed) {
    RandomImage image{seed};
    const auto walker = walker_for(image.bench());
    for (int i = 0; i < requests_per_image; ++i) {
      const auto request = image.next_request();
      const VtdAnswer expected = walker.answer(as_oracle_request(request));
      tally.count(expected);
      if (expected.open) continue;
      const std::string wrong = disagreement(image.bench(), request, expected);
      if (wrong.empty()) continue;
      ++disagreements;
      FAIL_CHECK(describe(seed, request, expected) << "; wrong: " << wrong);
    }
    iotlb_hits += image.bench().unit.statistics().iotlb_hits;
  }
  INFO(tally.text());
  CHECK(disagreements == 0);
  CHECK(tally.passes > 20'000);
  CHECK(iotlb_hits > 5'000);
  CHECK(tally.open < 1'000);
  CHECK(tally.interrupts > 10);
  CHECK(tally.suppressed > 1'000);
  for (int reason = 0x1; reason <= 0xE; ++reason)
    CHECK(tally.reasons[reason] > 50);
}
