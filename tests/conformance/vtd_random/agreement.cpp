// SPDX-License-Identifier: Apache-2.0
// Random table images, DMA, interrupt and page requests: the unit against a walker that was written from the
// specification alone (tests/oracle/vtd). What oracle/vtd/disputes.h lists is asked, counted and not compared.
#include "conformance/vtd_random/comparison.h"
#include "conformance/vtd_random/driven_unit.h"
#include "conformance/vtd_random/image.h"
#include "conformance/vtd_random/request.h"
#include "conformance/vtd_random/statistics.h"
#include "oracle/vtd/walker.h"
#include "support/disagreements.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <optional>

namespace iommusim::tests {
namespace {

using oracle::vtd::Answer;
using oracle::vtd::Dispute;
using oracle::vtd::Request;

constexpr std::uint64_t units = 64;
/// A quarter of them twice or more, so that caches answer.
constexpr unsigned requests_per_image = 4;
/// Each kind of disagreement is told once in full.
constexpr std::size_t most_kinds = 40;

std::optional<InterruptSetup> setup_of(const Image& image) {
  if (!image.interrupts) return std::nullopt;
  return InterruptSetup{image.interrupts->irta, image.interrupts->compatibility_format};
}

class Agreement {
 public:
  void run(std::uint64_t first_image, std::uint64_t images);

  const Statistics& statistics() const { return statistics_; }
  const support::Disagreements& disagreements() const { return disagreements_; }
  std::uint64_t iotlb_hits() const;

 private:
  void try_image(std::uint64_t number);
  void protect_memory(Random& random);
  void try_request(const Image& image, const ChosenRequest& chosen);
  std::string answer_difference(const Request& request, const Answer& expected);
  void report(const Image& image, const Request& request, const Answer& expected, const std::string& what);
  std::string words_of(const Image& image) const;

  ImageMemory memory_;
  oracle::vtd::Memory words_{[this](std::uint64_t address) { return memory_.word(address); },
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

std::uint64_t Agreement::iotlb_hits() const {
  std::uint64_t sum = 0;
  for (const auto& unit : units_)
    if (unit) sum += unit->iotlb_hits();
  return sum;
}

/// An image is made from its number alone, so each can be looked at by itself.
void Agreement::try_image(std::uint64_t number) {
  number_ = number;
  auto& unit = units_[number % units];
  if (!unit) unit = std::make_unique<DrivenUnit>(random_unit(number % units), memory_);
  unit_ = unit.get();
  Random random{number};
  Image image = ImageMaker{unit_->facts(), memory_, random}.make();
  if (random.percent(50)) ImageMaker{unit_->facts(), memory_, random}.corrupt(image);
  statistics_.count_image(image.corrupted);
  unit_->set_interrupts(setup_of(image));
  unit_->start(image.root, image.ttm, !random.percent(2));
  protect_memory(random);
  ChosenRequest chosen;
  for (unsigned n = 0; n < requests_per_image; ++n) {
    // A corrupted image may break rules that caches rely on: one domain-id, one table.
    if (image.corrupted) unit_->invalidate_everything();
    if (n == 0 || !random.percent(25)) chosen = random_request(unit_->facts(), image, random);
    try_request(image, chosen);
  }
}

void Agreement::protect_memory(Random& random) {
  unit_->unprotect();
  if (!random.percent(10)) return;
  const auto region = [&](unsigned width) {
    const std::uint64_t base = random.below(std::uint64_t{1} << (width - 1));
    return oracle::vtd::Region{base, base + random.below(std::uint64_t{1} << (width - 1))};
  };
  unit_->protect(region(31), region(unit_->facts().host_address_width));
}

void Agreement::try_request(const Image& image, const ChosenRequest& chosen) {
  const Request& request = chosen.request;
  const Answer expected = oracle::vtd::answer(unit_->facts(), words_, request);
  statistics_.count(mode_of(image, chosen, unit_->facts().translation_enabled()), chosen, expected);
  memory_.forget_writes();
  const std::string what = request.page_request ? difference(chosen.page, expected, unit_->ask(chosen.page), memory_)
                                                : answer_difference(request, expected);
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
  // Only trying tells that a table or a descriptor cannot be written.
  const std::uint16_t reason = found.result.fault_reason;
  const bool update_failed = reason == 0x91 || reason == 0x7D || reason == 0x27;
  if (!update_failed && !support::is_same_answer(foreseen, found.result))
    return std::string{support::static_answer_differs};
  return difference(request, expected, found, memory_);
}

void Agreement::report(const Image& image, const Request& request, const Answer& expected, const std::string& what) {
  disagreements_.report(what, [&] {
    return fmt::format(
        "image {}, unit {}: {}\n  expected: {}\n  TTM {}, HAW {}, CAP {:#x}, ECAP {:#x}, IRTA {:#x}, {}{}", number_,
        number_ % units, describe(request), describe(expected), image.ttm, unit_->facts().host_address_width,
        unit_->facts().cap, unit_->facts().ecap, unit_->facts().irta, image.corrupted ? "corrupted" : "not corrupted",
        words_of(image));
  });
}

std::string Agreement::words_of(const Image& image) const {
  constexpr std::array<const char*, static_cast<std::size_t>(Structure::count)> names{
      "root",        "context",      "PASID directory", "PASID entry",
      "first stage", "second stage", "interrupt entry", "posted descriptor"};
  std::string text;
  for (const Place& place : image.places)
    text += support::words_text(memory_, place.address, names[static_cast<std::size_t>(place.structure)], place.words);
  return text;
}

void check(const Agreement& agreement) {
  std::cout << agreement.statistics().text();
  agreement.disagreements().check();
}

}  // namespace

TEST_CASE("The unit answers 100,000 requests at random table images as the specification's second reading does",
          "[vtd][oracle]") {
  Agreement agreement;
  agreement.run(0, 25'000);
  check(agreement);
  // An image maker that reaches nothing must not pass. The numbers are the same on every machine.
  const Statistics& seen = agreement.statistics();
  CHECK(seen.requests() == 100'000);
  CHECK(seen.disputed() < 6'000);
  CHECK(seen.outcome("passes") > 25'000);
  CHECK(seen.outcome("completed without rights") > 1'200);
  CHECK(seen.outcome("interrupt") > 5'500);
  CHECK(seen.outcome("posted interrupt") > 1'900);
  CHECK(seen.outcome("page request queued") > 1'200);
  CHECK(seen.suppressed() > 1'000);
  CHECK(seen.reasons_seen() >= 65);
  for (unsigned legacy_reason = 0x1; legacy_reason <= 0xE; ++legacy_reason)
    CHECK(seen.reason(legacy_reason) > 50);
  CHECK(agreement.iotlb_hits() > 1'800);
}

TEST_CASE("The unit answers requests at 1,000,000 random table images as the specification's second reading does",
          "[vtd][oracle][nightly]") {
  Agreement agreement;
  agreement.run(25'000, 1'000'000);
  check(agreement);
}

}  // namespace iommusim::tests
