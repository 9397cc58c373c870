// SPDX-License-Identifier: Apache-2.0
// What an SMMUv3 is built as. ID registers are derived from this, so what is advertised is what works.
#pragma once

#include "base/address.h"
#include "base/config_finding.h"
#include "base/requester_id.h"

#include <cstdint>
#include <string>
#include <vector>

namespace iommusim::smmuv3 {

/// IDR0.STALL_MODEL.
enum class StallModel : std::uint8_t { stall_and_terminate = 0, terminate_only = 1, stall_only = 2 };

/// IDR0.HTTU: which flags hardware updates in descriptors.
enum class TableUpdate : std::uint8_t { none = 0, access_flag = 1, access_flag_and_dirty = 2 };

/// Requester IDs `first` to `first + count - 1` have StreamIDs from `stream` on (IORT ID mapping, DT iommu-map).
struct StreamMapping {
  RequesterId first;
  std::uint32_t count = 0;
  std::uint32_t stream = 0;
};

/// Defaults give the unit of QEMU 7.2's virt with iommu=smmuv3: stage 1 only, PCI requester IDs as StreamIDs, wired
/// interrupts. Widths are in bits.
struct UnitConfig {
  /// Physical address of register page 0 (64 KiB-aligned); page 1 follows it, and
  /// then the control pages of enhanced command queues.
  PhysAddr register_base{0x0905'0000};
  /// AIDR: the minor version of the architecture, 0 to 4.
  unsigned minor_version = 1;

  /// IDR0.
  bool stage_1 = true;
  bool stage_2 = false;
  bool coherent = true;
  TableUpdate table_update = TableUpdate::none;
  /// HYP: streams of the EL2 worlds.
  bool hypervisor = false;
  bool ats = false;
  /// NS1ATS: split-stage ATS is not supported.
  bool no_split_stage_ats = false;
  bool pri = false;
  bool asid_16 = true;
  bool vmid_16 = false;
  /// The unit sends its own interrupts as messages.
  bool msi = false;
  /// SEV: CMD_SYNC may signal an event.
  bool send_event = false;
  bool vmid_wildcard = false;
  /// CD2L.
  bool two_level_contexts = false;
  /// ATSRECERR.
  bool ats_record_errors = false;
  StallModel stall_model = StallModel::terminate_only;
  /// TERM_MODEL: CD.A must be 1.
  bool abort_only = true;
  /// ST_LEVEL.
  bool two_level_streams = true;

  /// IDR1. 0 SubstreamID bits: no substreams. Queue sizes are log2 of entries, at most 19.
  unsigned stream_id_bits = 16;
  unsigned substream_id_bits = 0;
  unsigned command_queue_bits = 19;
  unsigned event_queue_bits = 19;
  unsigned page_request_queue_bits = 0;
  /// ECMDQ: enhanced command queues beside the one that every unit has, a power of two up to 65536; 0: none. They lie
  /// evenly in so many control pages of 64 KiB, a power of two too, which have 256 queues at most.
  unsigned ecmdq = 0;
  unsigned ecmdq_pages = 1;

  /// ATTR_TYPES_OVR and ATTR_PERMS_OVR: the stream table entry may replace incoming attributes.
  bool attribute_type_overrides = false;
  bool attribute_permission_overrides = false;

  /// IDR3.
  bool hierarchical_attribute_disable = true;
  bool page_based_attributes = false;
  /// XNX.
  bool execute_never_per_level = false;
  bool force_write_back = false;
  /// STT: small translation tables.
  bool small_tables = false;
  /// RIL: invalidation by range, with level hint.
  bool range_invalidation = true;
  unsigned block_change_level = 0;
  bool e0pd = false;
  /// EPAN.
  bool enhanced_pan = false;
  /// PPS: automatic responses carry the PASID.
  bool page_response_pasid = false;

  /// IDR5. Output size: 32, 36, 40, 42, 44, 48 or 52.
  unsigned output_address_bits = 44;
  bool granule_4k = true;
  bool granule_16k = true;
  bool granule_64k = true;
  /// VAX: 52-bit input addresses with the 64 KiB granule.
  bool input_address_52 = false;
  /// STALL_MAX: transactions that may be stalled at once; counts unless stall_model is terminate_only.
  unsigned max_stalls = 0;

  /// IIDR: the implementer's JEP106 code, product, variant, revision.
  std::uint32_t implementation = 0;

  /// StreamIDs of requesters; empty: the requester ID itself.
  std::vector<StreamMapping> streams;

  /// Cache geometry: entries in all and per set. 0 entries: no cache. Defaults as in gem5's SMMUv3.
  unsigned config_cache_entries = 64;
  unsigned config_cache_ways = 4;
  /// The micro TLB is fully associative, and holds no more than what the TLB holds too.
  unsigned micro_tlb_entries = 32;
  unsigned tlb_entries = 2048;
  unsigned tlb_ways = 4;
  /// What table descriptors point to, and IPA to PA. Sets of 6: their number is a power of two.
  unsigned walk_cache_entries = 384;
  unsigned walk_cache_ways = 6;
  unsigned ipa_cache_entries = 0;
  unsigned ipa_cache_ways = 4;
};

/// Bytes of the register pages: 0 and 1, and those of enhanced command queues.
std::uint64_t register_bytes(const UnitConfig& config);

/// Members that no unit can have.
std::vector<ConfigFinding> find_impossible(const UnitConfig& config);

}  // namespace iommusim::smmuv3
