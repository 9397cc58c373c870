// SPDX-License-Identifier: Apache-2.0
// The part of a replay in which processors answer notifications of posted interrupts (VT-d specification, 5.2.3): while
// one handles the last, ON is set, and whatever is posted waits without another.
#include "traces/replay.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace iommusim::traces {

void Replay::begin_handlers() {
  const auto& processors = context_.machine.description().virtual_processors;
  const interrupts::LocalApic& apic = context_.machine.local_apic();
  const std::uint64_t arrived = apic.delivered() - std::exchange(seen_interrupts_, apic.delivered());
  if (arrived == 0 || processors.empty()) return;
  const auto& records = apic.records();
  const auto fresh = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(arrived, records.size()));
  for (auto record = records.end() - fresh; record != records.end(); ++record)
    for (const platforms::VirtualProcessorDescription& processor : processors) {
      const bool is_for =
          record->interrupt.vector == processor.notification && record->interrupt.destination == processor.apic_id;
      const auto is_handled = [&processor](const Notified& one) { return one.processor == &processor; };
      if (!is_for || !processor.handler || std::any_of(notified_.begin(), notified_.end(), is_handled)) continue;
      const Notified next{&processor, begin_ + *processor.handler};
      const auto later = [](const Notified& a, const Notified& b) { return a.until < b.until; };
      notified_.insert(std::upper_bound(notified_.begin(), notified_.end(), next, later), next);
    }
}

void Replay::finish_handlers(Duration time) {
  while (!notified_.empty() && notified_.front().until <= time) {
    const Notified done = notified_.front();
    notified_.erase(notified_.begin());
    const Duration begin = std::exchange(begin_, std::max(done.until, now_));
    begin_software();
    context_.system.take_posted_interrupts(*done.processor);
    end_ = std::max(end_, done.until);
    begin_ = begin;
  }
}

}  // namespace iommusim::traces
