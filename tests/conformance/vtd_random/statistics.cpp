// SPDX-License-Identifier: Apache-2.0
#include "conformance/vtd_random/statistics.h"

#include "oracle/vtd/disputes.h"

#include <fmt/format.h>

#include <array>

namespace iommusim::tests {
namespace {

using oracle::vtd::Dispute;

std::string paging_name(Paging paging) {
  switch (paging) {
    case Paging::second_stage: return "second stage";
    case Paging::pass_through: return "pass-through";
    case Paging::first_stage: return "first stage";
    case Paging::nested: return "nested";
  }
  return "?";
}

}  // namespace

std::string mode_of(const Image& image, const ChosenRequest& chosen, bool translation_enabled) {
  if (chosen.request.page_request) return "page request";
  if (chosen.interrupt)
    return image.interrupts ? "interrupt request, remapping on" : "interrupt request, remapping off";
  if (!translation_enabled) return "translation off";
  if (image.ttm > 1) return "TTM 2 and 3";
  const std::string mode = image.ttm == 0 ? "legacy, " : "scalable, ";
  if (chosen.space == nullptr) return mode + "unknown requester or PASID";
  return mode + paging_name(chosen.space->paging) + (chosen.request.pasid ? ", PASID" : "");
}

void Statistics::count_image(bool corrupted) {
  ++images_;
  if (corrupted) ++corrupted_;
}

void Statistics::count(const std::string& mode, const ChosenRequest& chosen, const oracle::vtd::Answer& expected) {
  constexpr std::array<const char*, 6> outcomes{
      "passes", "interrupt", "posted interrupt", "blocked", "completed without rights", "done without memory"};
  ++requests_;
  ++by_mode_[mode];
  const bool queued = chosen.request.page_request && expected.outcome == oracle::vtd::Outcome::passes;
  ++by_outcome_[queued ? "page request queued" : outcomes[static_cast<std::size_t>(expected.outcome)]];
  if (expected.dispute != Dispute::none) {
    disputed_.count(expected.dispute);
    return;
  }
  if (expected.reason) ++by_reason_[*expected.reason];
  if (expected.record) ++recorded_;
  if (expected.reason && !expected.record) ++suppressed_;
  if (!expected.updates.empty()) ++updating_;
}

std::uint64_t Statistics::outcome(const std::string& name) const {
  return support::count_of(by_outcome_, name);
}

std::uint64_t Statistics::reason(unsigned reason) const {
  return support::count_of(by_reason_, reason);
}

std::string Statistics::text() const {
  std::string text = fmt::format("{} images, {} of them corrupted; {} requests, {} left out as disputed\n", images_,
                                 corrupted_, requests_, disputed());
  text += fmt::format(
      "{:>10}  faults recorded\n{:>10}  faults suppressed\n{:>10}  requests that change tables or posted interrupt "
      "descriptors\n",
      recorded_, suppressed_, updating_);
  for (const auto& [mode, count] : by_mode_)
    text += fmt::format("{:>10}  {}\n", count, mode);
  for (const auto& [outcome, count] : by_outcome_)
    text += fmt::format("{:>10}  {}\n", count, outcome);
  for (const auto& [reason, count] : by_reason_)
    text += fmt::format("{:>10}  fault reason {:#x}\n", count, reason);
  return text + disputed_.text(oracle::vtd::disputes);
}

}  // namespace iommusim::tests
