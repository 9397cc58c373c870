// SPDX-License-Identifier: Apache-2.0
// An IOMMU that answers what a test says.
#pragma once

#include "iommu/unit.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace iommusim::tests {

inline const Rule scripted_rule{"scripted.rule", "the test says so", "test"};

/// An answer with a rule, and with every right where it translates.
inline iommu::TranslationResult scripted(iommu::Outcome outcome, PhysAddr address = PhysAddr{0}) {
  iommu::TranslationResult result;
  result.outcome = outcome;
  result.address = address;
  result.readable = result.writable = true;
  result.rule = &scripted_rule;
  return result;
}

/// As scripted(), held under `tag`.
inline iommu::TranslationResult scripted_stall(std::uint32_t tag) {
  iommu::TranslationResult result = scripted(iommu::Outcome::stalled);
  result.fault_reason = 0x10;
  result.message_data = tag;
  return result;
}

class ScriptedUnit final : public iommu::Unit {
 public:
  /// Answers of translate(), in this order; the last one again and again.
  std::deque<iommu::TranslationResult> answers{scripted(iommu::Outcome::fault)};
  /// What decide() says that it fetches.
  std::vector<iommu::Fetch> fetched;
  unsigned translated = 0;
  std::optional<iommu::StallVerdict> verdict;
  std::vector<std::uint32_t> asked_tags;

  std::uint64_t register_block_size() const override { return page_4k; }
  std::uint64_t read_register(std::uint64_t, unsigned) const override { return 0; }
  void write_register(std::uint64_t, unsigned, std::uint64_t) override {}

  iommu::TranslationResult decide(const iommu::TranslationRequest&, iommu::FetchLog& fetches) const override {
    fetches.clear();
    for (const iommu::Fetch& fetch : fetched)
      fetches.next() = fetch;
    return answers.front();
  }
  iommu::TranslationResult translate(const iommu::TranslationRequest&, iommu::FetchLog& fetches) override {
    fetches.clear();
    ++translated;
    const iommu::TranslationResult result = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return result;
  }
  std::optional<iommu::CacheHits> last_hits() const override { return std::nullopt; }
  bool repeat(const iommu::CacheHits&) override { return false; }
  std::optional<iommu::StallVerdict> take_verdict(std::uint32_t tag) override {
    asked_tags.push_back(tag);
    return verdict;
  }

  void request_page(const iommu::PageRequest&) override {}
  void complete_invalidation(RequesterId, std::uint32_t) override {}
  bool waits_for_devices() const override { return false; }
  void time_out_invalidations() override {}

  void on_device_invalidation(std::function<void(const iommu::DeviceTlbInvalidation&, unsigned)>) override {}
  void on_page_response(std::function<void(const iommu::PageGroupResponse&)>) override {}
  void on_message(std::function<void(const interrupts::MsiMessage&)>) override {}
  void on_invalidate(std::function<void()>) override {}

  iommu::UnitWork work() const override { return {}; }
  std::vector<iommu::Counter> counters() const override { return {}; }
  unsigned input_width() const override { return 48; }
  iommu::InputSpace input_space(RequesterId) const override { return {}; }
  std::string describe(const iommu::Fetch&) const override { return ""; }
  iommu::FaultCause cause_of(std::uint16_t) const override { return iommu::FaultCause::other; }
};

}  // namespace iommusim::tests
