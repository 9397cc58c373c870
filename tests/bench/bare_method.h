// SPDX-License-Identifier: Apache-2.0
// What the kernel takes for an event in the future and the method that waits for it.
#pragma once

#include <systemc>

#include <cstdint>

namespace iommusim::bench {

class BareMethod : public sc_core::sc_module {
 public:
  explicit BareMethod(const sc_core::sc_module_name& name) : sc_module{name} {
    SC_HAS_PROCESS(BareMethod);
    SC_METHOD(on_event);
    dont_initialize();
    sensitive << event_;
  }

  /// Notifies the first of `count` events, at least 1; each notifies the next.
  void begin(std::uint64_t count) {
    remaining_ = count;
    event_.notify(period_);
  }
  std::uint64_t remaining() const { return remaining_; }

 private:
  void on_event() {
    if (--remaining_ > 0) event_.notify(period_);
  }

  sc_core::sc_event event_{"event"};
  sc_core::sc_time period_{5, sc_core::SC_NS};
  std::uint64_t remaining_ = 0;
};

}  // namespace iommusim::bench
