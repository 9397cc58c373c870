// SPDX-License-Identifier: Apache-2.0
// An IOMMU with its sockets: its unit decides, this module spends the time.
#pragma once

#include "base/component.h"
#include "base/landing.h"
#include "interrupts/msi.h"
#include "iommu/unit.h"
#include "timing/loose_clock.h"
#include "tlm/dma_extension.h"
#include "tlm/multi_target.h"
#include "tlm/translator.h"

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <functional>
#include <optional>

namespace iommusim::modules {

/// A message of the unit's own, and what became of it.
struct SentMessage {
  interrupts::MsiMessage message;
  Landing landing;
  /// False: nobody took the write (an external abort). What a doorbell takes and drops was accepted.
  bool is_accepted = false;
  sc_core::sc_time time;
};

struct IommuConfig {
  /// Number of the unit among those of its clock's host.
  std::uint16_t index = 0;
  /// Each register access.
  sc_core::sc_time register_latency;
  /// More for a register write that has entries of the command or invalidation queue executed; and for each of them.
  sc_core::sc_time invalidation_latency;
  sc_core::sc_time queue_entry_latency;
  /// More for one that has devices told: to the farthest of them and back.
  sc_core::sc_time device_invalidation_latency;
  /// For so long a device may owe an Invalidate Completion. How long hardware waits is its own affair; this is less
  /// than our drivers wait.
  sc_core::sc_time device_invalidation_timeout{50, sc_core::SC_US};
  /// Who asks when a request on dma_in has no DmaExtension.
  RequesterId default_requester;
  /// DeviceID of the unit's own messages, where an ITS takes them (IORT: device ID mapping index). Default: none.
  std::optional<std::uint32_t> device_id = {};
  /// Called while the unit holds a request: software may look at it and say what is to become of it.
  std::function<void()> on_stall = {};
  /// Called after each message of the unit's own, before the unit goes on.
  std::function<void(const SentMessage&)> on_message = {};
};

class IommuModule : public sc_core::sc_module, private Translator {
 public:
  /// Requests of devices, at I/O virtual addresses. One that crosses a 4 KiB boundary gets a burst error; debug
  /// transport answers its first page.
  MultiTarget<IommuModule> dma_in{"dma_in"};
  /// The same requests at physical addresses.
  tlm_utils::simple_initiator_socket_tagged<IommuModule, 64> memory_out{"memory_out"};
  /// Interrupt requests of devices, and the unit's own messages.
  tlm_utils::simple_initiator_socket<IommuModule, 64> interrupt_out{"interrupt_out"};
  /// Register block: addresses are offsets.
  tlm_utils::simple_target_socket<IommuModule, 64> registers{"registers"};

  IommuModule(const sc_core::sc_module_name& name, ComponentId id, iommu::Unit& unit, timing::LooseClock& clock,
              IommuConfig config);
  ~IommuModule() override;
  IommuModule(const IommuModule&) = delete;
  IommuModule& operator=(const IommuModule&) = delete;

 private:
  void dma(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  bool dmi(int, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  unsigned debug(int, tlm::tlm_generic_payload& payload);
  void register_access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void answer(tlm::tlm_generic_payload& payload, DmaExtension& extension, const iommu::TranslationResult& result) const;
  void write_register(std::uint64_t offset, unsigned width, std::uint64_t value, sc_core::sc_time& delay);
  void watch_devices(const sc_core::sc_time& now);
  void deliver(tlm::tlm_generic_payload& payload, DmaExtension& extension, const iommu::TranslationResult& result,
               sc_core::sc_time& delay);
  void end(tlm::tlm_generic_payload& payload, DmaExtension& extension, const iommu::TranslationResult& result) const;
  iommu::TranslationResult ask(const Access& access, std::uint32_t message_data);
  void note_lookups(const tlm::tlm_generic_payload& payload, timing::Journey& journey,
                    const iommu::TranslationResult& result) const;
  void send_message(const interrupts::MsiMessage& message);
  bool needs_table_update() const;
  void withdraw_dmi();
  bool repeat(const iommu::CacheHits& hits) override { return unit_.repeat(hits); }

  ComponentId id_;
  iommu::Unit& unit_;
  timing::LooseClock& clock_;
  IommuConfig config_;
  iommu::FetchLog fetches_;
  /// Since when devices owe Invalidate Completions.
  std::optional<sc_core::sc_time> devices_owe_since_;
};

}  // namespace iommusim::modules
