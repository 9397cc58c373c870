// SPDX-License-Identifier: Apache-2.0
#include "tlm/memory_module.h"

#include "pcie/root_complex.h"
#include "pcie/rules.h"
#include "tlm/dma_extension.h"

namespace iommusim::modules {
namespace {

bool is_poisoned(const tlm::tlm_generic_payload& payload, const DmaExtension* extension) {
  return extension != nullptr && extension->poisoned && payload.is_write();
}

}  // namespace

MemoryModule::MemoryModule(const sc_core::sc_module_name& name, memory::SparseMemory& memory, sc_core::sc_time latency)
    : sc_module{name}, memory_{memory}, latency_{latency} {
  port.register_b_transport(this, &MemoryModule::b_transport);
  port.register_get_direct_mem_ptr(this, &MemoryModule::get_direct_mem_ptr);
  port.register_transport_dbg(this, &MemoryModule::transport_dbg);
}

void MemoryModule::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  delay += latency_;
  const PhysAddr address{payload.get_address()};
  auto* extension = payload.get_extension<DmaExtension>();
  const memory::Bank* bank = memory_.bank_of(address, payload.get_data_length());
  if (bank != nullptr && is_poisoned(payload, extension)) {
    extension->path.add(bank->id, pcie::rules::root_complex_poisoned);
    refuse(payload, *extension, pcie::discard_poisoned(access_of(payload, *extension), bank->id));
    return;
  }
  if (bank == nullptr || !transfer(payload)) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  payload.set_dmi_allowed(true);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  if (extension == nullptr) return;
  Landing& landing = extension->landing;
  landing.kind = LandingKind::memory;
  landing.where = bank->id;
  landing.status = completion_of(payload, *extension, CompletionStatus::successful);
  landing.address = address.value();
}

bool MemoryModule::transfer(tlm::tlm_generic_payload& payload) {
  const unsigned length = payload.get_data_length();
  if (payload.get_byte_enable_ptr() != nullptr || payload.get_streaming_width() < length)
    return transfer_by_byte(payload);
  const PhysAddr address{payload.get_address()};
  if (payload.is_read()) return memory_.read(address, payload.get_data_ptr(), length);
  return !payload.is_write() || memory_.write(address, payload.get_data_ptr(), length);
}

bool MemoryModule::transfer_by_byte(tlm::tlm_generic_payload& payload) {
  const unsigned char* enables = payload.get_byte_enable_ptr();
  const unsigned enables_length = payload.get_byte_enable_length();
  const unsigned width = payload.get_streaming_width();
  if (width == 0 || (enables != nullptr && enables_length == 0)) return false;
  for (unsigned i = 0; i < payload.get_data_length(); ++i) {
    if (enables != nullptr && enables[i % enables_length] == TLM_BYTE_DISABLED) continue;
    const PhysAddr address{payload.get_address() + i % width};
    unsigned char* byte = payload.get_data_ptr() + i;
    const bool done = payload.is_read() ? memory_.read(address, byte, 1) : memory_.write(address, byte, 1);
    if (!done) return false;
  }
  return true;
}

bool MemoryModule::get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
  const auto* extension = payload.get_extension<DmaExtension>();
  if (extension != nullptr && extension->poisoned) return false;
  const PhysAddr page = PhysAddr{payload.get_address()}.aligned_down(page_4k);
  std::uint8_t* host = memory_.page(page);
  if (host == nullptr) return false;
  dmi.set_dmi_ptr(host);
  dmi.set_start_address(page.value());
  dmi.set_end_address(page.value() + page_4k - 1);
  dmi.set_granted_access(tlm::tlm_dmi::DMI_ACCESS_READ_WRITE);
  dmi.set_read_latency(latency_);
  dmi.set_write_latency(latency_);
  return true;
}

unsigned MemoryModule::transport_dbg(tlm::tlm_generic_payload& payload) {
  if (is_poisoned(payload, payload.get_extension<DmaExtension>())) return 0;
  const unsigned length = payload.get_data_length();
  const PhysAddr address{payload.get_address()};
  const bool done = payload.is_write() ? memory_.write(address, payload.get_data_ptr(), length)
                                       : memory_.read(address, payload.get_data_ptr(), length);
  return done ? length : 0;
}

}  // namespace iommusim::modules
