// SPDX-License-Identifier: Apache-2.0
// What blocking transport costs without a model: an initiator and four modules in a chain. Each of the four reads our
// extension and adds a delay; the last one is a memory that copies.
#pragma once

#include "tlm/dma_extension.h"

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace iommusim::bench {

/// Adds a delay that depends on who asks, so that the extension must be read.
inline void spend_time(const tlm::tlm_generic_payload& payload, sc_core::sc_time& delay,
                       const std::array<sc_core::sc_time, 2>& latencies) {
  const auto* extension = payload.get_extension<modules::DmaExtension>();
  if (extension != nullptr) delay += latencies[extension->requester.function() & 1];
}

class BareHop : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<BareHop, 64> in{"in"};
  tlm_utils::simple_initiator_socket<BareHop, 64> out{"out"};

  explicit BareHop(const sc_core::sc_module_name& name) : sc_module{name} {
    in.register_b_transport(this, &BareHop::b_transport);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    spend_time(payload, delay, latencies_);
    out->b_transport(payload, delay);
  }

  std::array<sc_core::sc_time, 2> latencies_{sc_core::sc_time{5, sc_core::SC_NS}, sc_core::sc_time{6, sc_core::SC_NS}};
};

class BareMemory : public sc_core::sc_module {
 public:
  static constexpr std::size_t bytes = std::size_t{1} << 20;

  tlm_utils::simple_target_socket<BareMemory, 64> in{"in"};

  explicit BareMemory(const sc_core::sc_module_name& name) : sc_module{name} {
    in.register_b_transport(this, &BareMemory::b_transport);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    spend_time(payload, delay, latencies_);
    std::memcpy(content_.data() + payload.get_address() % bytes, payload.get_data_ptr(), payload.get_data_length());
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }

  std::array<sc_core::sc_time, 2> latencies_{sc_core::sc_time{80, sc_core::SC_NS},
                                             sc_core::sc_time{81, sc_core::SC_NS}};
  std::vector<unsigned char> content_ = std::vector<unsigned char>(bytes);
};

class BareChain : public sc_core::sc_module {
 public:
  static constexpr unsigned transfer_bytes = 64;

  explicit BareChain(const sc_core::sc_module_name& name) : sc_module{name} {
    out_.bind(first_.in);
    first_.out.bind(second_.in);
    second_.out.bind(third_.in);
    third_.out.bind(memory_.in);
    payload_.set_extension(&extension_);
    payload_.set_command(tlm::TLM_WRITE_COMMAND);
    payload_.set_data_ptr(data_.data());
    payload_.set_data_length(transfer_bytes);
    payload_.set_streaming_width(transfer_bytes);
  }
  ~BareChain() override { payload_.clear_extension<modules::DmaExtension>(); }

  /// Writes 64 bytes through the chain; gives what it took.
  sc_core::sc_time write(std::uint64_t address) {
    sc_core::sc_time delay;
    payload_.set_address(address);
    payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    out_->b_transport(payload_, delay);
    return delay;
  }

 private:
  tlm_utils::simple_initiator_socket<BareChain, 64> out_{"out"};
  BareHop first_{"first"};
  BareHop second_{"second"};
  BareHop third_{"third"};
  BareMemory memory_{"memory"};
  modules::DmaExtension extension_;
  tlm::tlm_generic_payload payload_;
  std::array<unsigned char, transfer_bytes> data_{};
};

}  // namespace iommusim::bench
