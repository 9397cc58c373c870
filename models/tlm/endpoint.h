// SPDX-License-Identifier: Apache-2.0
// A PCI Express device at the end of a link: its functions issue DMA and interrupts upstream and answer with their
// BARs from above.
#pragma once

#include "interrupts/msi.h"
#include "iommu/device_tlb.h"
#include "pcie/bar_memory.h"
#include "pcie/routing.h"
#include "pcie/topology.h"
#include "timing/clock.h"
#include "timing/loose_clock.h"
#include "tlm/dmi_scope.h"
#include "tlm/known_ways.h"
#include "tlm/payload_pool.h"

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <functional>
#include <optional>
#include <vector>

namespace iommusim::modules {

/// Tells the IOMMU that a function asks for a page, lets software serve it, and gives back the answer, if there is one.
using PageRequestChannel =
    std::function<std::optional<iommu::PageResponse>(pcie::NodeIndex function, const Access& access)>;

struct EndpointConfig {
  /// The device's functions, function 0 first, and what stands behind the BARs of each.
  std::vector<pcie::NodeIndex> functions;
  std::vector<pcie::BarMemory*> bars;
  /// The translations that each keeps; nullptr without ATS.
  std::vector<iommu::DeviceTlb*> tlbs;
  PageRequestChannel page_requests;
  /// What software takes to serve one page request, for the clock.
  Duration page_request_latency;
  /// The link above it, towards the root; nullopt: an integrated endpoint.
  std::optional<timing::ChannelIndex> upstream_channel;
  /// Its DMA engine, for the clock.
  std::size_t engine = 0;
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
  /// Of every TLP. A conventional PCI device has none of them.
  bool relaxed_ordering = false;
  bool id_based_ordering = false;
  std::uint8_t traffic_class = 0;
  /// Writes and atomics: `size` bytes. Reads: where `size` bytes go, or nullptr.
  unsigned char* data = nullptr;
};

/// Told of each TLP of a DMA when it is decided what becomes of it.
class TlpObserver {
 public:
  virtual ~TlpObserver() = default;
  virtual void on_tlp(const Access& access, const Landing& landing, const Path& path) = 0;
};

class Endpoint : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Endpoint, 64> upstream{"upstream"};
  tlm_utils::simple_target_socket<Endpoint, 64> downstream{"downstream"};

  /// `foreign`: spends the time of requests of others that reach the device from above.
  Endpoint(const sc_core::sc_module_name& name, pcie::Topology& topology, timing::LooseClock& foreign,
           EndpointConfig config);

  /// Sends the TLPs of `request` and gives them to `clock`, which spends their time from `start` on.
  void transfer(const DmaRequest& request, Duration start, timing::Clock& clock, TlpObserver& observer);
  struct Interrupt {
    interrupts::MsiMessage message;
    bool poisoned = false;
    std::uint8_t traffic_class = 0;
  };
  /// Sends an interrupt message: a 4-byte posted write.
  void signal(pcie::NodeIndex function, const Interrupt& interrupt, Duration start, timing::Clock& clock,
              TlpObserver& observer);

  const PayloadPool& pool() const { return pool_; }
  /// Requests that went a known way, and so were not sent through the modules on it.
  std::uint64_t repeated() const { return repeated_; }
  /// Called when translations that DMI pointers rest on may have changed.
  void on_dmi_invalidated(std::function<void(std::uint64_t first, std::uint64_t last)> sink);

 private:
  void send(const DmaRequest& request, const Access& access, unsigned char* data, TlpObserver& observer);
  timing::Tlp& next_tlp();
  /// Once a page of memory was visited often enough, its requests need not be sent: see KnownWays.
  bool go_known_way(KnownWay& way, const Access& access, unsigned char* data, TlpObserver& observer);
  void learn(KnownWay& way, const Access& access, DmaTransaction& transaction);
  unsigned char* memory_of_page(const KnownWay& way, const Access& access, DmaTransaction& transaction);
  bool is_alike_all_over(pcie::NodeIndex function, const Access& access, const DmiPage& page) const;
  std::uint64_t generation() const { return topology_.generation() + withdrawals_; }
  /// `access` as it goes out, for what the function intends: it leaves by the link, or ends inside the device.
  void transmit(pcie::NodeIndex function, const Access& intended, const Access& sent, DmaTransaction& transaction);
  /// True when the request leaves by the link; else it ended inside the device.
  bool issue(pcie::NodeIndex function, DmaTransaction& transaction, const Access& intended, const Access& access);

  // What a function with ATS does before it sends, in endpoint_translation.cpp.
  /// nullptr: the request goes out as it is.
  iommu::DeviceTlb* tlb_of(pcie::NodeIndex function, const Access& access) const;
  /// The request to send for `access`; nullopt: none, and `transaction` is ended.
  std::optional<Access> translate(const DmaRequest& request, const Access& access, DmaTransaction& transaction);
  /// The completion of a translation request; nullopt: it was refused, and `transaction` ends in the same way.
  std::optional<iommu::AddressTranslation> ask(const DmaRequest& request, const Access& access,
                                               DmaTransaction& transaction);
  bool request_page(const DmaRequest& request, const Access& access);
  /// A function of the device was asked: its BAR answers, or it refuses.
  void answer(const pcie::RouteDecision& decision, tlm::tlm_generic_payload& payload, DmaExtension& extension);
  void lose_completion(pcie::NodeIndex function, DmaTransaction& transaction, const Access& access) const;
  bool access_bar(const pcie::RouteDecision& decision, tlm::tlm_generic_payload& payload, std::uint64_t& offset);
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned transport_dbg(tlm::tlm_generic_payload& payload);
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last);

  pcie::Topology& topology_;
  timing::LooseClock& foreign_;
  EndpointConfig config_;
  /// The first `tlp_count_` are those of the DMA in progress; the others are kept for the next.
  std::vector<timing::Tlp> tlps_;
  std::size_t tlp_count_ = 0;
  PayloadPool pool_;
  KnownWays ways_;
  /// How often DMI was withdrawn.
  std::uint64_t withdrawals_ = 0;
  std::uint64_t repeated_ = 0;
  std::function<void(std::uint64_t, std::uint64_t)> dmi_sink_;
};

}  // namespace iommusim::modules
