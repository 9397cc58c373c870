// SPDX-License-Identifier: Apache-2.0
// A string of bytes as a program against an SMMUv3: what its registers, its tables, its queues and its devices do, in
// any order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace iommusim::fuzz {

/// Commands of a program. Each is one byte (modulo `count`) and its operands, least significant byte first; operands
/// beyond the end are zero. The first byte of a program chooses the unit.
enum class SmmuCommand : std::uint8_t {
  /// offset:16 kind:8 (bit 0: 8 bytes instead of 4, bit 1: page 1) value:64
  write_register,
  /// word:24 value:64; words are counted from the start of the image memory
  write_word,
  /// word:24 page:16 low:64; the word becomes the address of the page with these other bits
  write_entry,
  /// stream:16 flags:8 address:64, then pasid:24 if there is one; see SmmuRequestFlag
  request,
  /// page:16 config:32; STRTAB_BASE and STRTAB_BASE_CFG while SMMUEN is 0, then CR0 with everything
  start,
  /// page:16 size:8; the three queues lie one page after the other, each with 2^(size modulo 8) entries
  start_queues,
  /// words:2x64; at the tail of the command queue, which moves on
  submit,
  /// page:16 state:8; even: it vanishes, odd: it refuses writes
  lose_page,
  /// Errors and overflows are acknowledged and the queues emptied, as a driver does.
  acknowledge,
  /// stream:16 flags:8 address:64; a page request: bit 0 last, 1 read, 2 write, 3 with PASID 1
  request_page,
  /// tags:32 device:16; a device completes, or with device 0xFFFF all time out
  complete,
  /// tag:8; what became of a stalled request
  take_verdict,
  count,
};

struct SmmuRequestFlag {
  enum : std::uint8_t {
    /// 0 read, 1 write, 2 AtomicOp, 3 zero-length read
    operation = 0x03,
    /// address type: 0 and 3 untranslated
    type_shift = 2,
    pasid = 0x10,
    privileged = 0x20,
    execute = 0x40,
    no_write = 0x80,
  };
};

/// Runs a program. Empty: nothing is wrong. Otherwise what promise the unit broke: decide() and translate() say the
/// same, decide() has no effect, a walk and a register write are bounded, and no more requests stall than the unit
/// says.
std::string run_smmuv3_program(const std::uint8_t* bytes, std::size_t size);

}  // namespace iommusim::fuzz
