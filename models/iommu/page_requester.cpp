// SPDX-License-Identifier: Apache-2.0
#include "iommu/page_requester.h"

#include <algorithm>

namespace iommusim::iommu {
namespace {

/// Page Request Group Index: 9 bits.
constexpr unsigned indices = 512;

constexpr std::uint16_t following(std::uint16_t index) {
  return static_cast<std::uint16_t>((index + 1U) % indices);
}

}  // namespace

std::optional<std::uint16_t> PageRequester::begin(std::uint32_t allocation) {
  if (waiting_.size() >= std::min<std::size_t>(allocation, indices)) return std::nullopt;
  const auto is_waiting = [this](const Group& group) { return group.index == next_; };
  while (std::any_of(waiting_.begin(), waiting_.end(), is_waiting))
    next_ = following(next_);
  const std::uint16_t group = next_;
  next_ = following(next_);
  waiting_.push_back({group, std::nullopt, false});
  return group;
}

bool PageRequester::respond(const PageGroupResponse& response) {
  const auto is_answered = [&response](const Group& group) { return group.index == response.group && !group.response; };
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), is_answered);
  if (found == waiting_.end()) return false;
  if (found->is_given_up)
    waiting_.erase(found);
  else
    found->response = response.code;
  return true;
}

void PageRequester::give_up(std::uint16_t group) {
  for (Group& waiting : waiting_)
    if (waiting.index == group) waiting.is_given_up = true;
}

std::optional<PageResponse> PageRequester::take(std::uint16_t group) {
  const auto found =
      std::find_if(waiting_.begin(), waiting_.end(), [group](const Group& g) { return g.index == group; });
  if (found == waiting_.end() || !found->response) return std::nullopt;
  const PageResponse response = *found->response;
  waiting_.erase(found);
  return response;
}

}  // namespace iommusim::iommu
