// SPDX-License-Identifier: Apache-2.0
// What a VT-d unit is built as. Capability registers are derived from this, so what is advertised is what works.
#pragma once

#include "base/address.h"
#include "base/config_finding.h"

#include <cstdint>
#include <string>
#include <vector>

namespace iommusim::vtd {

/// Defaults give the unit of QEMU 7.2's q35 with aw-bits=48: legacy mode, queued invalidation, pass-through.
struct UnitConfig {
  /// Physical address of the register page (page-aligned).
  PhysAddr register_base{0xFED9'0000};

  /// Host address width in bits, 32 to 52: table pointers and outputs beyond it are reserved bits.
  unsigned host_address_width = 48;
  /// CAP.MGAW + 1: width of the addresses that devices may use, in bits: 39, 48 or 57.
  unsigned guest_address_width = 48;
  /// CAP.SAGAW: page-table depths that second-stage tables may have: any of 3, 4, 5.
  std::vector<unsigned> table_levels{3, 4};
  /// CAP.SLLPS.
  bool pages_2m = true;
  bool pages_1g = true;
  /// CAP.ND: domain-id bits, 4 to 16, even.
  unsigned domain_id_bits = 16;
  /// CAP.NFR + 1: fault recording registers, 1 to 256.
  unsigned fault_records = 1;
  /// CAP.FRO * 16 and ECAP.IRO * 16: register offsets in bytes, multiples of 16 above every other register.
  unsigned fault_record_offset = 0x220;
  unsigned iotlb_offset = 0x0F0;
  /// CAP.CM: faulting entries may be cached; software must flush on every change.
  bool caching_mode = false;
  /// CAP.RWBF.
  bool write_buffer_flush = false;
  /// CAP.ZLR: a zero-length read of a write-only page is allowed.
  bool zero_length_read = false;
  /// CAP.PSI and CAP.MAMV (0 to 63; at least 9 with PSI).
  bool page_selective_invalidation = true;
  unsigned max_address_mask = 18;
  /// CAP.DRD and CAP.DWD.
  bool drain = true;
  /// CAP.PLMR and CAP.PHMR: protected memory regions.
  bool protected_low_memory = false;
  bool protected_high_memory = false;
  /// CAP.ESRTPS: setting the root pointer invalidates by itself.
  bool enhanced_set_root = false;
  /// ECAP.QI.
  bool queued_invalidation = true;
  /// ECAP.PT.
  bool pass_through = true;
  /// ECAP.SC: SNP is legal in leaf entries.
  bool snoop_control = false;
  /// ECAP.C.
  bool coherent_walks = false;
  /// ECAP.DT: devices may ask for translations (ATS) and use them.
  bool device_tlb = false;
  /// ECAP.DIT: device-TLB invalidations may name a physical function that is to be throttled.
  bool device_tlb_throttling = false;
  /// ECAP.PRS: devices may ask for pages, with or without PASID.
  bool page_requests = false;
  /// ECAP.PDS: a wait of the invalidation queue may ask for page requests to be drained.
  bool page_request_drain = false;
  /// ECAP.NWFS: the no-write flag of translation requests is honoured.
  bool no_write_flag = false;
  /// ECAP.ADMS: abort-DMA mode.
  bool abort_dma_mode = false;

  /// ECAP.SMTS: scalable mode, which everything down to EAFS needs.
  bool scalable_mode = false;
  /// ECAP.FSTS and ECAP.SSTS: PASIDs with first-stage tables only, and with second-stage tables only.
  bool first_stage = false;
  bool second_stage = false;
  /// ECAP.NEST: PASIDs with both stages.
  bool nested = false;
  /// ECAP.PASID and ECAP.PSS + 1: bits of the PASIDs in requests, 1 to 20; 0: requests have none.
  unsigned pasid_bits = 0;
  /// ECAP.RPS: the context entry says which PASID requests without one use; else it is 0.
  bool rid_pasid = false;
  /// ECAP.RPRIVS: and whether they are privileged.
  bool rid_priv = false;
  /// CAP.FS1GP and CAP.FS5LP.
  bool first_stage_1g = false;
  bool first_stage_5_levels = false;
  /// ECAP.SSADS: accessed and dirty bits in second-stage entries.
  bool second_stage_access_dirty = false;
  /// ECAP.ERS and ECAP.SRS: requests with PASID may ask for execute permission, and for supervisor privilege.
  bool execute_requests = false;
  bool supervisor_requests = false;
  /// ECAP.SMPWCS: PASID-table entries can make walks snooped, without which no accessed or dirty bit can be set.
  bool snooped_walks = false;
  /// ECAP.EAFS: extended-accessed bits in first-stage entries.
  bool extended_accessed = false;

  /// ECAP.IR; needs queued_invalidation.
  bool interrupt_remapping = false;
  /// ECAP.EIM: 32-bit APIC IDs; needs interrupt_remapping.
  bool extended_interrupt_mode = false;
  /// CAP.PI; needs interrupt_remapping.
  bool posted_interrupts = false;
  /// CAP.ESIRTPS: setting the interrupt remapping table invalidates by itself.
  bool enhanced_set_interrupt_table = false;
  /// ECAP.MHMV: an invalidation names at most 2^max_handle_mask entries; 0 to 15. Counts with interrupt_remapping only.
  unsigned max_handle_mask = 15;

  /// GCMD.TE before any SRTP is undefined by architecture, and so is IRE before any SIRTP. True: refused, GSTS.TES or
  /// IRES stays 0. False: the table is taken to lie at address 0.
  bool require_root_table = true;

  /// A fault of a requester that already has a pending record is merged into it (VT-d specification, 7.3.1: allowed).
  bool fault_compression = true;

  /// Cache geometry: entries in all and per set. 0 entries: no cache.
  unsigned context_cache_entries = 256;
  unsigned context_cache_ways = 4;
  unsigned iotlb_entries = 1024;
  unsigned iotlb_ways = 8;
  unsigned pasid_cache_entries = 256;
  unsigned pasid_cache_ways = 4;
  /// Paging-structure caches: what entries above the leaves point to.
  unsigned first_stage_cache_entries = 0;
  unsigned first_stage_cache_ways = 4;
  unsigned second_stage_cache_entries = 0;
  unsigned second_stage_cache_ways = 4;
  unsigned interrupt_cache_entries = 64;
  unsigned interrupt_cache_ways = 4;
};

/// The default unit with everything that scalable mode offers but five-level first-stage tables, and with snoop
/// control. Device TLBs and abort-DMA mode are not part of it.
UnitConfig scalable_mode_config();

/// IQA.DW: descriptors of 256 bits come with scalable mode and with abort-DMA mode.
inline bool has_wide_descriptors(const UnitConfig& config) {
  return config.scalable_mode || config.abort_dma_mode;
}

/// Members that no unit can have.
std::vector<ConfigFinding> find_impossible(const UnitConfig& config);

}  // namespace iommusim::vtd
