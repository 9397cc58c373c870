// SPDX-License-Identifier: Apache-2.0
#include "conformance/smmuv3_random/statistics.h"

#include "oracle/smmuv3/disputes.h"

#include <fmt/format.h>

#include <array>

namespace iommusim::tests::smmu {
namespace {

using oracle::smmuv3::Answer;
using oracle::smmuv3::Dispute;
using oracle::smmuv3::Outcome;

std::string mode_of(bool enabled, const ChosenRequest& chosen) {
  if (!enabled) return "SMMUEN 0";
  if (chosen.space == nullptr) return "unknown stream or substream";
  constexpr std::array<const char*, 8> configs{"no traffic", "no traffic", "no traffic", "no traffic",
                                               "bypass",     "stage 1",    "stage 2",    "nested"};
  const std::string name = configs.at(chosen.space->config);
  return name + (chosen.space->stage_1_skipped ? ", stage 1 skipped" : chosen.request.substream ? ", substream" : "");
}

std::string outcome_of(const ChosenRequest& chosen, const Answer& expected) {
  const auto& request = chosen.request;
  if (expected.outcome == Outcome::completed)
    return expected.readable || expected.writable ? "request completed with rights"
                                                  : "request completed without rights";
  if (request.wants_translation())
    return expected.status == CompletionStatus::completer_abort ? "request ended with CA" : "request ended with UR";
  constexpr std::array<const char*, 4> outcomes{"passes", "aborted", "ignored", "stalled"};
  const std::string kind = request.is_translated() ? "translated transaction " : "";
  return kind + outcomes.at(static_cast<std::size_t>(expected.outcome));
}

/// Faults of a walk: stage and CLASS.
std::string place_of(const Answer& expected) {
  if (!expected.record || expected.code < oracle::smmuv3::event::f_walk_eabt) return {};
  const std::uint64_t word = expected.record->words[1];
  constexpr std::array<const char*, 3> classes{"CD", "TT", "IN"};
  return fmt::format("{:#x} S2={} CLASS={}", expected.code, word >> 39 & 1, classes.at(word >> 40 & 3));
}

template <class Key>
std::uint64_t found_in(const std::map<Key, std::uint64_t>& counts, const Key& key) {
  const auto found = counts.find(key);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

void Statistics::count_image(bool corrupted) {
  ++images_;
  if (corrupted) ++corrupted_;
}

void Statistics::count(bool enabled, const ChosenRequest& chosen, const Answer& expected) {
  ++requests_;
  ++by_mode_[mode_of(enabled, chosen)];
  ++by_outcome_[outcome_of(chosen, expected)];
  if (expected.dispute != Dispute::none) {
    ++disputed_[expected.dispute].out;
    return;
  }
  if (expected.code != 0) ++by_event_[expected.code];
  if (expected.record) ++recorded_;
  if (expected.code != 0 && !expected.record) ++unrecorded_;
  if (!expected.updates.empty()) ++updating_;
  if (const std::string place = place_of(expected); !place.empty()) ++by_place_[place];
}

void Statistics::count_disagreement(const Answer& expected, const std::string& what) {
  Left& left = disputed_[expected.dispute];
  ++left.disagreeing;
  if (left.example.empty()) left.example = what;
}

std::uint64_t Statistics::disputed() const {
  std::uint64_t sum = 0;
  for (const auto& [dispute, left] : disputed_)
    sum += left.out;
  return sum;
}

std::uint64_t Statistics::outcome(const std::string& name) const {
  return found_in(by_outcome_, name);
}

std::uint64_t Statistics::mode(const std::string& name) const {
  return found_in(by_mode_, name);
}

std::uint64_t Statistics::event(unsigned code) const {
  return found_in(by_event_, code);
}

std::uint64_t Statistics::place(const std::string& name) const {
  return found_in(by_place_, name);
}

std::string Statistics::text() const {
  std::string text = fmt::format("{} images, {} of them corrupted; {} requests, {} left out as disputed\n", images_,
                                 corrupted_, requests_, disputed());
  text += fmt::format("{:>10}  events recorded\n{:>10}  events not recorded\n{:>10}  requests that change tables\n",
                      recorded_, unrecorded_, updating_);
  for (const auto* counts : {&by_mode_, &by_outcome_, &by_place_})
    for (const auto& [name, count] : *counts)
      text += fmt::format("{:>10}  {}\n", count, name);
  for (const auto& [code, count] : by_event_)
    text += fmt::format("{:>10}  event {:#x}\n", count, code);
  for (const auto& [dispute, left] : disputed_)
    text += fmt::format("{:>10}  disputed ({} answered otherwise{}{}): {}\n", left.out, left.disagreeing,
                        left.example.empty() ? "" : ", as in ", left.example,
                        oracle::smmuv3::disputes[static_cast<std::size_t>(dispute)].question);
  return text;
}

}  // namespace iommusim::tests::smmu
