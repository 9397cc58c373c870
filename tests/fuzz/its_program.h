// SPDX-License-Identifier: Apache-2.0
// A string of bytes as a program against an ITS and its redistributors: registers, tables, commands and messages, in
// any order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace iommusim::fuzz {

/// Steps of a program. Each is one byte (modulo `count`) and its operands, least significant byte first; operands
/// beyond the end are zero. The first byte of a program chooses the ITS.
enum class ItsStep : std::uint8_t {
  /// offset:24 width:8 (even: 4 bytes, odd: 8) value:64
  write_its,
  write_redistributors,
  /// word:24 value:64; words are counted from the start of memory
  write_word,
  /// flags:8; queue, tables, ITS and LPIs as a driver sets them up
  start,
  /// words:4x64; at the tail, which moves on
  command,
  /// opcode:8 device:8 event:8 lpi:16 collection:8; a command with such operands, at the tail
  likely_command,
  /// device:32 event:32
  message,
  /// device:8 event:8
  likely_message,
  /// requester:16 offset:24 size:8 data:32 operation:8
  request,
  /// page:8 state:8; even: it vanishes, odd: it refuses writes
  lose_page,
  count,
};

/// What came of a program.
struct ItsProgramResult {
  /// Empty: nothing is wrong. Otherwise what promise was broken: decide() and what follows say the same, decide()
  /// changes nothing, an oracle agrees, GITS_CREADR arrives or stalls, a message reads a bounded number of words.
  std::string finding;
  std::uint64_t messages = 0;
  std::uint64_t delivered = 0;
  std::uint64_t pending = 0;
};
ItsProgramResult run_its_program(const std::uint8_t* bytes, std::size_t size);

}  // namespace iommusim::fuzz
