// SPDX-License-Identifier: Apache-2.0
// Spends the time of a request, once: whoever of our modules sees it first waits until its way is decided, then lets
// the clock reserve what the way needs.
#pragma once

#include "pcie/link_timing.h"
#include "timing/loose_clock.h"
#include "tlm/dma_extension.h"
#include "tlm/timing.h"

#include <systemc>
#include <tlm>

namespace iommusim::modules {

/// Adds to `delay` when it ends, unless a module further out, or the endpoint, does so for the whole way.
class JourneyScope {
 public:
  JourneyScope(timing::LooseClock& clock, tlm::tlm_generic_payload& payload, DmaExtension& extension,
               sc_core::sc_time& delay)
      : clock_{clock},
        payload_{payload},
        extension_{extension},
        delay_{delay},
        is_outermost_{!extension.journey.is_open()} {
    if (is_outermost_) extension_.journey.begin();
  }
  ~JourneyScope() {
    if (is_outermost_) spend();
  }
  JourneyScope(const JourneyScope&) = delete;
  JourneyScope& operator=(const JourneyScope&) = delete;

 private:
  void spend() {
    extension_.journey.end();
    const Duration start = to_duration(sc_core::sc_time_stamp() + delay_);
    const Access access = access_of(payload_, extension_);
    timing::Tlp tlp;
    tlp.operation = access.operation;
    tlp.requester = access.requester;
    tlp.address = access.address.value();
    tlp.size = access.size;
    tlp.wire_bytes = static_cast<std::uint32_t>(pcie::request_bytes(access));
    tlp.journey = extension_.journey;
    delay_ += to_sc_time(clock_.spend(tlp, start) - start);
  }

  timing::LooseClock& clock_;
  tlm::tlm_generic_payload& payload_;
  DmaExtension& extension_;
  sc_core::sc_time& delay_;
  bool is_outermost_;
};

}  // namespace iommusim::modules
