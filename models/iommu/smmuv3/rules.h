// SPDX-License-Identifier: Apache-2.0
// The rules by which an SMMUv3 lets a transaction go on or refuses it.
#pragma once

#include "base/rule.h"
#include "iommu/smmuv3/event_record.h"

namespace iommusim::smmuv3::rules {

extern const Rule disabled;
extern const Rule global_abort;
extern const Rule beyond_output_size;
extern const Rule no_stream_id;
extern const Rule stream_bypass;
extern const Rule stage_1_bypass;
extern const Rule stream_aborts;
extern const Rule stage_1;
extern const Rule stage_2;
extern const Rule nested;
extern const Rule split_stage;
extern const Rule tlb_hit;
extern const Rule translated_transaction;
extern const Rule no_permission;

}  // namespace iommusim::smmuv3::rules

namespace iommusim::smmuv3 {

/// The rule that an event stands for.
const Rule& rule_of(EventCode code);

/// Page tables gave the address, now or when the TLB was filled.
inline bool is_by_tables(const Rule& rule) {
  return &rule == &rules::stage_1 || &rule == &rules::stage_2 || &rule == &rules::nested ||
         &rule == &rules::split_stage || &rule == &rules::tlb_hit;
}

}  // namespace iommusim::smmuv3
