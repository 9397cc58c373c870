// SPDX-License-Identifier: Apache-2.0
// Commands of an ITS as four 64-bit words, typed from the tables of the GICv3 architecture, 5.3, without the model's
// layouts.
#pragma once

#include <array>
#include <cstdint>

namespace iommusim::tests {

using CommandWords = std::array<std::uint64_t, 4>;

constexpr std::uint64_t valid_bit = std::uint64_t{1} << 63;

inline CommandWords mapd(std::uint32_t device, unsigned event_bits, std::uint64_t table) {
  return {0x08 | std::uint64_t{device} << 32, event_bits - 1, table | valid_bit, 0};
}
inline CommandWords unmapd(std::uint32_t device) {
  return {0x08 | std::uint64_t{device} << 32, 0, 0, 0};
}
inline CommandWords mapc(std::uint64_t collection, std::uint64_t target) {
  return {0x09, 0, collection | target << 16 | valid_bit, 0};
}
inline CommandWords unmapc(std::uint64_t collection) {
  return {0x09, 0, collection, 0};
}
inline CommandWords mapti(std::uint32_t device, std::uint32_t event, std::uint32_t intid, std::uint64_t collection) {
  return {0x0A | std::uint64_t{device} << 32, event | std::uint64_t{intid} << 32, collection, 0};
}
inline CommandWords mapi(std::uint32_t device, std::uint32_t event, std::uint64_t collection) {
  return {0x0B | std::uint64_t{device} << 32, event, collection, 0};
}
inline CommandWords movi(std::uint32_t device, std::uint32_t event, std::uint64_t collection) {
  return {0x01 | std::uint64_t{device} << 32, event, collection, 0};
}
/// INT (0x03), CLEAR (0x04), INV (0x0C), DISCARD (0x0F).
inline CommandWords on_event(unsigned opcode, std::uint32_t device, std::uint32_t event) {
  return {opcode | std::uint64_t{device} << 32, event, 0, 0};
}
inline CommandWords int_of(std::uint32_t device, std::uint32_t event) {
  return on_event(0x03, device, event);
}
inline CommandWords clear(std::uint32_t device, std::uint32_t event) {
  return on_event(0x04, device, event);
}
inline CommandWords inv(std::uint32_t device, std::uint32_t event) {
  return on_event(0x0C, device, event);
}
inline CommandWords discard(std::uint32_t device, std::uint32_t event) {
  return on_event(0x0F, device, event);
}
inline CommandWords invall(std::uint64_t collection) {
  return {0x0D, 0, collection, 0};
}
inline CommandWords movall(std::uint64_t from, std::uint64_t to) {
  return {0x0E, 0, from << 16, to << 16};
}
inline CommandWords sync(std::uint64_t target) {
  return {0x05, 0, target << 16, 0};
}

}  // namespace iommusim::tests
