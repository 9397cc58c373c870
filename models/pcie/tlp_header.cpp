// SPDX-License-Identifier: Apache-2.0
#include "pcie/tlp_header.h"

#include "base/word.h"

namespace iommusim::pcie {

namespace {

/// First doubleword (2.2.1).
struct HeaderStart : Word<32> {
  using Word::Word;
  struct WithData : Field<30, 30> {};
  struct FourDoublewords : Field<29, 29> {};
  struct Type : Field<28, 24> {};
  struct Poisoned : Field<14, 14> {};
  struct RelaxedOrdering : Field<13, 13> {};
  struct NoSnoop : Field<12, 12> {};
  struct At : Field<11, 10, AddressType> {};
  struct Length : Field<9, 0> {};
};

/// Second doubleword of a memory request (2.2.7).
struct RequesterDoubleword : Word<32> {
  using Word::Word;
  struct Requester : Field<31, 16> {};
  struct LastByteEnables : Field<7, 4> {};
  struct FirstByteEnables : Field<3, 0> {};
};

constexpr std::uint64_t memory_request = 0b0'0000;
constexpr std::uint64_t fetch_add = 0b0'1100;

/// Doublewords that the bytes touch; a zero-length request names one.
std::uint64_t doublewords(const Access& access) {
  const std::uint64_t bytes = access.size == 0 ? 1 : access.size;
  return (access.address.value() % 4 + bytes + 3) / 4;
}

/// 2.2.5: one bit for each byte of the doubleword in [first, last].
std::uint64_t enables(unsigned first, unsigned last) {
  return (0xFU << first) & (0xFU >> (3 - last)) & 0xFU;
}

HeaderStart start_of(const Access& access) {
  HeaderStart start;
  start.set<HeaderStart::WithData>(access.operation == Operation::read ? 0 : 1);
  start.set<HeaderStart::FourDoublewords>(access.address.value() >> 32 == 0 ? 0 : 1);
  start.set<HeaderStart::Type>(access.operation == Operation::atomic ? fetch_add : memory_request);
  start.set<HeaderStart::Poisoned>(access.poisoned ? 1 : 0);
  start.set<HeaderStart::RelaxedOrdering>(access.relaxed_ordering ? 1 : 0);
  start.set<HeaderStart::NoSnoop>(access.no_snoop ? 1 : 0);
  start.set<HeaderStart::At>(access.address_type);
  // 1024 doublewords are written as 0, which is what is left of them in ten bits.
  start.set<HeaderStart::Length>(doublewords(access));
  return start;
}

RequesterDoubleword requester_of(const Access& access) {
  RequesterDoubleword word;
  word.set<RequesterDoubleword::Requester>(access.requester.raw());
  if (access.size == 0) return word;
  const auto first = static_cast<unsigned>(access.address.value() % 4);
  const auto last = static_cast<unsigned>((access.address.value() + access.size - 1) % 4);
  const bool single = doublewords(access) == 1;
  word.set<RequesterDoubleword::FirstByteEnables>(enables(first, single ? last : 3));
  if (!single) word.set<RequesterDoubleword::LastByteEnables>(enables(0, last));
  return word;
}

}  // namespace

std::array<std::uint32_t, 4> request_header(const Access& access) {
  const auto low = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };
  const std::uint64_t address = access.address.value();
  const std::uint32_t last = low(address) & ~std::uint32_t{3};
  const std::uint32_t start = low(start_of(access).raw());
  const std::uint32_t requester = low(requester_of(access).raw());
  if (address >> 32 == 0) return {start, requester, last, 0};
  return {start, requester, low(address >> 32), last};
}

}  // namespace iommusim::pcie
