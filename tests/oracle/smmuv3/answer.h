// SPDX-License-Identifier: Apache-2.0
// A request and what an SMMUv3 owes it, as the oracle says it.
#pragma once

#include "base/access.h"
#include "oracle/tables.h"

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace iommusim::oracle::smmuv3 {

struct Request {
  std::uint32_t stream = 0;
  std::optional<std::uint32_t> substream;
  AddressType address_type = AddressType::untranslated;
  Operation operation = Operation::read;
  std::uint64_t address = 0;
  std::uint32_t size = 0;
  /// Priv and Exe of the PASID prefix; false without one.
  bool privileged = false;
  bool instruction = false;
  /// NW of a translation request.
  bool no_write = false;

  bool wants_translation() const { return address_type == AddressType::translation_request; }
  bool is_translated() const { return address_type == AddressType::translated; }
  /// RnW.
  bool is_read() const { return wants_translation() || operation == Operation::read; }
};

/// Event numbers (SMMUv3 architecture, 7.3).
namespace event {
constexpr std::uint8_t c_bad_streamid = 0x02, f_ste_fetch = 0x03, c_bad_ste = 0x04, f_bad_ats_treq = 0x05,
                       f_stream_disabled = 0x06, f_transl_forbidden = 0x07, c_bad_substreamid = 0x08, f_cd_fetch = 0x09,
                       c_bad_cd = 0x0A, f_walk_eabt = 0x0B, f_translation = 0x10, f_addr_size = 0x11, f_access = 0x12,
                       f_permission = 0x13;
}  // namespace event

enum class Outcome : std::uint8_t {
  /// Goes on to `address`.
  passes,
  aborted,
  /// RAZ/WI.
  ignored,
  stalled,
  /// A translation request succeeds, with or without rights.
  completed,
};

/// Where the specification leaves a choice that no table can be written without. The oracle answers nevertheless;
/// the table in disputes.h says how.
enum class Dispute : std::uint8_t {
  none,
  stream_table_pointer_beyond_output_size,
  context_pointer_beyond_range,
  context_pointer_bits_above_51,
  context_table_misaligned,
  substream_beyond_width,
  size_fields_of_version_0,
  atomic_without_read_in_version_0,
  block_beyond_output_size,
  reserved_stage_2_attributes,
  translated_beyond_output_size,
  ats_dirty_update_refused,
  update_of_refused_leaf_aborted,
  aborted_update_before_stage_2,
  count,
};

/// The 32 bytes of an event record.
struct Record {
  std::array<std::uint64_t, 4> words{};
  /// Bits that the specification leaves UNKNOWN or to the implementation.
  std::array<std::uint64_t, 4> open{};
};

struct Answer {
  Outcome outcome = Outcome::aborted;
  /// Of a translation request.
  CompletionStatus status = CompletionStatus::successful;
  /// passes; completed with any right.
  std::uint64_t address = 0;
  /// With `address`: bytes of the largest aligned block around it that the tables map alike.
  std::uint64_t page_bytes = 0;
  bool readable = false;
  bool writable = false;
  bool executable = false;
  /// completed: write permission may be withheld.
  bool write_open = false;
  /// Why it does not pass, whether that is recorded or not; 0: no event stands for it.
  std::uint8_t code = 0;
  /// Empty: nothing is recorded.
  std::optional<Record> record;
  /// Ascending addresses, one for each word that differs from before.
  std::vector<Update> updates;
  /// Words whose flags may or may not have been updated.
  std::set<std::uint64_t> open_words;
  Dispute dispute = Dispute::none;
};

}  // namespace iommusim::oracle::smmuv3
