// SPDX-License-Identifier: Apache-2.0
#include "interrupts/gic/redistributor.h"

#include "interrupts/gic/rules.h"

#include <algorithm>

namespace iommusim::gic {

using gicr::LpiConfiguration;

Redistributor::Redistributor(const RedistributorConfig& config, std::uint32_t processor, memory::PhysicalBus& bus,
                             DeliveryLog& log)
    : config_{config}, processor_{processor}, bus_{bus}, log_{log}, cache_(config.cached_configurations) {}

DoorbellResult Redistributor::decide_set(std::uint32_t intid) const {
  if (!is_enabled()) return dropped(rules::lpis_disabled);
  if (!tables_.has(intid)) return dropped(rules::lpi_out_of_range);
  const auto was_pending = tables_.is_pending(bus_, intid);
  const auto configuration = configuration_of(intid);
  if (!was_pending || !configuration) return dropped(rules::lpi_table_unreadable);
  DoorbellResult result;
  result.intid = intid;
  result.processor = processor_;
  result.priority = configuration->priority();
  const bool enabled = configuration->get<LpiConfiguration::Enable>();
  result.outcome = enabled ? DoorbellOutcome::delivered : DoorbellOutcome::pending;
  result.rule = enabled ? &rules::lpi_delivered : *was_pending ? &rules::lpi_merged : &rules::lpi_pending;
  return result;
}

DoorbellResult Redistributor::set_pending(std::uint32_t intid) {
  const DoorbellResult result = decide_set(intid);
  if (result.outcome == DoorbellOutcome::dropped) return result;
  keep(intid);
  if (result.outcome == DoorbellOutcome::delivered) {
    // Whoever had disabled it before and did not say so (INV) has one interrupt now, not two.
    clear_pending(intid);
    log_.deliver(intid, processor_, result.priority);
    return result;
  }
  if (result.rule == &rules::lpi_merged) return result;
  if (!tables_.set_pending(bus_, intid, true)) return dropped(rules::lpi_table_unreadable);
  ++waiting_;
  return result;
}

bool Redistributor::clear_pending(std::uint32_t intid) {
  if (!is_enabled() || !tables_.has(intid) || !tables_.is_pending(bus_, intid).value_or(false)) return false;
  if (!tables_.set_pending(bus_, intid, false)) return false;
  if (waiting_ > 0) --waiting_;
  return true;
}

void Redistributor::invalidate(std::uint32_t intid) {
  if (!is_enabled() || !tables_.has(intid)) return;
  forget(intid);
  const auto configuration = configuration_of(intid);
  if (!configuration) return;
  keep(intid);
  if (configuration->get<LpiConfiguration::Enable>() && clear_pending(intid))
    log_.deliver(intid, processor_, configuration->priority());
}

void Redistributor::invalidate_all() {
  if (!is_enabled()) return;
  std::fill(cache_.begin(), cache_.end(), CachedConfiguration{});
  deliver_enabled();
}

bool Redistributor::give_up(std::uint32_t intid) {
  forget(intid);
  return clear_pending(intid);
}

void Redistributor::move_all_to(Redistributor& other) {
  if (this == &other || !is_enabled() || waiting_ == 0) return;
  std::vector<std::uint32_t> moved;
  tables_.for_each_pending(bus_, [&](std::uint32_t intid) { moved.push_back(intid); });
  for (const std::uint32_t intid : moved)
    if (give_up(intid)) other.set_pending(intid);
}

void Redistributor::deliver_enabled() {
  if (waiting_ == 0) return;
  std::vector<Waiting> enabled;
  tables_.for_each_pending(bus_, [&](std::uint32_t intid) {
    const auto configuration = configuration_of(intid);
    if (configuration && configuration->get<LpiConfiguration::Enable>())
      enabled.push_back({configuration->priority(), intid});
  });
  std::stable_sort(enabled.begin(), enabled.end(),
                   [](const Waiting& a, const Waiting& b) { return a.priority < b.priority; });
  for (const Waiting& lpi : enabled)
    if (clear_pending(lpi.intid)) log_.deliver(lpi.intid, processor_, lpi.priority);
}

std::optional<LpiConfiguration> Redistributor::configuration_of(std::uint32_t intid) const {
  if (!cache_.empty())
    if (const CachedConfiguration& cached = cache_[slot_of(intid)]; cached.intid == intid) return cached.configuration;
  return tables_.configuration(bus_, intid);
}

void Redistributor::keep(std::uint32_t intid) {
  if (cache_.empty()) return;
  if (const auto configuration = configuration_of(intid)) cache_[slot_of(intid)] = {intid, *configuration};
}

void Redistributor::forget(std::uint32_t intid) {
  if (cache_.empty()) return;
  CachedConfiguration& cached = cache_[slot_of(intid)];
  if (cached.intid == intid) cached = CachedConfiguration{};
}

}  // namespace iommusim::gic
