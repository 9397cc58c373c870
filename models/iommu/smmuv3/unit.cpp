// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/unit.h"

#include "iommu/smmuv3/commit.h"
#include "iommu/smmuv3/describe_fetch.h"
#include "iommu/smmuv3/input_space.h"
#include "iommu/smmuv3/unit_state.h"

#include <string>
#include <utility>

namespace iommusim::smmuv3 {
namespace {

const UnitConfig& checked(const UnitConfig& config) {
  refuse("SMMUv3", find_impossible(config));
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
  return register_bytes(state_->config);
}

std::uint64_t Unit::read_register(std::uint64_t offset, unsigned width) const {
  if (!is_legal_access(offset, width)) return 0;
  const std::uint64_t low = state_->read_register(offset);
  return width == 4 ? low : low | std::uint64_t{state_->read_register(offset + 4)} << 32;
}

void Unit::write_register(std::uint64_t offset, unsigned width, std::uint64_t value) {
  if (!is_legal_access(offset, width)) return;
  if (width == 8 && state_->registers.width_at(offset) == 8) {
    if (const auto written = state_->registers.write_wide(offset, value)) state_->react(*written);
    return;
  }
  for (unsigned byte = 0; byte < width; byte += 4)
    state_->write_register(offset + byte, static_cast<std::uint32_t>(value >> 8 * byte));
}

iommu::TranslationResult Unit::decide(const iommu::TranslationRequest& request, iommu::FetchLog& fetches) const {
  DecisionEffects unused;
  return smmuv3::decide(state_->inputs, request, fetches, unused);
}

iommu::TranslationResult Unit::translate(const iommu::TranslationRequest& request, iommu::FetchLog& fetches) {
  return state_->translate(request, fetches);
}

std::optional<iommu::CacheHits> Unit::last_hits() const {
  return hits_of(state_->caches, state_->effects, state_->last_outcome);
}

bool Unit::repeat(const iommu::CacheHits& hits) {
  if (!smmuv3::repeat(state_->caches, hits)) return false;
  ++state_->statistics.requests;
  return true;
}

std::optional<iommu::StallVerdict> Unit::take_verdict(std::uint32_t tag) {
  return state_->stalls.take(tag);
}

void Unit::request_page(const iommu::PageRequest& request) {
  state_->request_page(request);
}

void Unit::complete_invalidation(RequesterId device, std::uint32_t tag_vector) {
  state_->statistics.commands += state_->commands.complete(device, tag_vector);
}

bool Unit::waits_for_devices() const {
  return state_->commands.waits_for_devices();
}

void Unit::time_out_invalidations() {
  state_->statistics.commands += state_->commands.time_out();
}

void Unit::on_device_invalidation(std::function<void(const iommu::DeviceTlbInvalidation&, unsigned tag)> sink) {
  state_->device_invalidation_sink = std::move(sink);
}

void Unit::on_page_response(std::function<void(const iommu::PageGroupResponse&)> sink) {
  state_->page_response_sink = std::move(sink);
}

void Unit::on_message(std::function<void(const interrupts::MsiMessage&)> sink) {
  state_->messages.sink = std::move(sink);
}

void Unit::refuse_message() {
  state_->messages.refuse();
}

void Unit::on_wire(std::function<void(InterruptSource)> sink) {
  state_->interrupts.wire = std::move(sink);
}

void Unit::on_invalidate(std::function<void()> sink) {
  state_->caches.on_invalidate = std::move(sink);
}

UnitStatistics Unit::statistics() const {
  UnitStatistics all = state_->statistics;
  const CacheStatistics& cached = state_->caches.statistics;
  all.tlb_hits = cached.tlb_hits;
  all.micro_tlb_hits = cached.micro_tlb_hits;
  all.tlb_misses = cached.tlb_misses;
  all.config_hits = cached.config_hits;
  all.config_misses = cached.config_misses;
  all.device_invalidations = state_->commands.sent_to_devices();
  return all;
}

iommu::UnitWork Unit::work() const {
  return {state_->statistics.commands, state_->commands.sent_to_devices()};
}

std::vector<iommu::Counter> Unit::counters() const {
  const UnitStatistics all = statistics();
  return {{"requests", all.requests},
          {"tlb_hits", all.tlb_hits},
          {"micro_tlb_hits", all.micro_tlb_hits},
          {"tlb_misses", all.tlb_misses},
          {"config_hits", all.config_hits},
          {"config_misses", all.config_misses},
          {"fetches", all.fetches},
          {"faults", all.faults},
          {"faults_recorded", all.faults_recorded},
          {"stalls", all.stalls},
          {"commands", all.commands},
          {"device_invalidations", all.device_invalidations},
          {"page_requests", all.page_requests}};
}

/// IDR5.VAX for addresses of stage 1; those of stage 2 are no wider.
unsigned Unit::input_width() const {
  return state_->config.input_address_52 ? 52 : 48;
}

iommu::InputSpace Unit::input_space(RequesterId requester) const {
  return smmuv3::input_space(state_->inputs, requester);
}

std::string Unit::describe(const iommu::Fetch& fetch) const {
  return smmuv3::describe(fetch);
}

/// Of a stream without a valid entry no address reaches anything; a faulting walk found no mapping.
iommu::FaultCause Unit::cause_of(std::uint16_t fault_reason) const {
  switch (static_cast<EventCode>(fault_reason)) {
    case EventCode::c_bad_streamid:
    case EventCode::c_bad_ste:
    case EventCode::c_bad_cd:
    case EventCode::f_stream_disabled: return iommu::FaultCause::no_domain;
    case EventCode::f_translation:
    case EventCode::f_permission:
    case EventCode::f_access: return iommu::FaultCause::no_mapping;
    case EventCode::f_addr_size: return iommu::FaultCause::address_beyond_width;
    default: return iommu::FaultCause::other;
  }
}

}  // namespace iommusim::smmuv3
