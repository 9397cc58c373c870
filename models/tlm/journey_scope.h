// SPDX-License-Identifier: Apache-2.0
// Spends the time of a request, once: whoever of our modules sees it first waits until its way is decided, then lets
// the clock reserve what the way needs.
#pragma once

#include "timing/loose_clock.h"
#include "tlm/dma_extension.h"
#include "tlm/timing.h"

#include <systemc>
#include <tlm>

namespace iommusim::modules {

/// Adds to `delay` when it ends, unless a module further out, or the endpoint, does so for the whole way.
class JourneyScope {
 public:
  /// What every function takes (PCIe base specification, 7.5.3.3).
  static constexpr std::uint32_t smallest_max_payload = 128;

  /// `max_payload`: of completions, where it is known who gets them.
  JourneyScope(timing::LooseClock& clock, tlm::tlm_generic_payload& payload, DmaExtension& extension,
               sc_core::sc_time& delay, std::uint32_t max_payload = smallest_max_payload)
      : clock_{clock},
        payload_{payload},
        extension_{extension},
        delay_{delay},
        max_payload_{max_payload},
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
    timing::Tlp tlp;
    tlp.set(access_of(payload_, extension_), extension_.journey, max_payload_);
    delay_ += to_sc_time(clock_.spend(tlp, start) - start);
  }

  timing::LooseClock& clock_;
  tlm::tlm_generic_payload& payload_;
  DmaExtension& extension_;
  sc_core::sc_time& delay_;
  std::uint32_t max_payload_;
  bool is_outermost_;
};

}  // namespace iommusim::modules
