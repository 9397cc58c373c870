// SPDX-License-Identifier: Apache-2.0
// Random stream tables, context descriptors and translation tables, transactions and translation requests: the unit
// without caches against a walker that was written from the specification alone (tests/oracle/smmuv3). What
// oracle/smmuv3/disputes.h lists is asked, counted and not compared.
#include "conformance/smmuv3_random/comparison.h"
#include "conformance/smmuv3_random/driven_unit.h"
#include "conformance/smmuv3_random/image.h"
#include "conformance/smmuv3_random/request.h"
#include "conformance/smmuv3_random/statistics.h"
#include "oracle/smmuv3/walker.h"
#include "support/disagreements.h"
#include "support/smmuv3_registers.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <iostream>
#include <map>
#include <memory>

namespace iommusim::tests::smmu {
namespace {

using oracle::smmuv3::Answer;
using oracle::smmuv3::Dispute;
using oracle::smmuv3::Request;

constexpr std::uint64_t units = 128;
constexpr unsigned requests_per_image = 4;
/// Each kind of disagreement is told once in full.
constexpr std::size_t most_kinds = 60;

class Agreement {
 public:
  void run(std::uint64_t first_image, std::uint64_t images);

  const Statistics& statistics() const { return statistics_; }
  const support::Disagreements& disagreements() const { return disagreements_; }

 private:
  void try_image(std::uint64_t number);
  void try_request(const Image& image, const ChosenRequest& chosen);
  std::string answer_difference(const Request& request, const Answer& expected);
  void report(const Image& image, const Request& request, const Answer& expected, const std::string& what);
  std::string words_of(const Image& image) const;

  ImageMemory memory_;
  oracle::Memory words_{[this](std::uint64_t address) { return memory_.word(address); },
                        [this](std::uint64_t address) { return memory_.writable(address); }};
  std::vector<std::unique_ptr<DrivenUnit>> units_ = std::vector<std::unique_ptr<DrivenUnit>>(units);
  DrivenUnit* unit_ = nullptr;
  std::uint64_t number_ = 0;
  Statistics statistics_;
  support::Disagreements disagreements_;
};

void Agreement::run(std::uint64_t first_image, std::uint64_t images) {
  for (std::uint64_t number = first_image; number < first_image + images; ++number)
    if (disagreements_.kinds() < most_kinds) try_image(number);
}

/// An image is made from its number alone, so each can be looked at by itself.
void Agreement::try_image(std::uint64_t number) {
  number_ = number;
  auto& unit = units_[number % units];
  if (!unit) unit = std::make_unique<DrivenUnit>(random_unit(number % units), memory_);
  unit_ = unit.get();
  Random random{number};
  Setup setup;
  setup.enabled = !random.percent(2);
  setup.checks_translated = random.percent(60);
  setup.cr2 = static_cast<std::uint32_t>(random.below(16));
  setup.gbpa = random.percent(30) ? gbpa::abort : 0;
  unit_->set_cr2(setup.cr2);
  Image image = ImageMaker{unit_->facts(), unit_->first_stream(), memory_, random}.make();
  if (random.percent(45)) ImageMaker{unit_->facts(), unit_->first_stream(), memory_, random}.corrupt(image);
  statistics_.count_image(image.corrupted);
  setup.strtab_base = image.strtab_base;
  setup.strtab_base_cfg = image.strtab_base_cfg;
  unit_->start(setup);
  for (unsigned n = 0; n < requests_per_image; ++n)
    try_request(image, random_request(unit_->facts(), unit_->first_stream(), image, random));
}

void Agreement::try_request(const Image& image, const ChosenRequest& chosen) {
  const Request& request = chosen.request;
  const Answer expected = oracle::smmuv3::answer(unit_->facts(), words_, request);
  statistics_.count(unit_->facts().enabled(), chosen, expected);
  memory_.forget_writes();
  const std::string what = answer_difference(request, expected);
  if (what.empty()) return;
  if (expected.dispute == Dispute::none || support::is_inexcusable(what))
    report(image, request, expected, what);
  else
    statistics_.count_disagreement(expected, what);
}

std::string Agreement::answer_difference(const Request& request, const Answer& expected) {
  const iommu::TranslationResult foreseen = unit_->foresee(request);
  if (!memory_.written().empty()) return std::string{support::static_answer_writes};
  const UnitAnswer found = unit_->ask(request);
  // Only trying tells that a descriptor cannot be written.
  const std::uint16_t reason = found.result.fault_reason;
  const bool update_failed = reason == oracle::smmuv3::event::f_walk_eabt;
  if (!update_failed && !support::is_same_answer(foreseen, found.result))
    return std::string{support::static_answer_differs};
  return difference(request, expected, found, memory_);
}

void Agreement::report(const Image& image, const Request& request, const Answer& expected, const std::string& what) {
  disagreements_.report(what, [&] {
    const auto& facts = unit_->facts();
    return fmt::format(
        "image {}, unit {}: {}\n  expected: {}\n  IDR0 {:#x}, IDR1 {:#x}, IDR3 {:#x}, IDR5 {:#x}, AIDR {:#x}, "
        "CR0 {:#x}, CR2 {:#x}, STRTAB {:#x} {:#x}, {}{}",
        number_, number_ % units, describe(request), describe(expected), facts.idr0, facts.idr1, facts.idr3, facts.idr5,
        facts.aidr, facts.cr0, facts.cr2, facts.strtab_base, facts.strtab_base_cfg,
        image.corrupted ? "corrupted" : "not corrupted", words_of(image));
  });
}

std::string Agreement::words_of(const Image& image) const {
  constexpr std::array<const char*, static_cast<std::size_t>(Part::count)> names{"L1STD", "STE",     "L1CD",
                                                                                 "CD",    "stage 1", "stage 2"};
  std::string text;
  for (const auto& [address, value] : memory_.written())
    text += fmt::format("\n    {:#x} written: {:#x}", address, value);
  for (const Place& place : image.places)
    text += support::words_text(memory_, place.address, names[static_cast<std::size_t>(place.part)], place.words);
  return text;
}

void check(const Agreement& agreement) {
  std::cout << agreement.statistics().text();
  agreement.disagreements().check();
}

}  // namespace

TEST_CASE("An SMMUv3 answers 40,000 requests at random tables as the specification's second reading does",
          "[smmuv3][oracle]") {
  Agreement agreement;
  agreement.run(0, 10'000);
  check(agreement);
  // An image maker that reaches nothing must not pass. The numbers are the same on every machine.
  const Statistics& seen = agreement.statistics();
  CHECK(seen.requests() == 40'000);
  CHECK(seen.disputed() < 1'800);
  CHECK(seen.updating() > 1'000);
  CHECK(seen.unrecorded() > 3'500);
  const std::map<std::string, std::uint64_t> outcomes{{"passes", 6'500},
                                                      {"ignored", 950},
                                                      {"stalled", 3'000},
                                                      {"request completed with rights", 500},
                                                      {"request completed without rights", 600},
                                                      {"request ended with CA", 800},
                                                      {"request ended with UR", 3'000},
                                                      {"translated transaction passes", 500},
                                                      {"translated transaction aborted", 1'000}};
  for (const auto& [outcome, least] : outcomes) {
    INFO(outcome);
    CHECK(seen.outcome(outcome) > least);
  }
  for (unsigned code = 0x2; code <= 0xB; ++code)
    CHECK(seen.event(code) > 90);
  for (unsigned code = 0x10; code <= 0x13; ++code)
    CHECK(seen.event(code) > 500);
  // Translation and permission, at each class of stage 2.
  for (const std::string code : {"0x10", "0x13"})
    for (const std::string fault_class : {"CD", "TT", "IN"})
      CHECK(seen.place(code + " S2=1 CLASS=" + fault_class) > 50);
}

TEST_CASE("An SMMUv3 answers requests at 1,000,000 random tables as the specification's second reading does",
          "[smmuv3][oracle][nightly]") {
  Agreement agreement;
  agreement.run(10'000, 1'000'000);
  check(agreement);
}

}  // namespace iommusim::tests::smmu
