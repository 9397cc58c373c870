// SPDX-License-Identifier: Apache-2.0
#include "oracle/smmuv3/record.h"

#include "oracle/smmuv3/facts.h"

namespace iommusim::oracle::smmuv3 {
namespace {

constexpr std::uint64_t reason_bits = 0xFFFF;

std::uint64_t flag(bool set, unsigned number) {
  return set ? std::uint64_t{1} << number : 0;
}

/// A translated request has no substream (3.9.1.3, without PASIDTT).
bool has_substream(const Request& request) {
  return request.substream && !request.is_translated();
}

std::uint64_t first_word(const Request& request, std::uint8_t code) {
  std::uint64_t word = code | std::uint64_t{request.stream} << 32;
  const bool without = code == event::f_stream_disabled || code == event::f_transl_forbidden;
  if (without || !has_substream(request)) return word;
  word |= std::uint64_t{*request.substream} << 12;
  if (code != event::c_bad_substreamid) word |= flag(true, 11);
  return word;
}

void add_walk(Record& record, const Request& request, const Fault& fault, const Requested& requested) {
  bool read = request.is_read();
  // An atomic that may write, but not read (13.1.1).
  if (request.operation == Operation::atomic && fault.code == event::f_permission && fault.for_reading &&
      fault.during == During::input)
    read = true;
  record.words[1] |= flag(requested.privileged, 33) | flag(requested.instruction, 34) | flag(read, 35) |
                     flag(fault.stage_2, 39) | std::uint64_t(fault.during) << 40;
  record.words[2] = request.address;
  // RnW of a translation request is UNKNOWN, and InD with it (3.9.1.2).
  if (request.wants_translation()) record.open[1] |= flag(true, 35) | flag(true, 34);
}

void add_translation_fault(Record& record, const Fault& fault, const Requested& requested) {
  record.words[1] |= flag(requested.stalls, 31);
  record.open[1] |= requested.stalls ? reason_bits : 0;
  if (fault.stage_2) record.words[3] = in_place(fault.ipa, 55, 12);
  if (fault.code != event::f_permission) return;
  if (fault.during == During::table_walk)
    record.words[1] |= flag(fault.table_read, 44);
  else
    record.open[1] |= flag(true, 44);
}

}  // namespace

Record record_of(const Request& request, const Fault& fault, const Requested& requested) {
  Record record;
  record.words[0] = first_word(request, fault.code);
  switch (fault.code) {
    case event::f_ste_fetch:
    case event::f_cd_fetch:
      record.words[3] = in_place(fault.fetch, 55, 3);
      record.open[1] = reason_bits;
      break;
    case event::f_bad_ats_treq:
      // Span: one STU.
      record.words[1] = 1 | flag(request.privileged, 28) | flag(request.instruction, 29) | flag(!request.no_write, 30) |
                        flag(true, 31);
      record.words[2] = in_place(request.address, 63, 12);
      break;
    case event::f_transl_forbidden:
      record.words[1] = flag(request.is_read(), 35);
      record.words[2] = request.address;
      break;
    case event::f_walk_eabt:
      add_walk(record, request, fault, requested);
      record.words[3] = in_place(fault.fetch, 55, 3);
      record.open[1] |= reason_bits;
      break;
    case event::f_translation:
    case event::f_addr_size:
    case event::f_access:
    case event::f_permission:
      add_walk(record, request, fault, requested);
      add_translation_fault(record, fault, requested);
      break;
    default: break;
  }
  return record;
}

}  // namespace iommusim::oracle::smmuv3
