// SPDX-License-Identifier: Apache-2.0
// Interrupt requests as a unit with interrupt remapping reads them, and the messages that it makes (VT-d specification,
// 5.1.2 and 5.1.6).
#pragma once

#include "base/word.h"
#include "interrupts/msi.h"
#include "iommu/vtd/interrupt_remapping_entry.h"

#include <cstdint>

namespace iommusim::vtd {

/// Message address of a remappable-format request. Bits 1:0 are not looked at.
struct RemappableAddress : Word<64> {
  using Word::Word;
  struct Window : Field<31, 20> {};
  struct HandleLow : Field<19, 5> {};
  /// 1: remappable format, 0: compatibility format.
  struct Format : Field<4, 4, bool> {};
  struct SHV : Field<3, 3, bool> {};
  struct HandleHigh : Field<2, 2> {};

  std::uint32_t handle() const { return static_cast<std::uint32_t>(get<HandleHigh>() << 15 | get<HandleLow>()); }
};

/// Its message data, which counts with SHV=1 only.
struct RemappableData : Word<32> {
  using Word::Word;
  struct Reserved : Field<31, 16> {};
  struct Subhandle : Field<15, 0> {};
};

/// interrupt_index: the handle, and with SHV the subhandle more. Up to 0x1FFFE.
std::uint32_t interrupt_index(RemappableAddress address, RemappableData data);

/// The request that names entry `handle` + `subhandle`: SHV is 1, as operating systems program it.
interrupts::MsiMessage remappable_message(std::uint16_t handle, std::uint16_t subhandle = 0);

/// The message that an entry with IM=0 makes. `extended`: IRTA.EIME.
interrupts::MsiMessage remapped_message(const InterruptRemappingEntry& entry, bool extended);

/// A fixed, physical, edge-triggered interrupt.
interrupts::MsiMessage fixed_message(std::uint8_t vector, std::uint32_t destination);

}  // namespace iommusim::vtd
