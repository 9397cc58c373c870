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
    disputed_.count(expected.dispute);
    return;
  }
  if (expected.code != 0) ++by_event_[expected.code];
  if (expected.record) ++recorded_;
  if (expected.code != 0 && !expected.record) ++unrecorded_;
  if (!expected.updates.empty()) ++updating_;
  if (const std::string place = place_of(expected); !place.empty()) ++by_place_[place];
}

std::uint64_t Statistics::outcome(const std::string& name) const {
  return support::count_of(by_outcome_, name);
}

std::uint64_t Statistics::mode(const std::string& name) const {
  return support::count_of(by_mode_, name);
}

std::uint64_t Statistics::event(unsigned code) const {
  return support::count_of(by_event_, code);
}

std::uint64_t Statistics::place(const std::string& name) const {
  return support::count_of(by_place_, name);
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
  return text + disputed_.text(oracle::smmuv3::disputes);
}

}  // namespace iommusim::tests::smmu
