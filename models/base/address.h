// SPDX-License-Identifier: Apache-2.0
// Addresses that cannot be mistaken for one another: what a TLP carries, what a device asks an IOMMU
// for, and where the system really goes are three types with explicit conversion only.
#pragma once

#include <cstdint>
#include <functional>

namespace iommusim {

/// A byte address in one address space; Tag says which. Arithmetic wraps modulo 2^64, as hardware adders do.
template <class Tag>
class Address {
 public:
  constexpr Address() = default;
  constexpr explicit Address(std::uint64_t value) : value_{value} {}

  constexpr std::uint64_t value() const { return value_; }
  /// Largest multiple of `size` (bytes, a power of two) that is not above this address.
  constexpr Address aligned_down(std::uint64_t size) const { return Address{value_ & ~(size - 1)}; }
  /// Distance in bytes from aligned_down(size).
  constexpr std::uint64_t offset_in(std::uint64_t size) const { return value_ & (size - 1); }

  constexpr Address& operator+=(std::uint64_t bytes) {
    value_ += bytes;
    return *this;
  }
  friend constexpr Address operator+(Address a, std::uint64_t bytes) { return Address{a.value_ + bytes}; }
  friend constexpr Address operator-(Address a, std::uint64_t bytes) { return Address{a.value_ - bytes}; }
  friend constexpr std::uint64_t operator-(Address a, Address b) { return a.value_ - b.value_; }
  friend constexpr bool operator==(Address a, Address b) { return a.value_ == b.value_; }
  friend constexpr bool operator!=(Address a, Address b) { return a.value_ != b.value_; }
  friend constexpr bool operator<(Address a, Address b) { return a.value_ < b.value_; }
  friend constexpr bool operator<=(Address a, Address b) { return a.value_ <= b.value_; }
  friend constexpr bool operator>(Address a, Address b) { return a.value_ > b.value_; }
  friend constexpr bool operator>=(Address a, Address b) { return a.value_ >= b.value_; }

 private:
  std::uint64_t value_ = 0;
};

/// The address that a TLP carries: PCI bus address space (BARs, bridge windows, DMA as the device issues it).
using BusAddr = Address<struct BusAddrTag>;
/// The address that an IOMMU is asked to translate: a bus address after the host bridge's inbound window.
using Iova = Address<struct IovaTag>;
/// A guest-physical address, between the two stages of a nested translation.
using GuestPhysAddr = Address<struct GuestPhysAddrTag>;
/// The address on the system's interconnect: DRAM, MMIO, doorbells.
using PhysAddr = Address<struct PhysAddrTag>;

constexpr std::uint64_t page_4k = std::uint64_t{1} << 12;
constexpr std::uint64_t page_2m = std::uint64_t{1} << 21;
constexpr std::uint64_t page_1g = std::uint64_t{1} << 30;

constexpr bool is_power_of_two(std::uint64_t value) {
  return value != 0 && (value & (value - 1)) == 0;
}

}  // namespace iommusim

template <class Tag>
struct std::hash<iommusim::Address<Tag>> {
  std::size_t operator()(iommusim::Address<Tag> a) const noexcept { return std::hash<std::uint64_t>{}(a.value()); }
};
