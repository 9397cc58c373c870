// SPDX-License-Identifier: Apache-2.0
// PCI Express routing identifiers (PCIe base specification, 2.2.4.2) and PASIDs.
#pragma once

#include <cstdint>
#include <string>

namespace iommusim {

/// Bus 15:8, device 7:3, function 2:0; with ARI, function 7:0.
class RequesterId {
 public:
  constexpr RequesterId() = default;
  constexpr explicit RequesterId(std::uint16_t raw) : raw_{raw} {}
  constexpr RequesterId(std::uint8_t bus, std::uint8_t device, std::uint8_t function)
      : raw_{static_cast<std::uint16_t>((bus << 8) | ((device & 0x1F) << 3) | (function & 0x7))} {}

  constexpr std::uint16_t raw() const { return raw_; }
  constexpr std::uint8_t bus() const { return static_cast<std::uint8_t>(raw_ >> 8); }
  constexpr std::uint8_t devfn() const { return static_cast<std::uint8_t>(raw_ & 0xFF); }
  constexpr std::uint8_t device() const { return static_cast<std::uint8_t>((raw_ >> 3) & 0x1F); }
  constexpr std::uint8_t function() const { return static_cast<std::uint8_t>(raw_ & 0x7); }

  friend constexpr bool operator==(RequesterId a, RequesterId b) { return a.raw_ == b.raw_; }
  friend constexpr bool operator!=(RequesterId a, RequesterId b) { return a.raw_ != b.raw_; }
  friend constexpr bool operator<(RequesterId a, RequesterId b) { return a.raw_ < b.raw_; }

 private:
  std::uint16_t raw_ = 0;
};

/// "bb:dd.f", as lspci prints it.
std::string to_string(RequesterId id);

/// A process address space identifier: 20 bits (PCIe base specification, 6.20).
class Pasid {
 public:
  constexpr Pasid() = default;
  constexpr explicit Pasid(std::uint32_t value) : value_{value & 0xF'FFFF} {}
  constexpr std::uint32_t value() const { return value_; }
  friend constexpr bool operator==(Pasid a, Pasid b) { return a.value_ == b.value_; }
  friend constexpr bool operator!=(Pasid a, Pasid b) { return a.value_ != b.value_; }

 private:
  std::uint32_t value_ = 0;
};

}  // namespace iommusim
