// SPDX-License-Identifier: Apache-2.0
#include "tlm/cpu_module.h"

#include "base/endian.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

namespace iommusim::modules {

CpuModule::CpuModule(const sc_core::sc_module_name& name, std::map<std::uint16_t, PhysAddr> ecam_bases)
    : sc_module{name}, ecam_bases_{std::move(ecam_bases)} {}

bool CpuModule::transfer(tlm::tlm_command command, PhysAddr address, unsigned char* data, std::size_t size) {
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(address.value());
  payload.set_data_ptr(data);
  payload.set_data_length(static_cast<unsigned>(size));
  payload.set_streaming_width(static_cast<unsigned>(size));
  bus->b_transport(payload, elapsed_);
  return payload.is_response_ok();
}

void CpuModule::load(PhysAddr address, void* to, std::size_t size) {
  auto* bytes = static_cast<unsigned char*>(to);
  if (!transfer(tlm::TLM_READ_COMMAND, address, bytes, size)) std::fill_n(bytes, size, std::uint8_t{0xFF});
}

void CpuModule::store(PhysAddr address, const void* from, std::size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(from);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): TLM's pointer is not const; a write only reads there.
  transfer(tlm::TLM_WRITE_COMMAND, address, const_cast<unsigned char*>(bytes), size);
}

// PCIe base specification, 7.2.2.
std::optional<PhysAddr> CpuModule::ecam_address(std::uint16_t segment, RequesterId function, unsigned offset) const {
  const auto base = ecam_bases_.find(segment);
  if (base == ecam_bases_.end()) return std::nullopt;
  return base->second + (std::uint64_t{function.raw()} << 12) + offset;
}

std::uint32_t CpuModule::config_read(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width) {
  const auto address = ecam_address(segment, function, offset);
  if (!address) return width == 1 ? 0xFF : width == 2 ? 0xFFFF : 0xFFFF'FFFF;
  std::array<unsigned char, 4> bytes{};
  load(*address, bytes.data(), width);
  return load_le<std::uint32_t>(bytes.data());
}

void CpuModule::config_write(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width,
                             std::uint32_t value) {
  const auto address = ecam_address(segment, function, offset);
  if (!address) return;
  std::array<unsigned char, 4> bytes{};
  store_le(bytes.data(), value);
  store(*address, bytes.data(), width);
}

}  // namespace iommusim::modules
