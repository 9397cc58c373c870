// SPDX-License-Identifier: Apache-2.0
#include "tlm/iommu_module.h"

#include "base/endian.h"
#include "iommu/access_request.h"
#include "iommu/device_tlb.h"
#include "iommu/stall.h"
#include "tlm/dmi_scope.h"
#include "tlm/journey_scope.h"

#include <algorithm>
#include <array>
#include <utility>

namespace iommusim::modules {

using iommu::Outcome;

namespace {

/// Bytes of the payload's page from its address on.
unsigned left_in_page(const tlm::tlm_generic_payload& payload) {
  return static_cast<unsigned>(page_4k - payload.get_address() % page_4k);
}

/// A streaming width below the data length keeps a request inside fewer bytes.
bool crosses_page(const tlm::tlm_generic_payload& payload) {
  return std::min(payload.get_data_length(), payload.get_streaming_width()) > left_in_page(payload);
}

constexpr unsigned message_size = 4;

std::uint32_t message_data_of(const tlm::tlm_generic_payload& payload) {
  return payload.is_write() && payload.get_data_length() == message_size
             ? load_le<std::uint32_t>(payload.get_data_ptr())
             : 0;
}

/// Gives a payload the address and the data of another message for one call, and restores both.
class MessageScope {
 public:
  MessageScope(tlm::tlm_generic_payload& payload, std::uint64_t address, std::uint32_t data)
      : address_{payload, address}, payload_{payload}, before_{payload.get_data_ptr()} {
    store_le(data_.data(), data);
    payload_.set_data_ptr(data_.data());
  }
  ~MessageScope() { payload_.set_data_ptr(before_); }
  MessageScope(const MessageScope&) = delete;
  MessageScope& operator=(const MessageScope&) = delete;

 private:
  AddressScope address_;
  tlm::tlm_generic_payload& payload_;
  unsigned char* before_;
  std::array<unsigned char, message_size> data_{};
};

/// Faults have the size of the smallest page. Interrupt requests 32 bytes apart name different entries.
std::uint8_t page_shift_of(const iommu::TranslationResult& result) {
  if (result.outcome == Outcome::interrupt || result.outcome == Outcome::posted) return 5;
  return static_cast<std::uint8_t>(__builtin_ctzll(result.page_size));
}

}  // namespace

IommuModule::IommuModule(const sc_core::sc_module_name& name, ComponentId id, iommu::Unit& unit,
                         timing::LooseClock& clock, IommuConfig config)
    : sc_module{name}, id_{id}, unit_{unit}, clock_{clock}, config_{std::move(config)} {
  dma_in.register_b_transport(this, &IommuModule::dma);
  dma_in.register_get_direct_mem_ptr(this, &IommuModule::dmi);
  dma_in.register_transport_dbg(this, &IommuModule::debug);
  registers.register_b_transport(this, &IommuModule::register_access);
  unit_.on_message([this](const interrupts::MsiMessage& message) { send_message(message); });
  unit_.on_invalidate([this] { withdraw_dmi(); });
}

IommuModule::~IommuModule() {
  unit_.on_message({});
  unit_.on_invalidate({});
}

void IommuModule::dma(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  if (crosses_page(payload)) {
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  const ExtensionScope scope{payload, config_.default_requester};
  DmaExtension& extension = *scope;
  const JourneyScope journey{clock_, payload, extension, delay};
  const iommu::TranslationResult result = ask(access_of(payload, extension), message_data_of(payload));
  note_lookups(payload, extension.journey, result);
  extension.path.add(id_, *result.rule);
  deliver(payload, extension, result, delay);
}

/// A poisoned message is discarded before it is taken down.
iommu::TranslationResult IommuModule::ask(const Access& access, std::uint32_t message_data) {
  const iommu::TranslationRequest request = iommu::request_of(access, message_data);
  if (access.poisoned) {
    const iommu::TranslationResult result = unit_.decide(request, fetches_);
    if (result.outcome == Outcome::posted) return result;
  }
  const iommu::TranslationResult result = unit_.translate(request, fetches_);
  if (result.outcome != Outcome::stalled) return result;
  return iommu::end_stall(unit_, request, result, fetches_, config_.on_stall);
}

/// A posted interrupt has its descriptor read and written after its entry was looked up.
void IommuModule::note_lookups(const tlm::tlm_generic_payload& payload, timing::Journey& journey,
                               const iommu::TranslationResult& result) const {
  constexpr std::uint8_t descriptor_shift = 6;
  const bool posted = result.outcome == Outcome::posted;
  const std::size_t fetches = fetches_.size() - (posted ? 1 : 0);
  journey.translate(config_.index, payload.get_address(), page_shift_of(result), fetches);
  if (posted) journey.translate(config_.index, fetches_.back().address.value(), descriptor_shift, 1);
}

void IommuModule::deliver(tlm::tlm_generic_payload& payload, DmaExtension& extension,
                          const iommu::TranslationResult& result, sc_core::sc_time& delay) {
  switch (result.outcome) {
    case Outcome::translated: {
      if (extension.address_type == AddressType::translation_request) return answer(payload, extension, result);
      extension.landing.decide(id_, *result.rule);
      extension.landing.from_cache = result.translation_cached;
      extension.translator = this;
      extension.hits = unit_.last_hits();
      const AddressScope scope{payload, result.address.value()};
      memory_out->b_transport(payload, delay);
      return;
    }
    case Outcome::interrupt: {
      const MessageScope scope{payload, result.address.value(), result.message_data};
      interrupt_out->b_transport(payload, delay);
      return;
    }
    case Outcome::posted:
      // Only the doorbell says what becomes of poisoned data.
      if (extension.poisoned) return interrupt_out->b_transport(payload, delay);
      return end(payload, extension, result);
    case Outcome::ignored:
    case Outcome::stalled:
    case Outcome::fault: return end(payload, extension, result);
  }
}

/// What ends here without an error gives zeros where it reads.
void IommuModule::end(tlm::tlm_generic_payload& payload, DmaExtension& extension,
                      const iommu::TranslationResult& result) const {
  const Landing landing = iommu::landing_at_unit(id_, access_of(payload, extension), result);
  if (result.outcome != Outcome::posted && result.outcome != Outcome::ignored)
    return refuse(payload, extension, landing);
  extension.landing = landing;
  if (payload.is_read()) std::fill_n(payload.get_data_ptr(), payload.get_data_length(), std::uint8_t{0});
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

void IommuModule::answer(tlm::tlm_generic_payload& payload, DmaExtension& extension,
                         const iommu::TranslationResult& result) const {
  std::array<unsigned char, iommu::AddressTranslation::bytes> entry{};
  store_le(entry.data(), iommu::translation_completion(access_of(payload, extension), result).raw());
  std::copy_n(entry.begin(), std::min<std::size_t>(entry.size(), payload.get_data_length()), payload.get_data_ptr());
  extension.landing.decide(id_, *result.rule);
  extension.landing.status = CompletionStatus::successful;
  extension.translation_answered = true;
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

/// Accessed flags and dirty state change with requests; what goes past the unit would leave them as they are.
bool IommuModule::needs_table_update() const {
  return std::any_of(fetches_.begin(), fetches_.end(),
                     [](const iommu::Fetch& fetch) { return (fetch.sets | fetch.clears) != 0; });
}

bool IommuModule::dmi(int, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
  const ExtensionScope scope{payload, config_.default_requester};
  const DmiPage page{payload};
  const iommu::TranslationResult result = unit_.decide(iommu::request_of(access_of(payload, *scope)), fetches_);
  if (result.outcome != Outcome::translated || (*scope).address_type == AddressType::translation_request ||
      needs_table_update())
    return page.deny(dmi);
  {
    const AddressScope address{payload, result.address.value()};
    if (!memory_out->get_direct_mem_ptr(payload, dmi)) return page.deny(dmi);
  }
  if (!result.readable || !result.writable)
    dmi.set_granted_access(result.writable ? tlm::tlm_dmi::DMI_ACCESS_WRITE : tlm::tlm_dmi::DMI_ACCESS_READ);
  return page.clip(dmi);
}

unsigned IommuModule::debug(int, tlm::tlm_generic_payload& payload) {
  const ExtensionScope scope{payload, config_.default_requester};
  const iommu::TranslationResult result = unit_.decide(iommu::request_of(access_of(payload, *scope)), fetches_);
  if (result.outcome != Outcome::translated || (*scope).address_type == AddressType::translation_request) return 0;
  const AddressScope address{payload, result.address.value()};
  const unsigned length = payload.get_data_length();
  payload.set_data_length(std::min(length, left_in_page(payload)));
  const unsigned done = memory_out->transport_dbg(payload);
  payload.set_data_length(length);
  return done;
}

void IommuModule::register_access(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  delay += config_.register_latency;
  const unsigned width = payload.get_data_length();
  if (width != 4 && width != 8) {
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  watch_devices(sc_core::sc_time_stamp() + delay);
  unsigned char* data = payload.get_data_ptr();
  if (payload.is_read()) {
    std::array<unsigned char, 8> bytes{};
    store_le(bytes.data(), unit_.read_register(payload.get_address(), width));
    std::copy_n(bytes.begin(), width, data);
  } else if (payload.is_write()) {
    const std::uint64_t value = width == 4 ? load_le<std::uint32_t>(data) : load_le<std::uint64_t>(data);
    write_register(payload.get_address(), width, value, delay);
  }
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

void IommuModule::write_register(std::uint64_t offset, unsigned width, std::uint64_t value, sc_core::sc_time& delay) {
  const iommu::UnitWork before = unit_.work();
  unit_.write_register(offset, width, value);
  const iommu::UnitWork after = unit_.work();
  const std::uint64_t executed = after.queue_entries - before.queue_entries;
  if (executed != 0)
    delay += config_.invalidation_latency + config_.queue_entry_latency * static_cast<double>(executed);
  if (after.device_invalidations != before.device_invalidations) delay += config_.device_invalidation_latency;
  watch_devices(sc_core::sc_time_stamp() + delay);
}

/// Software polls, so the time-out is found out when it looks.
void IommuModule::watch_devices(const sc_core::sc_time& now) {
  if (!unit_.waits_for_devices()) {
    devices_owe_since_.reset();
  } else if (!devices_owe_since_) {
    devices_owe_since_ = now;
  } else if (now >= *devices_owe_since_ + config_.device_invalidation_timeout) {
    devices_owe_since_.reset();
    unit_.time_out_invalidations();
  }
}

void IommuModule::send_message(const interrupts::MsiMessage& message) {
  std::array<unsigned char, 4> data{};
  store_le(data.data(), message.data);
  DmaExtension extension;
  extension.device_id = config_.device_id;
  tlm::tlm_generic_payload payload;
  payload.set_write();
  payload.set_address(message.address.value());
  payload.set_data_ptr(data.data());
  payload.set_data_length(4);
  payload.set_streaming_width(4);
  payload.set_extension(&extension);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  SentMessage sent{message, {}, false, sc_core::sc_time_stamp()};
  interrupt_out->b_transport(payload, delay);
  payload.clear_extension(&extension);
  sent.landing = extension.landing;
  sent.is_accepted = payload.is_response_ok();
  if (config_.on_message) config_.on_message(sent);
}

void IommuModule::withdraw_dmi() {
  for (unsigned i = 0; i < dma_in.size(); ++i)
    dma_in[static_cast<int>(i)]->invalidate_direct_mem_ptr(0, ~sc_dt::uint64{0});
}

}  // namespace iommusim::modules
