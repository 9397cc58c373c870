// SPDX-License-Identifier: Apache-2.0
// What the registers have put into force and a decision depends on.
#pragma once

#include "base/address.h"

#include <cstdint>

namespace iommusim::smmuv3 {

/// GBPA: what becomes of transactions while SMMUEN is 0 (SMMUv3 architecture, 6.3.14). Raw fields.
struct GlobalBypass {
  bool abort = false;
  std::uint8_t memory_attributes = 0;
  /// MTCFG: `memory_attributes` replaces the incoming type.
  bool overrides_type = false;
  std::uint8_t allocation = 0;
  /// SHCFG: 1 is "use incoming".
  std::uint8_t shareability = 1;
  std::uint8_t privilege = 0;
  std::uint8_t instruction = 0;
};

/// STRTAB_BASE and STRTAB_BASE_CFG, with the effective values: the address is aligned to the table, SPLIT is 6, 8 or
/// 10, log2_size at most SIDSIZE.
struct StreamTableBase {
  PhysAddr address;
  unsigned log2_size = 0;
  bool two_level = false;
  unsigned split = 6;
};

/// As the ACK registers have it.
struct ControlState {
  /// CR0.SMMUEN and CR0.ATSCHK.
  bool enabled = false;
  bool ats_check = false;
  /// CR2.
  bool e2h = false;
  bool record_bad_stream_ids = false;
  bool record_ats_errors = false;
  GlobalBypass bypass;
  StreamTableBase streams;
};

}  // namespace iommusim::smmuv3
