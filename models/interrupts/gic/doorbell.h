// SPDX-License-Identifier: Apache-2.0
// A register frame whose writes are interrupt messages: GITS_TRANSLATER, MSI_SETSPI_NS, GICD_SETSPI_NSR, GICR_SETLPIR.
#pragma once

#include "base/access.h"
#include "base/landing.h"
#include "base/rule.h"

#include <cstdint>
#include <optional>

namespace iommusim::gic {

/// A request of a device that reached the frame, at its physical address.
struct DoorbellRequest {
  Access access;
  /// What a write carries, least significant byte first; of longer ones the first four bytes.
  std::uint32_t data = 0;
  /// DeviceID of a sender that is no PCI requester, such as an SMMU that sends a message of its own. nullopt: what the
  /// requester ID is mapped to.
  std::optional<std::uint32_t> device;
};

enum class DoorbellOutcome : std::uint8_t {
  /// A processor took the interrupt.
  delivered,
  /// The interrupt is pending, and was perhaps before: it is delivered when software enables it.
  pending,
  /// The access was accepted and has no effect. Nobody is told.
  dropped,
  /// The access is no write of data, and ends with `status`.
  refused,
};

struct DoorbellResult {
  DoorbellOutcome outcome = DoorbellOutcome::dropped;
  const Rule* rule = nullptr;
  /// What the requester is told.
  CompletionStatus status = CompletionStatus::none;
  /// delivered, pending.
  std::uint32_t intid = 0;
  std::uint32_t processor = 0;
  /// LPIs only; see Delivery.
  std::uint8_t priority = 0;
};

/// The registers of one frame as devices and software reach them. Plain C++ without a clock.
class Doorbell {
 public:
  Doorbell() = default;
  virtual ~Doorbell() = default;
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  /// Where the frame begins, and its bytes.
  virtual PhysAddr base() const = 0;
  virtual std::uint64_t size() const = 0;

  /// What would become of the request now, without any effect.
  DoorbellResult decide(const DoorbellRequest& request) const;
  /// decide(), and then its effects.
  DoorbellResult ring(const DoorbellRequest& request);

  /// Register access by software, `width` 2, 4 or 8 bytes, aligned. Others read 0 and write nothing, as do offsets
  /// without a register. Never throws. What a write sets in motion is done before the call returns.
  virtual std::uint64_t read_register(std::uint64_t offset, unsigned width) const = 0;
  virtual void write_register(std::uint64_t offset, unsigned width, std::uint64_t value) = 0;

 protected:
  /// A write of data: at `offset` of the frame.
  struct Message {
    std::uint64_t offset = 0;
    std::uint32_t width = 0;
    std::uint32_t data = 0;
    RequesterId requester;
    std::optional<std::uint32_t> device;
  };

 private:
  virtual DoorbellResult decide_message(const Message& message) const = 0;
  virtual DoorbellResult send_message(const Message& message) = 0;
};

/// Accepted, without effect.
inline DoorbellResult dropped(const Rule& rule) {
  DoorbellResult result;
  result.rule = &rule;
  return result;
}

/// Where `doorbell` took the request. What was dropped is rejected there.
Landing landing_of(const DoorbellResult& result, const Access& access, ComponentId doorbell);

}  // namespace iommusim::gic
