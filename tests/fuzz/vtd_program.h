// SPDX-License-Identifier: Apache-2.0
// A string of bytes as a program against a VT-d unit: what its registers, its tables and its devices do, in any order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace iommusim::fuzz {

/// Commands of a program. Each is one byte (modulo `count`) and its operands, least significant byte first; operands
/// beyond the end are zero. The first byte of a program chooses the unit.
enum class Command : std::uint8_t {
  /// offset:16 width:8 (even: 4 bytes, odd: 8) value:64
  write_register,
  /// word:24 value:64; words are counted from the start of the image memory
  write_word,
  /// word:24 page:16 low:16; the word becomes the address of the page with these low bits
  write_entry,
  /// source:16 flags:8 address:64, then pasid:24 if there is one; see RequestFlag
  request,
  /// page:16 mode:8; RTADDR, SRTP and TE
  start,
  /// page:16 size:8; IQA and QIE, DW from bit 7
  start_queue,
  /// words:2x64; at the tail, which moves on
  submit,
  /// page:16 state:8; even: it vanishes, odd: it refuses writes
  lose_page,
  /// Faults and queue errors are cleared as a driver does.
  clear_status,
  /// page:16 mode:8; RTADDR and SRTP, and no invalidation: caches keep what they have
  flip_mode,
  /// page:16 mode:8; IRTA, SIRTP and IRE; bits 3:0 are S, bit 6 is EIME, bit 7 CFI
  start_interrupts,
  /// source:16 window:24 data:32; a write of four bytes to the interrupt range
  interrupt,
  /// source:16 flags:8 address:64 pasid:24 group:16; see PageRequestFlag
  request_page,
  /// words:4x64; a descriptor of 256 bits at the tail, which moves on
  submit_wide,
  /// source:16 tags:32; the device's Invalidate Completions
  complete_invalidations,
  /// Devices did not complete in time.
  time_out_invalidations,
  count,
};

struct RequestFlag {
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

struct PageRequestFlag {
  enum : std::uint8_t { pasid = 0x01, last = 0x02, read = 0x04, write = 0x08, execute = 0x10, privileged = 0x20 };
};

/// Runs a program. Empty: nothing is wrong. Otherwise what promise the unit broke: decide() and translate() say the
/// same, decide() has no effect, a walk is bounded, and a unit without caches agrees with tests/oracle/vtd.
std::string run_vtd_program(const std::uint8_t* bytes, std::size_t size);

}  // namespace iommusim::fuzz
