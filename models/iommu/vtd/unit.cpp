// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/unit.h"

#include "iommu/vtd/input_space.h"
#include "iommu/vtd/unit_state.h"

#include <stdexcept>
#include <utility>

namespace iommusim::vtd {
namespace {

const UnitConfig& checked(const UnitConfig& config) {
  std::string all;
  for (const std::string& finding : validate(config))
    all += (all.empty() ? "" : "; ") + finding;
  if (!all.empty()) throw std::invalid_argument("VT-d unit: " + all);
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
  CacheEffects unused;
  iommu::TranslationResult result = vtd::decide(state_->inputs, request, fetches, unused);
  if (result.outcome == iommu::Outcome::interrupt) {
    InterruptEffects none;
    result = decide_interrupt(state_->interrupt_inputs(), request, fetches, none);
  }
  return result;
}

InputSpace Unit::input_space(RequesterId requester) const {
  return vtd::input_space(state_->inputs, requester);
}

iommu::TranslationResult Unit::translate(const iommu::TranslationRequest& request, iommu::FetchLog& fetches) {
  CacheEffects effects;
  iommu::TranslationResult result = vtd::decide(state_->inputs, request, fetches, effects);
  // One name for what is returned spares its copy.
  if (result.outcome == iommu::Outcome::interrupt)
    result = state_->remap(request, fetches);
  else
    state_->commit(request, result, effects, fetches);
  return result;
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

}  // namespace iommusim::vtd
