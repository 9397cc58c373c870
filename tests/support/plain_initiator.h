// SPDX-License-Identifier: Apache-2.0
// An initiator that knows the TLM-2.0 base protocol and nothing of ours, and a target that takes what comes.
#pragma once

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <vector>

namespace iommusim::tests {

/// A payload over `data`, which must outlive it.
struct PlainPayload : tlm::tlm_generic_payload {
  PlainPayload(tlm::tlm_command command, std::uint64_t address, std::vector<unsigned char>& data) {
    set_command(command);
    set_address(address);
    set_data_ptr(data.data());
    set_data_length(static_cast<unsigned>(data.size()));
    set_streaming_width(static_cast<unsigned>(data.size()));
  }
};

struct PlainInitiator : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<PlainInitiator, 64> socket{"socket"};

  explicit PlainInitiator(const sc_core::sc_module_name& name) : sc_module{name} {}

  tlm::tlm_response_status send(tlm::tlm_generic_payload& payload) {
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->b_transport(payload, delay);
    return payload.get_response_status();
  }
  tlm::tlm_response_status write(std::uint64_t address, std::vector<unsigned char> data) {
    PlainPayload payload{tlm::TLM_WRITE_COMMAND, address, data};
    return send(payload);
  }
  tlm::tlm_response_status read(std::uint64_t address, std::vector<unsigned char>& data) {
    PlainPayload payload{tlm::TLM_READ_COMMAND, address, data};
    return send(payload);
  }
};

struct PlainTarget : sc_core::sc_module {
  tlm_utils::simple_target_socket<PlainTarget, 64> socket{"socket"};

  explicit PlainTarget(const sc_core::sc_module_name& name) : sc_module{name} {
    socket.register_b_transport(this, &PlainTarget::b_transport);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
};

}  // namespace iommusim::tests
