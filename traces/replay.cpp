// SPDX-License-Identifier: Apache-2.0
#include "traces/replay.h"

#include "software/driver_error.h"
#include "tlm/timing.h"
#include "traces/line_words.h"
#include "traces/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace iommusim::traces {

using modules::to_duration;
using modules::to_sc_time;
using pcie::NodeIndex;

namespace {

constexpr std::uint64_t operations_between_reports = 64;

/// The word that an error of software is about: the address or the setting that it was given.
std::size_t word_of_error(const Action& action) {
  if (const auto* configure = std::get_if<Configure>(&action)) {
    const Setting* setting = find_setting(configure->setting);
    return setting != nullptr && setting->kind == SettingKind::bar ? first_argument + 1 : first_argument;
  }
  return first_argument;
}

}  // namespace

Replay::Replay(const sc_core::sc_module_name& name, const ReplayContext& context, ReplayProgress progress)
    : sc_module{name}, context_{context}, progress_{std::move(progress)} {
  SC_HAS_PROCESS(Replay);
  SC_METHOD(run);
}

void Replay::rethrow() const {
  if (error_) std::rethrow_exception(error_);
}

void Replay::start_of_simulation() {
  context_.system.use_bus(context_.simulation.cpu());
  context_.simulation.on_page_request([this] {
    begin_software();
    context_.system.serve_page_requests(begin_);
  });
}

bool Replay::fetch() {
  fetched_ = fetched_ || context_.trace.next(next_);
  return fetched_;
}

void Replay::run() {
  now_ = to_duration(sc_core::sc_time_stamp());
  const bool is_closed_loop = context_.machine.description().timing.window != 0;
  const Duration quantum = context_.machine.description().timing.quantum;
  try {
    while (fetch()) {
      const bool is_far = next_.time > now_ && next_.time - now_ > quantum;
      if (!is_closed_loop && is_far) return next_trigger(to_sc_time(next_.time - now_));
      fetched_ = false;
      begin_ = is_closed_loop ? turn_ : std::max(next_.time, turn_);
      finish_handlers(begin_);
      play(next_);
      if (progress_ && ++count_ % operations_between_reports == 0) progress_(count_, next_.time);
    }
    lose_pending();
    finish_handlers(Duration{std::numeric_limits<std::uint64_t>::max()});
    end_ = std::max(end_, context_.simulation.clock().finish());
    // A trace that is no longer than its warm-up has nothing that counts.
    const std::uint64_t warm_up = context_.machine.description().statistics.warm_up;
    if (warm_up != 0 && accesses_ <= warm_up) context_.simulation.clock().reset_statistics();
  } catch (...) {
    error_ = std::current_exception();
  }
  sc_core::sc_stop();
}

void Replay::fail(const std::string& message, std::size_t word) const {
  throw InputError{context_.trace.position_of_word(*operation_, word), message};
}

void Replay::play(const TraceOperation& operation) {
  operation_ = &operation;
  context_.recorder.count_operation();
  try {
    std::visit([this](const auto& action) { perform(action); }, operation.action);
    send_unmasked();
    begin_handlers();
  } catch (const software::DriverError& error) {
    fail(error.what(), word_of_error(operation.action));
  }
}

NodeIndex Replay::function_of(const TraceOperation& operation) const {
  const NodeIndex found = context_.machine.find_function(operation.device);
  if (found == NodeIndex::none)
    fail(fmt::format("found \"{}\", expected the name of a function of platform {}", operation.device,
                     context_.machine.description().name));
  return found;
}

NodeIndex Replay::device_of(const TraceOperation& operation) {
  if (operation.device == last_name_) return last_device_;
  const NodeIndex found = function_of(operation);
  if (context_.machine.device_at(found) == nullptr)
    fail(fmt::format("\"{}\" is a port: only endpoints send requests", operation.device));
  last_name_ = operation.device;
  last_device_ = found;
  return found;
}

void Replay::perform(const Wait&) {
  turn_ = std::max({turn_, context_.simulation.clock().wait_for_slot(1), end_});
}

void Replay::end_at(Duration end) {
  stop_ = end;
  end_ = std::max(end_, end);
}

}  // namespace iommusim::traces
