// SPDX-License-Identifier: Apache-2.0
// Event records (SMMUv3 architecture, 7.3): what the event queue holds.
#pragma once

#include <array>
#include <cstdint>

namespace iommusim::smmuv3 {

/// Event numbers.
enum class EventCode : std::uint8_t {
  none = 0,
  f_uut = 0x01,
  c_bad_streamid = 0x02,
  f_ste_fetch = 0x03,
  c_bad_ste = 0x04,
  f_bad_ats_treq = 0x05,
  f_stream_disabled = 0x06,
  f_transl_forbidden = 0x07,
  c_bad_substreamid = 0x08,
  f_cd_fetch = 0x09,
  c_bad_cd = 0x0A,
  f_walk_eabt = 0x0B,
  f_translation = 0x10,
  f_addr_size = 0x11,
  f_access = 0x12,
  f_permission = 0x13,
  f_tlb_conflict = 0x20,
  f_cfg_conflict = 0x21,
  e_page_request = 0x24,
  f_vms_fetch = 0x25,
};

/// CLASS: what was being done when a fault of the walk came up.
enum class FaultClass : std::uint8_t { context_descriptor = 0, table_walk = 1, input = 2 };

/// A record before it has its place in the queue. Fields that the code does not use are 0.
struct Event {
  static constexpr std::size_t bytes = 32;
  using Words = std::array<std::uint64_t, 4>;

  EventCode code = EventCode::none;
  std::uint32_t stream = 0;
  bool has_substream = false;
  std::uint32_t substream = 0;
  /// The transaction is stalled under `stall_tag`.
  bool stall = false;
  std::uint16_t stall_tag = 0;
  bool privileged = false;
  bool instruction = false;
  bool read = false;
  /// F_BAD_ATS_TREQ and E_PAGE_REQUEST only: write permission was asked for too.
  bool write = false;
  /// The fault is of stage 2.
  bool stage_2 = false;
  FaultClass fault_class = FaultClass::context_descriptor;
  /// F_PERMISSION in a table walk: the access to the table was a read.
  bool table_read = false;
  /// Unmodified: with its tag byte.
  std::uint64_t input_address = 0;
  /// IPA of a stage 2 fault, or the address that could not be fetched.
  std::uint64_t fetch_address = 0;
  /// STE.MEV: like records may be merged.
  bool may_merge = false;
};

/// The 32 bytes of the record, lowest word first.
Event::Words to_words(const Event& event);
/// What software reads in them. Of a fault in the tables it has the address that the record names.
Event event_of(const Event::Words& words);

}  // namespace iommusim::smmuv3
