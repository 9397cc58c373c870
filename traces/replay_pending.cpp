// SPDX-License-Identifier: Apache-2.0
// The part of a replay that keeps the interrupts of masked vectors, and sends them later (PCIe base specification,
// 6.1.4.5).
#include "pcie/rules.h"
#include "traces/interrupt_logic.h"
#include "traces/replay.h"

#include <algorithm>
#include <utility>

namespace iommusim::traces {

using analysis::AccessSource;

void Replay::keep_pending(unsigned index) {
  const auto is_known = [&](const PendingVector& other) { return other.function == node_ && other.index == index; };
  if (std::none_of(pending_.begin(), pending_.end(), is_known)) pending_.push_back({node_, index, operation_->time});
}

void Replay::send_unmasked() {
  const Duration unmasked = stop_;
  // A message that lands in a BAR may unmask others; each round of this kind ends one wait.
  while (std::exchange(masks_touched_, false) && !pending_.empty()) {
    std::vector<PendingVector> masked;
    for (const PendingVector& pending : std::exchange(pending_, {})) {
      node_ = pending.function;
      InterruptLogic function{context_.machine, node_};
      const auto message = interrupts::take_pending(context_.machine.topology()[node_].config, function, pending.index);
      begin_ = unmasked;
      // Whatever data was bad when the vector was signalled: a pending bit keeps none.
      if (message)
        send_message(*message, AccessSource::msi, pending.index, false);
      else
        masked.push_back(pending);
    }
    pending_ = std::move(masked);
  }
}

void Replay::lose_pending() {
  for (const PendingVector& pending : pending_) {
    node_ = pending.function;
    refuse_message(pcie::rules::msi_masked, pending.index, pending.since);
  }
}

}  // namespace iommusim::traces
