// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/event_interrupt.h"

namespace iommusim::vtd {
namespace {

using RawRegister = Word<32>;

}  // namespace

void EventInterrupt::raise() {
  set_pending(true);
  send_unless_masked();
}

void EventInterrupt::control_written() {
  if (registers_.load<EventControl>(ids_.control).get<EventControl::IP>()) send_unless_masked();
}

void EventInterrupt::conditions_cleared() {
  set_pending(false);
}

void EventInterrupt::set_pending(bool pending) {
  auto control = registers_.load<EventControl>(ids_.control);
  control.set<EventControl::IP>(pending);
  registers_.store(ids_.control, control);
}

void EventInterrupt::send_unless_masked() {
  if (registers_.load<EventControl>(ids_.control).get<EventControl::IM>()) return;
  set_pending(false);
  const std::uint64_t address =
      registers_.load<RawRegister>(ids_.upper_address).raw() << 32 | registers_.load<RawRegister>(ids_.address).raw();
  const auto data = static_cast<std::uint32_t>(registers_.load<RawRegister>(ids_.data).raw());
  if (sink_) sink_({BusAddr{address}, data});
}

}  // namespace iommusim::vtd
