// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/event_record.h"

#include "iommu/smmuv3/event_layout.h"

namespace iommusim::smmuv3 {
namespace {

constexpr std::uint64_t page_bits = ~std::uint64_t{0xFFF};
constexpr std::uint64_t doubleword_bits = ~std::uint64_t{7};

void put_substream(const Event& event, EventRecord& record) {
  record.set<EventRecord::SSV>(event.has_substream);
  if (event.has_substream) record.set<EventRecord::SubstreamID>(event.substream);
}

void put_access(const Event& event, EventRecord& record) {
  record.set<EventRecord::PnU>(event.privileged);
  record.set<EventRecord::InD>(event.instruction);
  record.set<EventRecord::RnW>(event.read);
  record.set_word(2, event.input_address);
}

void put_walk(const Event& event, EventRecord& record) {
  put_substream(event, record);
  put_access(event, record);
  record.set<EventRecord::S2>(event.stage_2);
  record.set<EventRecord::CLASS>(event.fault_class);
}

void put_translation_fault(const Event& event, EventRecord& record) {
  put_walk(event, record);
  record.set<EventRecord::Stall>(event.stall);
  if (event.stall) record.set<EventRecord::STAG>(event.stall_tag);
  if (event.stage_2) record.set_word(3, event.fetch_address & page_bits);
  const bool is_of_table = event.code == EventCode::f_permission && event.fault_class == FaultClass::table_walk;
  record.set<EventRecord::TTRnW>(is_of_table && event.table_read);
}

void put_translation_request(const Event& event, EventRecord& record) {
  put_substream(event, record);
  record.set<EventRecord::R>(true);
  record.set<EventRecord::W>(event.write);
  record.set<EventRecord::X>(event.instruction);
  record.set<EventRecord::P>(event.privileged);
  record.set<EventRecord::Span>(1);
  record.set_word(2, event.input_address & page_bits);
}

void put_page_request(const Event& event, EventRecord& record) {
  put_substream(event, record);
  record.set<EventRecord::PageSpan>(1);
  if (event.privileged) {
    record.set<EventRecord::pR>(event.read);
    record.set<EventRecord::pW>(event.write);
    record.set<EventRecord::pX>(event.instruction);
  } else {
    record.set<EventRecord::uR>(event.read);
    record.set<EventRecord::uW>(event.write);
    record.set<EventRecord::uX>(event.instruction);
  }
  record.set_word(2, event.input_address & page_bits);
}

void put_fetch(const Event& event, EventRecord& record) {
  record.set_word(3, event.fetch_address & doubleword_bits);
}

/// What each code has beside type and StreamID; the rest is 0.
void put_fields(const Event& event, EventRecord& record) {
  switch (event.code) {
    case EventCode::f_uut: put_substream(event, record); return put_access(event, record);
    case EventCode::f_ste_fetch:
    case EventCode::f_cd_fetch:
    case EventCode::f_vms_fetch: put_substream(event, record); return put_fetch(event, record);
    case EventCode::c_bad_streamid:
    case EventCode::c_bad_ste:
    case EventCode::c_bad_cd:
    case EventCode::f_cfg_conflict: return put_substream(event, record);
    case EventCode::f_bad_ats_treq: return put_translation_request(event, record);
    case EventCode::f_transl_forbidden:
      record.set<EventRecord::RnW>(event.read);
      return record.set_word(2, event.input_address);
    case EventCode::c_bad_substreamid: return record.set<EventRecord::SubstreamID>(event.substream);
    case EventCode::f_walk_eabt: put_walk(event, record); return put_fetch(event, record);
    case EventCode::f_translation:
    case EventCode::f_addr_size:
    case EventCode::f_access:
    case EventCode::f_permission: return put_translation_fault(event, record);
    case EventCode::f_tlb_conflict:
      put_walk(event, record);
      record.set<EventRecord::CLASS>({});
      return record.set_word(3, event.stage_2 ? event.fetch_address & page_bits : 0);
    case EventCode::e_page_request: return put_page_request(event, record);
    case EventCode::f_stream_disabled:
    case EventCode::none: return;
  }
}

void take_access(const EventRecord& record, Event& event) {
  event.privileged = record.get<EventRecord::PnU>();
  event.instruction = record.get<EventRecord::InD>();
  event.read = record.get<EventRecord::RnW>();
}

void take_walk(const EventRecord& record, Event& event) {
  take_access(record, event);
  event.stage_2 = record.get<EventRecord::S2>();
  event.fault_class = record.get<EventRecord::CLASS>();
  event.table_read = record.get<EventRecord::TTRnW>();
}

void take_page_request(const EventRecord& record, Event& event) {
  using R = EventRecord;
  event.privileged = record.get<R::pR>() || record.get<R::pW>() || record.get<R::pX>();
  event.read = record.get<R::uR>() || record.get<R::pR>();
  event.write = record.get<R::uW>() || record.get<R::pW>();
  event.instruction = record.get<R::uX>() || record.get<R::pX>();
}

void take_fields(const EventRecord& record, Event& event) {
  switch (event.code) {
    case EventCode::f_uut:
    case EventCode::f_transl_forbidden: return take_access(record, event);
    case EventCode::f_bad_ats_treq:
      event.read = record.get<EventRecord::R>();
      event.write = record.get<EventRecord::W>();
      event.instruction = record.get<EventRecord::X>();
      event.privileged = record.get<EventRecord::P>();
      return;
    case EventCode::f_translation:
    case EventCode::f_addr_size:
    case EventCode::f_access:
    case EventCode::f_permission:
      event.stall = record.get<EventRecord::Stall>();
      event.stall_tag = static_cast<std::uint16_t>(record.get<EventRecord::STAG>());
      return take_walk(record, event);
    case EventCode::f_walk_eabt:
    case EventCode::f_tlb_conflict: return take_walk(record, event);
    case EventCode::e_page_request: return take_page_request(record, event);
    default: return;
  }
}

}  // namespace

Event event_of(const Event::Words& words) {
  const EventRecord record{words};
  Event event;
  event.code = record.get<EventRecord::Type>();
  event.stream = static_cast<std::uint32_t>(record.get<EventRecord::StreamID>());
  event.substream = static_cast<std::uint32_t>(record.get<EventRecord::SubstreamID>());
  event.has_substream = record.get<EventRecord::SSV>() || event.code == EventCode::c_bad_substreamid;
  event.input_address = record.word(2);
  event.fetch_address = record.word(3);
  take_fields(record, event);
  return event;
}

Event::Words to_words(const Event& event) {
  EventRecord record;
  record.set<EventRecord::Type>(event.code);
  record.set<EventRecord::StreamID>(event.stream);
  put_fields(event, record);
  return {record.word(0), record.word(1), record.word(2), record.word(3)};
}

}  // namespace iommusim::smmuv3
