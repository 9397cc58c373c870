// SPDX-License-Identifier: Apache-2.0
// What stops a request, and what an access asks of a page.
#pragma once

#include "oracle/smmuv3/answer.h"

#include <cstdint>

namespace iommusim::oracle::smmuv3 {

/// CLASS of an event.
enum class During : std::uint8_t { context_descriptor = 0, table_walk = 1, input = 2 };

struct Fault {
  std::uint8_t code = 0;
  bool stage_2 = false;
  During during = During::input;
  /// Of a stage 2 fault.
  std::uint64_t ipa = 0;
  /// Physical address of what could not be fetched or updated.
  std::uint64_t fetch = 0;
  /// F_PERMISSION during a table walk: the descriptor was to be read.
  bool table_read = false;
  /// F_PERMISSION: reading is what was not permitted.
  bool for_reading = false;

  /// Those that A, R and S govern (5.5).
  bool is_translation_related() const { return code >= event::f_translation && code <= event::f_permission; }
};

/// What an access needs.
struct Access {
  bool read = true;
  bool write = false;
  bool instruction = false;
  bool privileged = false;
};

/// What a leaf permits one privilege level.
struct Rights {
  bool read = false;
  bool write = false;
  bool execute = false;
  /// It may be written once marked dirty, which hardware does.
  bool clean = false;

  bool writable() const { return write || clean; }
};

/// Empty: permitted. Writing is checked before reading (13.1.1).
enum class Refusal : std::uint8_t { none, write, read };
constexpr Refusal refusal_of(const Rights& rights, const Access& access) {
  if (access.write && !rights.writable()) return Refusal::write;
  if (access.instruction) return rights.execute ? Refusal::none : Refusal::read;
  return access.read && !rights.read ? Refusal::read : Refusal::none;
}

}  // namespace iommusim::oracle::smmuv3
