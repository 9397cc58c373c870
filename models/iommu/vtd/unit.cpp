// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/unit.h"

#include "iommu/vtd/describe_fetch.h"
#include "iommu/vtd/input_space.h"
#include "iommu/vtd/paging_levels.h"
#include "iommu/vtd/rules.h"
#include "iommu/vtd/unit_state.h"

#include <algorithm>
#include <utility>

namespace iommusim::vtd {
namespace {

const UnitConfig& checked(const UnitConfig& config) {
  refuse("VT-d unit", find_impossible(config));
  return config;
}

bool is_legal_access(std::uint64_t offset, unsigned width) {
  return (width == 4 || width == 8) && offset % width == 0;
}

}  // namespace

Unit::Unit(const UnitConfig& config, memory::PhysicalBus& bus)
    : state_{std::make_unique<State>(checked(config), bus)} {}

Unit::~Unit() = default;

const UnitConfig& Unit::config() const {
  return state_->config;
}

std::uint64_t Unit::register_block_size() const {
  return state_->registers.block_size();
}

std::uint64_t Unit::read_register(std::uint64_t offset, unsigned width) const {
  if (!is_legal_access(offset, width)) return 0;
  const std::uint64_t low = state_->registers.read(offset);
  return width == 4 ? low : low | std::uint64_t{state_->registers.read(offset + 4)} << 32;
}

void Unit::write_register(std::uint64_t offset, unsigned width, std::uint64_t value) {
  if (!is_legal_access(offset, width)) return;
  if (width == 8 && state_->registers.width_at(offset) == 8) {
    if (const auto written = state_->registers.write_wide(offset, value)) state_->react(*written);
    return;
  }
  for (unsigned byte = 0; byte < width; byte += 4)
    if (const auto written = state_->registers.write(offset + byte, static_cast<std::uint32_t>(value >> 8 * byte)))
      state_->react(*written);
}

iommu::TranslationResult Unit::decide(const iommu::TranslationRequest& request, iommu::FetchLog& fetches) const {
  DecisionEffects unused;
  iommu::TranslationResult result = vtd::decide(state_->inputs, request, fetches, unused);
  if (result.outcome == iommu::Outcome::interrupt) {
    InterruptEffects none;
    result = decide_interrupt(state_->interrupt_inputs(), request, fetches, none);
  }
  return result;
}

iommu::TranslationResult Unit::translate(const iommu::TranslationRequest& request, iommu::FetchLog& fetches) {
  return state_->translate(request, fetches);
}

std::optional<iommu::CacheHits> Unit::last_hits() const {
  return state_->last_hits();
}

bool Unit::repeat(const iommu::CacheHits& hits) {
  if (hits.epoch != state_->caches.epoch) return false;
  state_->commit_repeated(hits);
  return true;
}

void Unit::request_page(const iommu::PageRequest& request) {
  state_->request_page(request);
}

void Unit::complete_invalidation(RequesterId device, std::uint32_t tag_vector) {
  state_->statistics.invalidation_descriptors += state_->queue.complete(device, tag_vector);
  state_->statistics.device_invalidations = state_->queue.sent_to_devices();
}

bool Unit::waits_for_devices() const {
  return state_->queue.waits_for_devices();
}

void Unit::time_out_invalidations() {
  state_->queue.time_out();
}

void Unit::on_device_invalidation(std::function<void(const iommu::DeviceTlbInvalidation&, unsigned tag)> sink) {
  state_->device_invalidation_sink = std::move(sink);
}

void Unit::on_page_response(std::function<void(const iommu::PageGroupResponse&)> sink) {
  state_->page_response_sink = std::move(sink);
}

void Unit::on_message(std::function<void(const interrupts::MsiMessage&)> sink) {
  state_->message_sink = std::move(sink);
}

void Unit::on_invalidate(std::function<void()> sink) {
  state_->caches.on_invalidate = std::move(sink);
}

const UnitStatistics& Unit::statistics() const {
  return state_->statistics;
}

iommu::UnitWork Unit::work() const {
  return {state_->statistics.invalidation_descriptors, state_->statistics.device_invalidations};
}

std::vector<iommu::Counter> Unit::counters() const {
  const UnitStatistics& unit = state_->statistics;
  return {{"requests", unit.requests},
          {"iotlb_hits", unit.iotlb_hits},
          {"iotlb_misses", unit.iotlb_misses},
          {"context_hits", unit.context_hits},
          {"context_misses", unit.context_misses},
          {"table_fetches", unit.fetches},
          {"faults", unit.faults},
          {"faults_recorded", unit.faults_recorded},
          {"invalidation_descriptors", unit.invalidation_descriptors},
          {"posted_interrupts", unit.posted_interrupts},
          {"notifications", unit.notifications}};
}

unsigned Unit::input_width() const {
  unsigned deepest = 0;
  for (const unsigned levels : state_->config.table_levels)
    deepest = std::max(deepest, levels);
  return std::min(state_->config.guest_address_width, vtd::input_width(deepest));
}

iommu::InputSpace Unit::input_space(RequesterId requester) const {
  return vtd::input_space(state_->inputs, requester);
}

std::string Unit::describe(const iommu::Fetch& fetch) const {
  return vtd::describe(fetch);
}

iommu::FaultCause Unit::cause_of(std::uint16_t fault_reason) const {
  return vtd::cause_of(static_cast<FaultReason>(fault_reason));
}

const Rule* Unit::interrupt_lookup() const {
  return state_->config.interrupt_remapping ? &rules::interrupt_remapping : nullptr;
}

}  // namespace iommusim::vtd
