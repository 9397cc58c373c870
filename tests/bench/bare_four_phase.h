// SPDX-License-Identifier: Apache-2.0
// What approximately-timed transport costs without a model: one initiator and one target, each with a payload event
// queue through which every phase passes that it receives.
#pragma once

#include <systemc>
#include <tlm>
#include <tlm_utils/peq_with_cb_and_phase.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>

namespace iommusim::bench {

class BareTarget : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<BareTarget, 64> in{"in"};

  explicit BareTarget(const sc_core::sc_module_name& name) : sc_module{name} {
    in.register_nb_transport_fw(this, &BareTarget::nb_transport_fw);
  }

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) {
    queue_.notify(payload, phase, delay);
    return tlm::TLM_ACCEPTED;
  }

  void on_phase(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase) {
    if (phase != tlm::BEGIN_REQ) return;
    send(payload, tlm::END_REQ, accept_);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    send(payload, tlm::BEGIN_RESP, latency_);
  }

  void send(tlm::tlm_generic_payload& payload, tlm::tlm_phase phase, sc_core::sc_time delay) {
    in->nb_transport_bw(payload, phase, delay);
  }

  tlm_utils::peq_with_cb_and_phase<BareTarget> queue_{this, &BareTarget::on_phase};
  sc_core::sc_time accept_{1, sc_core::SC_NS};
  sc_core::sc_time latency_{80, sc_core::SC_NS};
};

/// Sends a request when the response to the one before has come.
class BareFourPhase : public sc_core::sc_module {
 public:
  explicit BareFourPhase(const sc_core::sc_module_name& name) : sc_module{name} {
    out_.register_nb_transport_bw(this, &BareFourPhase::nb_transport_bw);
    out_.bind(target_.in);
  }

  /// Sends the first of `count` requests, at least 1; the others follow in simulated time.
  void begin(std::uint64_t count) {
    remaining_ = count;
    send(tlm::BEGIN_REQ);
  }
  std::uint64_t remaining() const { return remaining_; }

 private:
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) {
    queue_.notify(payload, phase, delay);
    return tlm::TLM_ACCEPTED;
  }

  void on_phase(tlm::tlm_generic_payload&, const tlm::tlm_phase& phase) {
    if (phase != tlm::BEGIN_RESP) return;
    send(tlm::END_RESP);
    if (--remaining_ > 0) send(tlm::BEGIN_REQ);
  }

  void send(tlm::tlm_phase phase) {
    sc_core::sc_time delay = link_;
    out_->nb_transport_fw(payload_, phase, delay);
  }

  tlm_utils::simple_initiator_socket<BareFourPhase, 64> out_{"out"};
  tlm_utils::peq_with_cb_and_phase<BareFourPhase> queue_{this, &BareFourPhase::on_phase};
  BareTarget target_{"target"};
  tlm::tlm_generic_payload payload_;
  sc_core::sc_time link_{5, sc_core::SC_NS};
  std::uint64_t remaining_ = 0;
};

}  // namespace iommusim::bench
