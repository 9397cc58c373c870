// SPDX-License-Identifier: Apache-2.0
#include "tlm/gic_module.h"

#include "base/endian.h"
#include "tlm/dma_extension.h"
#include "tlm/timing.h"

#include <algorithm>
#include <array>

namespace iommusim::modules {
namespace {

/// The first bytes of a write.
template <class T>
T data_of(const tlm::tlm_generic_payload& payload) {
  std::array<std::uint8_t, sizeof(T)> bytes{};
  if (payload.is_write())
    std::copy_n(payload.get_data_ptr(), std::min<std::size_t>(payload.get_data_length(), bytes.size()), bytes.begin());
  return load_le<T>(bytes.data());
}

bool is_plain(tlm::tlm_generic_payload& payload) {
  if (payload.get_byte_enable_ptr() != nullptr)
    payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  else if (payload.get_streaming_width() < payload.get_data_length())
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
  else
    return true;
  return false;
}

}  // namespace

GicModule::GicModule(const sc_core::sc_module_name& name, ComponentId id, gic::Doorbell& target, gic::DeliveryLog& log,
                     sc_core::sc_time latency)
    : sc_module{name}, id_{id}, target_{target}, log_{log}, latency_{latency} {
  doorbell.register_b_transport(this, &GicModule::take_message);
  registers.register_b_transport(this, &GicModule::access_register);
}

void GicModule::take_message(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  if (!is_plain(payload)) return;
  const ExtensionScope scope{payload, RequesterId{}};
  DmaExtension& extension = *scope;
  if (extension.journey.is_open())
    extension.journey.reach(timing::StepKind::doorbell);
  else
    delay += latency_;
  const gic::DoorbellRequest request{access_of(payload, extension), data_of<std::uint32_t>(payload),
                                     extension.device_id};
  log_.set_time(to_duration(sc_core::sc_time_stamp() + delay));
  const gic::DoorbellResult result = target_.ring(request);
  extension.path.add(id_, *result.rule);
  const Landing landing = gic::landing_of(result, request.access, id_);
  if (result.outcome == gic::DoorbellOutcome::refused) {
    refuse(payload, extension, landing);
    return;
  }
  const bool from_cache = extension.landing.from_cache;
  extension.landing = landing;
  extension.landing.from_cache = from_cache;
  if (payload.is_read()) std::fill_n(payload.get_data_ptr(), payload.get_data_length(), std::uint8_t{0});
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

void GicModule::access_register(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  if (!is_plain(payload)) return;
  delay += latency_;
  const unsigned width = payload.get_data_length();
  if (width != 2 && width != 4 && width != 8) {
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  log_.set_time(to_duration(sc_core::sc_time_stamp() + delay));
  if (payload.is_write()) {
    target_.write_register(payload.get_address(), width, data_of<std::uint64_t>(payload));
  } else if (payload.is_read()) {
    std::array<std::uint8_t, sizeof(std::uint64_t)> bytes{};
    store_le(bytes.data(), target_.read_register(payload.get_address(), width));
    std::copy_n(bytes.begin(), width, payload.get_data_ptr());
  }
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

}  // namespace iommusim::modules
