// SPDX-License-Identifier: Apache-2.0
// The configuration space header, type 0 (functions) and type 1 (bridges and ports).
// PCIe base specification, 7.5.1.
#pragma once

#include "base/word.h"

#include <cstdint>

namespace iommusim::pcie {

/// Offsets in bytes.
namespace header {
constexpr unsigned vendor_id = 0x00;
constexpr unsigned device_id = 0x02;
constexpr unsigned command = 0x04;
constexpr unsigned status = 0x06;
/// Bits 7:0 revision, 31:8 class code.
constexpr unsigned revision_and_class = 0x08;
constexpr unsigned cache_line_size = 0x0C;
constexpr unsigned header_type = 0x0E;
constexpr unsigned bar0 = 0x10;
constexpr unsigned capabilities_pointer = 0x34;
constexpr unsigned interrupt_line = 0x3C;
constexpr unsigned type0_bars = 6;
constexpr unsigned type1_bars = 2;

// Type 0 only.
constexpr unsigned subsystem_vendor_id = 0x2C;
constexpr unsigned subsystem_id = 0x2E;

// Type 1 only.
constexpr unsigned primary_bus = 0x18;
constexpr unsigned secondary_bus = 0x19;
constexpr unsigned subordinate_bus = 0x1A;
constexpr unsigned secondary_status = 0x1E;
constexpr unsigned memory_base = 0x20;
constexpr unsigned memory_limit = 0x22;
constexpr unsigned prefetchable_base = 0x24;
constexpr unsigned prefetchable_limit = 0x26;
constexpr unsigned prefetchable_base_upper = 0x28;
constexpr unsigned prefetchable_limit_upper = 0x2C;
constexpr unsigned bridge_control = 0x3E;

constexpr unsigned bar(unsigned index) {
  return bar0 + 4 * index;
}
}  // namespace header

struct Command : Word<16> {
  using Word::Word;
  struct IoSpaceEnable : Field<0, 0> {};
  struct MemorySpaceEnable : Field<1, 1> {};
  struct BusMasterEnable : Field<2, 2> {};
  struct ParityErrorResponse : Field<6, 6> {};
  struct SerrEnable : Field<8, 8> {};
  struct InterruptDisable : Field<10, 10> {};
};

/// Also the layout of Secondary Status, which has no CapabilitiesList.
struct Status : Word<16> {
  using Word::Word;
  struct CapabilitiesList : Field<4, 4> {};
  struct MasterDataParityError : Field<8, 8> {};
  struct SignaledTargetAbort : Field<11, 11> {};
  struct ReceivedTargetAbort : Field<12, 12> {};
  struct ReceivedMasterAbort : Field<13, 13> {};
  struct SignaledSystemError : Field<14, 14> {};
  struct DetectedParityError : Field<15, 15> {};
};

/// The byte at offset 0x0E stands in the low half.
struct HeaderType : Word<16> {
  using Word::Word;
  struct Layout : Field<6, 0> {};
  struct MultiFunction : Field<7, 7> {};
};

enum class BarType : std::uint8_t { bits_32 = 0, bits_64 = 2 };

/// The low doubleword of a base address register.
struct BaseAddressRegister : Word<32> {
  using Word::Word;
  struct IoSpace : Field<0, 0> {};
  struct Type : Field<2, 1, BarType> {};
  struct Prefetchable : Field<3, 3> {};
};

/// Base or limit of a bridge's memory or prefetchable window. Only the prefetchable pair can be 64 bits wide.
struct WindowRegister : Word<16> {
  using Word::Word;
  struct Is64Bit : Field<3, 0> {};
  /// Address bits 31:20.
  struct AddressBits : Field<15, 4> {};
};

struct BridgeControl : Word<16> {
  using Word::Word;
  struct ParityErrorResponse : Field<0, 0> {};
  struct SerrEnable : Field<1, 1> {};
  struct IsaEnable : Field<2, 2> {};
  struct VgaEnable : Field<3, 3> {};
  struct Vga16BitDecode : Field<4, 4> {};
  struct SecondaryBusReset : Field<6, 6> {};
};

}  // namespace iommusim::pcie
