// SPDX-License-Identifier: Apache-2.0
// The local APICs of an x86 host as one doorbell: which writes to 0xFEEx_xxxx are interrupts, and the record of those
// that arrived.
#pragma once

#include "base/access.h"
#include "base/landing.h"
#include "base/quantity.h"
#include "base/rule.h"
#include "interrupts/msi.h"

#include <cstdint>
#include <deque>
#include <optional>

namespace iommusim::interrupts {

namespace rules {
extern const Rule interrupt_request;
extern const Rule invalid_interrupt_request;
extern const Rule interrupt_window_read;
}  // namespace rules

/// An interrupt that reached a processor.
struct Interrupt {
  std::uint8_t vector = 0;
  /// APIC ID: 8 bits, or 32 with extended destinations.
  std::uint32_t destination = 0;
  std::uint8_t delivery_mode = 0;
  bool logical_destination = false;
  bool level_triggered = false;
  /// Requester that sent the message.
  RequesterId source;
};

/// What the interrupt window makes of a request that falls into it.
struct WindowDecision {
  /// True: deliver it as an interrupt. False: refused, with this status.
  bool is_interrupt = false;
  CompletionStatus status = CompletionStatus::none;
  const Rule* rule = nullptr;
};

/// VT-d specification, "DMA requests to the interrupt address range": only an aligned 4-byte write is an interrupt
/// request; other writes are dropped, reads are unsupported. nullopt: the request does not touch the window.
std::optional<WindowDecision> classify_interrupt_window(const Access& access);

/// The same for what reaches the doorbell: a message of extended destination has destination bits above the window's.
std::optional<WindowDecision> classify_message(const Access& access);

/// The fields of a compatibility-format message.
Interrupt decode(const MsiMessage& message, RequesterId source);

/// The landing of a message that `doorbell` takes as an interrupt.
Landing interrupt_landing(const MsiMessage& message, RequesterId source, ComponentId doorbell, const Rule& rule);

/// Counts every interrupt; keeps the last `kept` of them.
class LocalApic {
 public:
  static constexpr std::size_t kept = 4096;
  struct Record {
    Interrupt interrupt;
    MsiMessage message;
    Duration time;
  };

  void deliver(const MsiMessage& message, RequesterId source, Duration time);
  std::uint64_t delivered() const { return delivered_; }
  const std::deque<Record>& records() const { return records_; }

 private:
  std::uint64_t delivered_ = 0;
  std::deque<Record> records_;
};

}  // namespace iommusim::interrupts
