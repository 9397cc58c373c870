// SPDX-License-Identifier: Apache-2.0
// A PCI Express device at the end of a link: its functions issue DMA and interrupts upstream and answer with their
// BARs from above.
#pragma once

#include "interrupts/msi.h"
#include "pcie/bar_memory.h"
#include "pcie/link_timing.h"
#include "pcie/routing.h"
#include "pcie/topology.h"
#include "tlm/payload_pool.h"

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <functional>
#include <optional>
#include <vector>

namespace iommusim::modules {

struct EndpointConfig {
  /// The device's functions, function 0 first, and what stands behind the BARs of each.
  std::vector<pcie::NodeIndex> functions;
  std::vector<pcie::BarMemory*> bars;
  pcie::LinkTiming link{3, 8, Duration{}};
  /// Time to answer a request to a BAR.
  sc_core::sc_time bar_latency;
};

/// One DMA of any size; it becomes TLPs.
struct DmaRequest {
  /// Who asks: one of the device's functions.
  pcie::NodeIndex function = pcie::NodeIndex::none;
  /// What the requests say: the function's own ID, or another one (a DMA alias).
  std::optional<RequesterId> requester;
  Operation operation = Operation::read;
  AddressType address_type = AddressType::untranslated;
  std::optional<Pasid> pasid;
  BusAddr address;
  std::uint64_t size = 0;
  /// An interrupt message.
  bool message = false;
  /// Writes and atomics: the data is known to be bad, and every TLP says so (EP). Reads bring no data to poison.
  bool poisoned = false;
  /// Writes and atomics: `size` bytes. Reads: where `size` bytes go, or nullptr.
  unsigned char* data = nullptr;
};

/// Told of each TLP of a DMA as it ends. `delay` is its latency from the start of the DMA.
class TlpObserver {
 public:
  virtual ~TlpObserver() = default;
  virtual void on_tlp(const Access& access, const DmaTransaction& transaction, Duration latency) = 0;
};

class Endpoint : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Endpoint, 64> upstream{"upstream"};
  tlm_utils::simple_target_socket<Endpoint, 64> downstream{"downstream"};

  Endpoint(const sc_core::sc_module_name& name, pcie::Topology& topology, EndpointConfig config);

  /// Sends the TLPs of `request`, starting `start` after the current time; returns when the last one ended, in the
  /// same count. Blocking transport without waiting: time is annotated.
  sc_core::sc_time transfer(const DmaRequest& request, sc_core::sc_time start, TlpObserver& observer);
  /// Sends an interrupt message: a 4-byte posted write, poisoned or not.
  sc_core::sc_time signal(pcie::NodeIndex function, const interrupts::MsiMessage& message, sc_core::sc_time start,
                          TlpObserver& observer, bool poisoned = false);

  const PayloadPool& pool() const { return pool_; }
  /// Called when translations that DMI pointers rest on may have changed.
  void on_dmi_invalidated(std::function<void(std::uint64_t first, std::uint64_t last)> sink);

 private:
  void send(const DmaRequest& request, const Access& access, unsigned char* data, sc_core::sc_time& when,
            TlpObserver& observer);
  /// True when the request leaves by the link; else it ended inside the device.
  bool issue(pcie::NodeIndex function, DmaTransaction& transaction, const Access& access, sc_core::sc_time& when);
  /// A function of the device was asked: its BAR answers, or it refuses.
  void answer(const pcie::RouteDecision& decision, tlm::tlm_generic_payload& payload, DmaExtension& extension);
  void lose_completion(pcie::NodeIndex function, DmaTransaction& transaction, const Access& access) const;
  bool access_bar(const pcie::RouteDecision& decision, tlm::tlm_generic_payload& payload, std::uint64_t& offset);
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned transport_dbg(tlm::tlm_generic_payload& payload);
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last);

  pcie::Topology& topology_;
  EndpointConfig config_;
  PayloadPool pool_;
  std::function<void(std::uint64_t, std::uint64_t)> dmi_sink_;
};

}  // namespace iommusim::modules
