// SPDX-License-Identifier: Apache-2.0
// What commands ask the caches to forget (SMMUv3 architecture, 4.3 and 4.4).
#pragma once

#include "base/address.h"

#include <cstdint>

namespace iommusim::smmuv3 {

/// CMD_CFGI_*.
struct ConfigInvalidation {
  enum class Scope : std::uint8_t {
    /// CFGI_STE: with all context descriptors of the stream.
    stream,
    /// CFGI_STE_RANGE: streams `stream` to `last_stream`. Range 31: everything.
    streams,
    everything,
    /// CFGI_CD and CFGI_CD_ALL.
    context,
    contexts,
  };
  Scope scope = Scope::everything;
  std::uint32_t stream = 0;
  std::uint32_t last_stream = 0;
  std::uint32_t substream = 0;
  /// Leaf: entries of the first level of tables may stay.
  bool leaf = false;
};

/// Which translations a TLB entry belongs to: StreamWorld (3.3.4) and, for IPAs, stage 2 alone.
enum class Regime : std::uint8_t { ns_el1, el2, el2_e2h };

/// CMD_TLBI_*.
struct TlbInvalidation {
  enum class Scope : std::uint8_t {
    /// NSNH_ALL: all but EL2.
    all_non_hypervisor,
    /// NH_ALL, EL2_ALL: every entry of the regime (and VMID) that stage 1 made.
    all,
    /// By ASID, by VA and ASID, by VA.
    asid,
    va_asid,
    va,
    /// S12_VMALL and S2_IPA.
    vmid_both_stages,
    ipa,
  };
  Scope scope = Scope::all_non_hypervisor;
  Regime regime = Regime::ns_el1;
  std::uint16_t vmid = 0;
  /// CR0.VMW: low bits of the VMID that do not count.
  std::uint16_t vmid_ignored = 0;
  std::uint16_t asid = 0;
  /// First byte and number of bytes of the input range. A single address: what contains it, of whatever page size.
  std::uint64_t address = 0;
  std::uint64_t size = 1;
  bool leaf = false;
};

}  // namespace iommusim::smmuv3
