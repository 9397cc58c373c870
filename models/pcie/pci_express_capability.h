// SPDX-License-Identifier: Apache-2.0
// PCI Express capability, version 2 (PCIe base specification, 7.5.3).
#pragma once

#include "base/word.h"

#include <cstdint>

namespace iommusim::pcie {

/// Device/Port Type (7.5.3.2).
enum class PortType : std::uint8_t {
  endpoint = 0x0,
  legacy_endpoint = 0x1,
  root_port = 0x4,
  upstream_port = 0x5,
  downstream_port = 0x6,
  /// PCI Express to PCI/PCI-X bridge.
  pci_bridge = 0x7,
  root_complex_endpoint = 0x9,
  /// No value of the field: a conventional PCI function, which has no PCI Express capability.
  conventional = 0xFF,
};

/// Ports and bridges have a type 1 header and a secondary bus.
constexpr bool is_port(PortType type) {
  return type == PortType::root_port || type == PortType::upstream_port || type == PortType::downstream_port ||
         type == PortType::pci_bridge;
}

/// Offsets in bytes from the capability.
namespace pci_express {
constexpr unsigned capabilities = 0x02;
constexpr unsigned device_capabilities = 0x04;
constexpr unsigned device_control = 0x08;
constexpr unsigned device_status = 0x0A;
constexpr unsigned link_capabilities = 0x0C;
constexpr unsigned link_control = 0x10;
constexpr unsigned link_status = 0x12;
constexpr unsigned device_capabilities_2 = 0x24;
constexpr unsigned device_control_2 = 0x28;
constexpr unsigned bytes = 0x3C;
}  // namespace pci_express

struct PciExpressCapabilities : Word<16> {
  using Word::Word;
  struct Version : Field<3, 0> {};
  struct DevicePortType : Field<7, 4, PortType> {};
};

struct DeviceCapabilities : Word<32> {
  using Word::Word;
  struct MaxPayloadSizeSupported : Field<2, 0> {};
  struct PhantomFunctionsSupported : Field<4, 3> {};
  struct ExtendedTagSupported : Field<5, 5> {};
  struct RoleBasedErrorReporting : Field<15, 15> {};
  struct FunctionLevelReset : Field<28, 28> {};
};

struct DeviceControl : Word<16> {
  using Word::Word;
  struct ErrorReportingEnables : Field<3, 0> {};
  struct EnableRelaxedOrdering : Field<4, 4> {};
  struct MaxPayloadSize : Field<7, 5> {};
  struct ExtendedTagEnable : Field<8, 8> {};
  struct EnableNoSnoop : Field<11, 11> {};
  struct MaxReadRequestSize : Field<14, 12> {};
};

struct DeviceStatus : Word<16> {
  using Word::Word;
  struct CorrectableErrorDetected : Field<0, 0> {};
  struct NonFatalErrorDetected : Field<1, 1> {};
  struct FatalErrorDetected : Field<2, 2> {};
  struct UnsupportedRequestDetected : Field<3, 3> {};
};

struct LinkCapabilities : Word<32> {
  using Word::Word;
  struct MaxLinkSpeed : Field<3, 0> {};
  struct MaximumLinkWidth : Field<9, 4> {};
  struct PortNumber : Field<31, 24> {};
};

struct LinkControl : Word<16> {
  using Word::Word;
  struct AspmControl : Field<1, 0> {};
  struct ReadCompletionBoundary : Field<3, 3> {};
  struct LinkDisable : Field<4, 4> {};
  struct CommonClockConfiguration : Field<6, 6> {};
  struct ExtendedSynch : Field<7, 7> {};
};

struct LinkStatus : Word<16> {
  using Word::Word;
  struct CurrentLinkSpeed : Field<3, 0> {};
  struct NegotiatedLinkWidth : Field<9, 4> {};
};

struct DeviceCapabilities2 : Word<32> {
  using Word::Word;
  struct AriForwardingSupported : Field<5, 5> {};
};

struct DeviceControl2 : Word<16> {
  using Word::Word;
  struct AriForwardingEnable : Field<5, 5> {};
};

/// Max_Payload_Size and Max_Read_Request_Size codes stand for 128 << code bytes. Codes 6 and 7 are reserved;
/// they act as the largest.
constexpr std::uint16_t size_of_code(std::uint64_t code) {
  return static_cast<std::uint16_t>(128U << (code > 5 ? 5 : code));
}

/// `bytes`: 128, 256, ... 4096.
constexpr std::uint64_t code_of_size(unsigned bytes) {
  std::uint64_t code = 0;
  while (code < 5 && (128U << code) < bytes)
    ++code;
  return code;
}

}  // namespace iommusim::pcie
