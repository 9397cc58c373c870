// SPDX-License-Identifier: Apache-2.0
// A request and what a VT-d unit owes it, as the oracle says it.
#pragma once

#include "base/access.h"
#include "oracle/tables.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::oracle::vtd {

using oracle::Memory;
using oracle::Tables;
using oracle::Update;

struct Request {
  std::uint16_t source = 0;
  AddressType address_type = AddressType::untranslated;
  Operation operation = Operation::read;
  std::uint64_t address = 0;
  std::uint32_t size = 0;
  std::optional<std::uint32_t> pasid;
  /// PR and ER of the PASID prefix; without meaning otherwise.
  bool privileged = false;
  bool execute = false;
  /// NW of a translation request.
  bool no_write = false;
  /// What a write of four bytes carries.
  std::uint32_t message_data = 0;
  /// A page request message; operation, size and address type have no meaning then.
  bool page_request = false;

  bool wants_translation() const { return address_type == AddressType::translation_request; }
  bool writes() const { return !wants_translation() && operation != Operation::read; }
  bool reads() const { return !wants_translation() && operation != Operation::write; }
  bool executes() const { return pasid && execute && !wants_translation() && operation == Operation::read; }
};

enum class Outcome : std::uint8_t {
  /// Goes on to `address`; a translation request succeeds with these rights; a page request goes to the queue.
  passes,
  /// An interrupt: `message` goes on.
  interrupt,
  /// An interrupt for a virtual processor: its descriptor is among `updates`, and `message` notifies when there is one.
  posted,
  blocked,
  /// Translation request only: success with R=W=0.
  no_rights,
  /// Is done, and memory is not asked.
  done,
};

/// A message signalled interrupt.
struct Message {
  std::uint64_t address = 0;
  std::uint32_t data = 0;
};

/// What FRCD holds afterwards. Of an interrupt request only reason, source and `fault_page` count.
struct Record {
  std::uint8_t reason = 0;
  std::uint16_t source = 0;
  /// FI, from bit 12 on: the page, or the interrupt index in the top bits.
  std::uint64_t fault_page = 0;
  bool fault_page_open = false;
  bool interrupt = false;
  bool t1 = false;
  bool t2 = false;
  std::uint8_t address_type = 0;
  bool pasid_present = false;
  /// With pasid_present.
  std::uint32_t pasid = 0;
  bool execute = false;
  bool privileged = false;
};

/// Places where the sources of the specification conflict or are silent. The oracle answers nevertheless; the table
/// in disputes.h says how and why.
enum class Dispute : std::uint8_t {
  none,
  pasid_without_capability,
  other_root_half,
  pasid_width_without_second_stage,
  transient_mapping,
  execute_priority,
  execute_only_page,
  nested_table_in_interrupt_range,
  nested_update_priority,
  interrupt_source_validation_reserved,
  posted_descriptor_upper_words,
  count,
};

struct Answer {
  Outcome outcome = Outcome::blocked;
  /// passes only; of no meaning where a translation request may only write untranslated.
  std::uint64_t address = 0;
  /// passes only: bytes of the largest aligned block around the address that the tables map with these rights;
  /// 0 where no table was asked.
  std::uint64_t page_bytes = 0;
  bool readable = false;
  bool writable = false;
  bool executable = false;
  /// interrupt and posted only.
  std::optional<Message> message;
  /// blocked only; empty where the specification names no reason.
  std::optional<std::uint8_t> reason;
  /// blocked translation request only: Completer Abort instead of Unsupported Request.
  bool completer_abort = false;
  /// blocked and no_rights only; empty: FSTS and FRCD stay as they are.
  std::optional<Record> record;
  /// Ascending addresses, one for each word that differs from before.
  std::vector<Update> updates;
  /// The fault came after accessed and dirty bits could have been set: whether they were is left open.
  bool updates_open = false;
  Dispute dispute = Dispute::none;
};

}  // namespace iommusim::oracle::vtd
