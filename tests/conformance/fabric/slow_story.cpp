// SPDX-License-Identifier: Apache-2.0
#include "conformance/fabric/slow_story.h"

#include <fmt/format.h>

namespace iommusim::tests {

using oracle::SlowAnswer;
using oracle::SlowEnd;
using oracle::SlowStatus;

namespace {

std::string_view status_name(SlowStatus status) {
  switch (status) {
    case SlowStatus::posted: return to_string(CompletionStatus::none);
    case SlowStatus::success: return to_string(CompletionStatus::successful);
    case SlowStatus::unsupported_request: return to_string(CompletionStatus::unsupported_request);
    case SlowStatus::timeout: return to_string(CompletionStatus::timeout);
    case SlowStatus::completer_abort: break;
  }
  return to_string(CompletionStatus::completer_abort);
}

}  // namespace

std::string SlowStory::of(const Landing& landing) const {
  std::string text =
      fmt::format("{} at {}, {}", to_string(landing.kind), machine_.name(landing.where), to_string(landing.status));
  if (landing.kind == LandingKind::peer)
    text += fmt::format(", BAR {}+{:#x}, address {:#x}", landing.bar, landing.bar_offset, landing.address);
  if (landing.kind == LandingKind::memory) text += fmt::format(", address {:#x}", landing.address);
  return text + fmt::format(", by {} of {}", landing.rule->id, machine_.name(landing.decided_by));
}

/// The whole way, with the IOMMU's part taken from `walk`.
std::string SlowStory::of(pcie::NodeIndex function, const Access& access, const platforms::Walk& walk) const {
  oracle::SlowRequest request;
  request.from = pcie::index_of(function);
  request.requester = access.requester.raw();
  request.posted = access.operation == Operation::write;
  request.poisoned = access.poisoned;
  request.address_type = static_cast<unsigned>(access.address_type);
  request.address = access.address.value();
  request.size = access.size == 0 ? 1 : access.size;
  const SlowAnswer answer = oracle::slow_route(tree_, request);
  if (answer.completion_lost && walk.landing.status != CompletionStatus::timeout) return "a lost completion";
  const bool refused = walk.landing.kind == LandingKind::rejected || walk.landing.kind == LandingKind::iommu_fault;
  if (access.poisoned && !refused) return "poisoned data that nobody uses";
  if (answer.end == SlowEnd::interrupt_window) return behind_interrupt_window(answer, walk);
  if (answer.end == SlowEnd::root) return behind_root(answer, request, walk);
  return of(answer);
}

/// Nobody but the IOMMU and the local APICs has a say there.
std::string SlowStory::behind_interrupt_window(const SlowAnswer& answer, const platforms::Walk& walk) const {
  if (walk.landing.kind == LandingKind::memory || walk.landing.kind == LandingKind::peer) return "interrupt window";
  if (walk.iova.value() != answer.address) return "interrupt window at another address";
  return of(walk.landing);
}

std::string SlowStory::behind_root(const SlowAnswer& answer, const oracle::SlowRequest& request,
                                   const platforms::Walk& walk) const {
  if (walk.iova.value() != answer.address || walk.path.size() < 3)
    return fmt::format("the IOMMU or the system at {:#x}", answer.address);
  const auto unit = machine_.iommu_of_bridge(answer.bridge);
  if (!unit) return in_system(answer.address, request, answer, walk);
  if (!walk.translation) return "an answer of the IOMMU";
  switch (walk.translation->outcome) {
    case iommu::Outcome::ignored:
    case iommu::Outcome::stalled:
    case iommu::Outcome::fault:
      return walk.landing.where == machine_.iommu_id(*unit) ? of(walk.landing) : "the IOMMU's refusal";
    case iommu::Outcome::interrupt:
    case iommu::Outcome::posted: return behind_interrupt_window(answer, walk);
    case iommu::Outcome::translated: break;
  }
  return in_system(walk.translation->address.value(), request, answer, walk);
}

/// Memory and outbound windows; what else answers in the system is not the fabric's.
std::string SlowStory::in_system(std::uint64_t address, const oracle::SlowRequest& request, const SlowAnswer& way,
                                 const platforms::Walk& walk) const {
  for (const platforms::MemoryDescription& memory : machine_.description().memories)
    if (memory.range.contains(PhysAddr{address})) {
      if (request.poisoned) return discarded_by(memory.name, request, way);
      Landing landing = walk.landing;
      landing.kind = LandingKind::memory;
      landing.address = address;
      if (!way.completion_lost) landing.status = request.posted ? CompletionStatus::none : CompletionStatus::successful;
      return walk.landing.address == address && machine_.name(walk.landing.where) == memory.name ? of(landing)
                                                                                                 : memory.name;
    }
  auto down = oracle::slow_route_down(tree_, request, address, way.ingress);
  if (!down) return in_nothing(walk);
  if (way.completion_lost) down->status = SlowStatus::timeout;
  if (down->end == SlowEnd::bar && down->rule.empty()) {
    // The translation is what chose: the IOMMU's rule, or without one the system's.
    SlowAnswer chosen = *down;
    chosen.rule = walk.landing.rule->id;
    return of(chosen, machine_.name(walk.landing.decided_by));
  }
  return of(*down);
}
/// A choice of the platform: 2.7.2.2 leaves it open what memory does with bad data.
std::string SlowStory::discarded_by(const std::string& memory, const oracle::SlowRequest& request,
                                    const SlowAnswer& way) const {
  const SlowStatus status = way.completion_lost ? SlowStatus::timeout
                            : request.posted    ? SlowStatus::posted
                                                : SlowStatus::unsupported_request;
  return fmt::format("rejected at {0}, {1}, by root-complex.poisoned of {0}", memory, status_name(status));
}

std::string SlowStory::in_nothing(const platforms::Walk& walk) const {
  const bool fabric = walk.landing.kind == LandingKind::memory || walk.landing.kind == LandingKind::peer;
  return fabric ? "nothing in the system" : of(walk.landing);
}

std::string SlowStory::name_of(const std::optional<std::size_t>& function, std::size_t bridge) const {
  if (!function) return machine_.name(machine_.bridges()[bridge].id);
  return machine_.name(machine_.topology()[static_cast<pcie::NodeIndex>(*function)].id);
}
std::string SlowStory::of(const SlowAnswer& answer) const {
  return of(answer, name_of(answer.decided_by, answer.decided_at_bridge));
}
std::string SlowStory::of(const SlowAnswer& answer, const std::string& decided_by) const {
  const bool landed = answer.end == SlowEnd::bar;
  std::string text = fmt::format("{} at {}, {}", landed ? "peer" : "rejected", name_of(answer.function, answer.bridge),
                                 status_name(answer.status));
  if (landed) text += fmt::format(", BAR {}+{:#x}, address {:#x}", answer.bar, offset_in_bar(answer), answer.address);
  return text + fmt::format(", by {} of {}", answer.rule, decided_by);
}
std::uint64_t SlowStory::offset_in_bar(const SlowAnswer& answer) const {
  for (const oracle::SlowBar& bar : tree_.functions[*answer.function].bars)
    if (bar.index == answer.bar) return answer.address - bar.span.first;
  return ~std::uint64_t{0};
}

}  // namespace iommusim::tests
