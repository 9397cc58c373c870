// SPDX-License-Identifier: Apache-2.0
// The 32-byte commands of an ITS (GICv3 architecture, 5.3) and what can be wrong with them (5.5).
#pragma once

#include "base/word.h"

#include <cstdint>

namespace iommusim::gic {

enum class Opcode : std::uint8_t {
  movi = 0x01,
  interrupt = 0x03,
  clear = 0x04,
  sync = 0x05,
  mapd = 0x08,
  mapc = 0x09,
  mapti = 0x0A,
  mapi = 0x0B,
  inv = 0x0C,
  invall = 0x0D,
  movall = 0x0E,
  discard = 0x0F,
  // GICv4.
  vmovi = 0x21,
  vmovp = 0x22,
  vsgi = 0x23,
  vsync = 0x25,
  vmapp = 0x29,
  vmapti = 0x2A,
  vmapi = 0x2B,
  vinvall = 0x2D,
  invdb = 0x2E,
};

struct Command : Word<256> {
  using Word::Word;
  struct DeviceID : Field<63, 32, std::uint32_t> {};
  struct Operation : Field<7, 0, Opcode> {};
  struct PINTID : Field<127, 96, std::uint32_t> {};
  struct EventID : Field<95, 64, std::uint32_t> {};
  /// MAPD: bits of the EventIDs, less one.
  struct Size : Field<68, 64> {};
  struct V : Field<191, 191, bool> {};
  struct ITTaddr : Field<179, 136> {};
  struct RDbase : Field<179, 144> {};
  struct ICID : Field<143, 128, std::uint32_t> {};
  /// MOVALL: RDbase is the first.
  struct RDbase2 : Field<243, 208> {};
};

/// Why a command has no effect. The values are bits 7:0 of the command error encodings; those above 0xF0 have none.
enum class CommandError : std::uint8_t {
  none = 0,
  device_out_of_range = 0x01,
  /// MAPD: Size. MAPC and MOVALL: RDbase.
  size_or_target_out_of_range = 0x02,
  collection_out_of_range = 0x03,
  unmapped_device = 0x04,
  event_out_of_range = 0x05,
  interrupt_out_of_range = 0x06,
  unmapped_interrupt = 0x07,
  unmapped_collection = 0x09,
  /// A table, or the queue itself, lies where no memory answers.
  memory = 0xFD,
  /// A command of GICv4 for an ITS without GITS_TYPER.Virtual.
  virtual_command = 0xFE,
  unknown_command = 0xFF,
};

}  // namespace iommusim::gic
