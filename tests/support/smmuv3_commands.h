// SPDX-License-Identifier: Apache-2.0
// Commands as software writes them: two 64-bit words, retyped from the architecture.
#pragma once

#include <array>
#include <cstdint>

namespace iommusim::tests::smmu {

using CommandWords = std::array<std::uint64_t, 2>;

constexpr CommandWords command(std::uint64_t opcode, std::uint64_t low = 0, std::uint64_t high = 0) {
  return {opcode | low, high};
}
/// StreamID, and SubstreamID with SSV.
constexpr std::uint64_t of_stream(std::uint64_t stream) {
  return stream << 32;
}
constexpr std::uint64_t of_substream(std::uint64_t substream) {
  return 1U << 11 | substream << 12;
}

constexpr CommandWords prefetch_config(std::uint64_t stream) {
  return command(0x01, of_stream(stream));
}
constexpr CommandWords cfgi_ste(std::uint64_t stream, bool leaf = true) {
  return command(0x03, of_stream(stream), leaf ? 1 : 0);
}
constexpr CommandWords cfgi_all() {
  return command(0x04, 0, 31);
}
constexpr CommandWords tlbi_nsnh_all() {
  return command(0x30);
}
/// `size`: log2 of 4 KiB pages.
constexpr CommandWords atc_inv(std::uint64_t stream, std::uint64_t address, std::uint64_t size = 0) {
  return command(0x40, of_stream(stream), address | size);
}
constexpr CommandWords pri_resp(std::uint64_t stream, std::uint64_t group, std::uint64_t response) {
  return command(0x41, of_stream(stream), group | response << 12);
}
constexpr CommandWords resume_retry(std::uint64_t stream, std::uint64_t tag) {
  return command(0x44, of_stream(stream) | 1U << 12, tag);
}
constexpr CommandWords resume_end(std::uint64_t stream, std::uint64_t tag, bool abort) {
  return command(0x44, of_stream(stream) | (abort ? 1U << 13 : 0U), tag);
}
constexpr CommandWords stall_term(std::uint64_t stream) {
  return command(0x45, of_stream(stream));
}
constexpr CommandWords sync() {
  return command(0x46);
}
constexpr CommandWords sync_with_irq(std::uint64_t address = 0, std::uint64_t data = 0) {
  return command(0x46, 1U << 12 | data << 32, address);
}

}  // namespace iommusim::tests::smmu
