// SPDX-License-Identifier: Apache-2.0
#include "tlm/endpoint.h"

#include "base/endian.h"
#include "iommu/device_tlb_use.h"
#include "pcie/device_claim.h"
#include "pcie/device_routing.h"
#include "pcie/error_logging.h"
#include "pcie/id_routing.h"
#include "pcie/tlp_split.h"
#include "tlm/endpoint_request.h"
#include "tlm/journey_scope.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace iommusim::modules {
namespace {

void set_ordering(pcie::PortType type, const DmaRequest& request, Access& access) {
  if (type == pcie::PortType::conventional) return;
  access.relaxed_ordering = request.relaxed_ordering;
  access.id_based_ordering = request.id_based_ordering;
  access.traffic_class = request.traffic_class;
}

}  // namespace

Endpoint::Endpoint(const sc_core::sc_module_name& name, pcie::Topology& topology, timing::LooseClock& foreign,
                   EndpointConfig config)
    : sc_module{name}, topology_{topology}, foreign_{foreign}, config_{std::move(config)} {
  downstream.register_b_transport(this, &Endpoint::b_transport);
  downstream.register_transport_dbg(this, &Endpoint::transport_dbg);
  upstream.register_invalidate_direct_mem_ptr(this, &Endpoint::invalidate_direct_mem_ptr);
}

void Endpoint::on_dmi_invalidated(std::function<void(std::uint64_t, std::uint64_t)> sink) {
  dmi_sink_ = std::move(sink);
}

void Endpoint::invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
  ++withdrawals_;
  if (dmi_sink_) dmi_sink_(first, last);
}

void Endpoint::transfer(const DmaRequest& request, Duration start, timing::Clock& clock, TlpObserver& observer) {
  const pcie::Decoded& function = topology_[request.function].decoded;
  const pcie::TlpLimits limits{function.max_payload, function.max_read_request};
  unsigned char* data = request.data;
  tlp_count_ = 0;
  for (const pcie::TlpPart& part : pcie::split_tlps(request.operation, request.address, request.size, limits)) {
    Access access;
    access.operation = request.operation;
    access.address_type = request.address_type;
    access.pasid = request.pasid;
    access.requester = request.requester.value_or(topology_[request.function].requester);
    access.message = request.message;
    access.poisoned = request.poisoned && request.operation != Operation::read;
    set_ordering(topology_[request.function].type, request, access);
    access.address = part.address;
    access.size = part.size;
    send(request, access, data, observer);
    if (data != nullptr) data += part.size;
  }
  clock.submit({config_.engine,
                pcie::index_of(request.function),
                request.operation,
                request.message,
                start,
                request.size,
                {tlps_.data(), tlp_count_}});
}

void Endpoint::signal(pcie::NodeIndex function, const Interrupt& interrupt, Duration start, timing::Clock& clock,
                      TlpObserver& observer) {
  std::array<unsigned char, 4> data{};
  store_le(data.data(), interrupt.message.data);
  DmaRequest request;
  request.function = function;
  request.operation = Operation::write;
  request.address = interrupt.message.address;
  request.size = data.size();
  request.message = true;
  request.poisoned = interrupt.poisoned;
  request.traffic_class = interrupt.traffic_class;
  request.data = data.data();
  transfer(request, start, clock, observer);
}

timing::Tlp& Endpoint::next_tlp() {
  if (tlp_count_ == tlps_.size()) tlps_.emplace_back();
  return tlps_[tlp_count_++];
}

void Endpoint::send(const DmaRequest& request, const Access& access, unsigned char* data, TlpObserver& observer) {
  const bool translates = !config_.tlbs.empty() && tlb_of(request.function, access) != nullptr;
  KnownWay* const way =
      !translates && KnownWays::is_ordinary(access) ? &ways_.visit(request.function, access, generation()) : nullptr;
  if (way != nullptr && go_known_way(*way, access, data, observer)) return;
  const PayloadPool::Handle transaction = pool_.acquire();
  prepare_payload(*transaction, access);
  DmaExtension& extension = transaction->extension;
  const bool read = access.operation == Operation::read;
  if (!read && data != nullptr) std::memcpy(transaction->get_data_ptr(), data, access.size);
  const std::optional<Access> sent = translates ? translate(request, access, *transaction) : access;
  if (sent) transmit(request.function, access, *sent, *transaction);
  timing::Tlp& tlp = next_tlp();
  tlp.set(sent.value_or(access), extension.journey, topology_[request.function].decoded.max_payload);
  if (extension.from_device_tlb) iommu::land_by_device_tlb(extension.landing, topology_[request.function].id);
  if (way != nullptr && way->is_worth_learning() && transaction->is_response_ok()) learn(*way, access, *transaction);
  // For what is not sent nobody waits: its translation request was refused or lost, and ask() saw to that.
  if (sent) {
    tlp.times_out = extension.landing.status == CompletionStatus::timeout;
    pcie::log_completion(topology_, request.function, extension.landing.status);
  }
  if (read && data != nullptr && transaction->is_response_ok())
    std::memcpy(data, transaction->get_data_ptr(), access.size);
  observer.on_tlp(access, extension.landing, extension.path);
}

void Endpoint::transmit(pcie::NodeIndex function, const Access& intended, const Access& sent,
                        DmaTransaction& transaction) {
  DmaExtension& extension = transaction.extension;
  extension.journey.begin();
  if (issue(function, transaction, intended, sent)) {
    if (config_.upstream_channel) extension.journey.cross(*config_.upstream_channel);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    upstream->b_transport(transaction, delay);
    // Our modules leave time to the clock; others on the way have annotated theirs.
    if (delay != sc_core::SC_ZERO_TIME) extension.journey.wait(to_duration(delay).picoseconds());
    lose_completion(function, transaction, sent);
  }
  extension.journey.end();
}

/// The engine's address bits bound what software gives it; what the IOMMU gives it, it keeps elsewhere.
bool Endpoint::issue(pcie::NodeIndex function, DmaTransaction& transaction, const Access& intended,
                     const Access& access) {
  DmaExtension& extension = transaction.extension;
  const ComponentId id = topology_[function].id;
  const pcie::RouteDecision issued = pcie::issue(topology_, function, intended);
  extension.path.add(id, *issued.rule);
  if (issued.action != pcie::Action::upstream) {
    refuse(transaction, extension, rejection(id, *issued.rule, issued.status));
    return false;
  }
  const auto inside = pcie::leave_device(topology_, function, access);
  if (!inside) return true;
  extension.path.add(id, *inside->rule);
  if (inside->action == pcie::Action::upstream) return true;
  if (inside->action == pcie::Action::reject) {
    refuse_at(topology_, *inside, transaction, extension);
    return false;
  }
  extension.landing.decide(id, *inside->rule);
  extension.journey.reach(timing::StepKind::device);
  answer(pcie::claim(topology_, inside->target, access), transaction, extension);
  return false;
}

void Endpoint::lose_completion(pcie::NodeIndex function, DmaTransaction& transaction, const Access& access) const {
  if (access.posted() || pcie::bus_reaches(topology_, function)) return;
  transaction.extension.path.add(topology_[function].id, pcie::rules::completion_lost);
  transaction.extension.landing.status = CompletionStatus::timeout;
  transaction.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
}

bool Endpoint::access_bar(const pcie::RouteDecision& decision, tlm::tlm_generic_payload& payload,
                          std::uint64_t& offset) {
  const auto at = std::find(config_.functions.begin(), config_.functions.end(), decision.target);
  pcie::BarMemory& bars = *config_.bars[static_cast<std::size_t>(at - config_.functions.begin())];
  offset = BusAddr{payload.get_address()} - topology_[decision.target].decoded.bars[decision.bar]->first;
  const unsigned length = payload.get_data_length();
  return payload.is_write() ? bars.write(decision.bar, offset, payload.get_data_ptr(), length)
                            : bars.read(decision.bar, offset, payload.get_data_ptr(), length);
}

void Endpoint::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const ExtensionScope scope{payload, RequesterId{}};
  DmaExtension& extension = *scope;
  const JourneyScope journey{foreign_, payload, extension, delay,
                             topology_[config_.functions.front()].decoded.max_payload};
  extension.journey.reach(timing::StepKind::device);
  const Access access = access_of(payload, extension);
  answer(pcie::claim_at_device(topology_, config_.functions, access), payload, extension);
}

void Endpoint::answer(const pcie::RouteDecision& decision, tlm::tlm_generic_payload& payload, DmaExtension& extension) {
  const ComponentId id = topology_[decision.target].id;
  extension.path.add(id, *decision.rule);
  if (decision.action != pcie::Action::claim) {
    refuse_at(topology_, decision, payload, extension);
    return;
  }
  Landing& landing = extension.landing;
  landing.kind = LandingKind::peer;
  landing.where = id;
  landing.status = completion_of(payload, extension, CompletionStatus::successful);
  landing.address = payload.get_address();
  landing.bar = decision.bar;
  const bool done = access_bar(decision, payload, landing.bar_offset);
  payload.set_response_status(done ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

unsigned Endpoint::transport_dbg(tlm::tlm_generic_payload& payload) {
  const ExtensionScope scope{payload, RequesterId{}};
  const pcie::RouteDecision decision = pcie::claim_at_device(topology_, config_.functions, access_of(payload, *scope));
  std::uint64_t offset = 0;
  if (decision.action != pcie::Action::claim || !access_bar(decision, payload, offset)) return 0;
  return payload.get_data_length();
}

}  // namespace iommusim::modules
