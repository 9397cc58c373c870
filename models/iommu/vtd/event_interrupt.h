// SPDX-License-Identifier: Apache-2.0
// The unit's own messages (VT-d specification, 7.3, 6.5.2.8 and 7.4): the fault event, the invalidation completion
// event and the page request event are of the same kind, each with control, data, address and upper address registers.
#pragma once

#include "interrupts/msi.h"
#include "iommu/vtd/register_file.h"

#include <functional>

namespace iommusim::vtd {

using MessageSink = std::function<void(const interrupts::MsiMessage&)>;

/// The four registers of one event.
struct EventRegisters {
  RegisterId control;
  RegisterId data;
  RegisterId address;
  RegisterId upper_address;
};
constexpr EventRegisters fault_event_registers{RegisterId::fectl, RegisterId::fedata, RegisterId::feaddr,
                                               RegisterId::feuaddr};
constexpr EventRegisters completion_event_registers{RegisterId::iectl, RegisterId::iedata, RegisterId::ieaddr,
                                                    RegisterId::ieuaddr};
constexpr EventRegisters page_event_registers{RegisterId::pectl, RegisterId::pedata, RegisterId::peaddr,
                                              RegisterId::peuaddr};

/// Interrupt mask and interrupt pending. The message is not remapped by the unit that sends it.
class EventInterrupt {
 public:
  EventInterrupt(RegisterFile& registers, const EventRegisters& ids, const MessageSink& sink)
      : registers_{registers}, ids_{ids}, sink_{sink} {}

  /// An interrupt condition came up: the message is sent, or stays pending under the mask.
  void raise();
  /// Software wrote the control register: a pending message goes out once it is unmasked.
  void control_written();
  /// Software cleared every status bit that stood behind a pending message: there is nothing left to tell.
  void conditions_cleared();

 private:
  void set_pending(bool pending);
  void send_unless_masked();

  RegisterFile& registers_;
  EventRegisters ids_;
  const MessageSink& sink_;
};

}  // namespace iommusim::vtd
