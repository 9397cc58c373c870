// SPDX-License-Identifier: Apache-2.0
#include "analysis/iova_map.h"

#include "iommu/access_request.h"
#include "iommu/device_tlb.h"
#include "platforms/walk.h"

namespace iommusim::analysis {
namespace {

using platforms::Machine;
using platforms::Walk;

constexpr std::uint32_t doubleword = 4;

bool is_acs(const Rule& rule) {
  constexpr std::string_view prefix = "acs.";
  return rule.id.substr(0, prefix.size()) == prefix;
}

/// Nothing is mapped there for this kind of access, or the device is in no domain and `is_reachable` for one that it
/// could be in: software has not decided yet.
bool lacks_mapping(iommu::FaultCause cause, bool is_reachable) {
  switch (cause) {
    case iommu::FaultCause::no_domain: return is_reachable;
    case iommu::FaultCause::no_mapping: return true;
    default: return false;
  }
}

struct TableSay {
  bool by_tables = false;
  bool is_unmapped = false;
};

TableSay what_tables_say(const Walk& walk, const iommu::Unit* unit) {
  if (!walk.translation) return {};
  const iommu::TranslationResult& answer = *walk.translation;
  const bool refused = answer.outcome == iommu::Outcome::fault || answer.outcome == iommu::Outcome::ignored ||
                       answer.outcome == iommu::Outcome::stalled;
  if (!refused || unit == nullptr) return {answer.rule->topic == RuleTopic::page_tables, false};
  const iommu::FaultCause cause = unit->cause_of(answer.fault_reason);
  const unsigned width = unit->input_width();
  const bool is_unmapped = lacks_mapping(cause, width >= 64 || walk.iova.value() >> width == 0);
  // Software chose where the tables lead, be it into the interrupt range.
  return {is_unmapped || cause == iommu::FaultCause::output_in_interrupt_range, is_unmapped};
}

/// With interrupt remapping the answer to a doubleword write in the window depends on its address and data: the map
/// says that it is asked, not what it says.
bool is_remapped_interrupt(const Walk& walk) {
  return walk.translation && is_interrupt_lookup(*walk.translation->rule);
}

Outcome remapped_interrupt(const Machine& machine, std::size_t unit) {
  Outcome outcome;
  outcome.kind = LandingKind::interrupt;
  outcome.where = outcome.decided_by = machine.iommu_id(unit);
  outcome.rule = machine.iommu(unit).interrupt_lookup();
  outcome.status = CompletionStatus::none;
  return outcome;
}

/// The completion that grants a device with ATS no right does not say why. The answer to the request itself does.
iommu::TranslationResult answer_without_ats(const iommu::Unit& unit, RequesterId requester, Access access, Iova iova) {
  access.requester = requester;
  access.address = BusAddr{iova.value()};
  iommu::FetchLog fetches;
  return unit.decide(iommu::request_of(access, 0), fetches);
}

Outcome outcome_of(const Walk& walk, const iommu::Unit* unit) {
  const Landing& landing = walk.landing;
  Outcome outcome;
  outcome.kind = landing.kind;
  outcome.where = landing.where;
  outcome.rule = landing.rule;
  outcome.decided_by = landing.decided_by;
  outcome.status = landing.status;
  outcome.fault_reason = landing.fault_reason;
  if (landing.kind == LandingKind::memory) outcome.address = landing.address;
  if (landing.kind == LandingKind::peer) {
    outcome.bar = landing.bar;
    outcome.address = landing.bar_offset;
  }
  for (const Hop& hop : walk.path)
    if (outcome.redirect == nullptr && hop.rule != landing.rule && is_acs(*hop.rule)) {
      outcome.redirect = hop.rule;
      outcome.redirected_by = hop.where;
    }
  const TableSay say = what_tables_say(walk, unit);
  outcome.by_tables = say.by_tables;
  outcome.is_unmapped = say.is_unmapped;
  return outcome;
}

}  // namespace

bool continues(const Outcome& outcome, std::uint64_t distance, const Outcome& next) {
  const bool has_address = outcome.kind == LandingKind::memory || outcome.kind == LandingKind::peer;
  return outcome.kind == next.kind && outcome.where == next.where && outcome.rule == next.rule &&
         outcome.decided_by == next.decided_by && outcome.status == next.status && outcome.bar == next.bar &&
         outcome.fault_reason == next.fault_reason && outcome.redirect == next.redirect &&
         outcome.redirected_by == next.redirected_by && outcome.by_tables == next.by_tables &&
         outcome.is_unmapped == next.is_unmapped && (!has_address || outcome.address + distance == next.address);
}

Outcome probe(const Machine& machine, pcie::NodeIndex device, Operation operation, BusAddr at, BusAddr last) {
  Access access;
  access.operation = operation;
  access.address = at;
  // Only a doubleword can be an interrupt.
  access.size = at.offset_in(doubleword) == 0 && last - at >= doubleword - 1 ? doubleword : 1;
  iommu::FetchLog fetches;
  Walk walk = platforms::walk(machine, device, access, fetches);
  const auto unit = machine.iommu_of(device);
  if (unit && is_remapped_interrupt(walk)) return remapped_interrupt(machine, *unit);
  if (unit && walk.landing.rule == &iommu::rules::translation_denied)
    walk.translation =
        answer_without_ats(machine.iommu(*unit), machine.topology()[device].requester, access, walk.iova);
  return outcome_of(walk, unit ? &machine.iommu(*unit) : nullptr);
}

std::vector<IovaRange> map_iova(const Machine& machine, const FabricBorders& fabric, const BorderRequest& request) {
  const std::vector<BusAddr> borders = borders_of(machine, fabric, request);
  std::vector<IovaRange> map;
  for (std::size_t i = 0; i < borders.size(); ++i) {
    const Range<BusAddr> range{borders[i], i + 1 < borders.size() ? borders[i + 1] - 1 : request.last};
    const IovaRange next{range, probe(machine, request.device, Operation::read, range.first, range.last),
                         probe(machine, request.device, Operation::write, range.first, range.last)};
    if (!map.empty()) {
      const std::uint64_t distance = range.first - map.back().range.first;
      if (continues(map.back().read, distance, next.read) && continues(map.back().write, distance, next.write)) {
        map.back().range.last = range.last;
        continue;
      }
    }
    map.push_back(next);
  }
  return map;
}

}  // namespace iommusim::analysis
