// SPDX-License-Identifier: Apache-2.0
// The rules by which a unit lets a request go on, or refuses it without a fault reason.
#pragma once

#include "base/rule.h"

namespace iommusim::vtd::rules {

extern const Rule translation_disabled;
extern const Rule pass_through;
extern const Rule scalable_pass_through;
extern const Rule second_stage;
extern const Rule first_stage;
extern const Rule nested;
extern const Rule translated_request;
extern const Rule untranslated_interrupt_range;
extern const Rule abort_dma;
extern const Rule pasid_unsupported;
extern const Rule iotlb_hit;
extern const Rule interrupt_request;
extern const Rule interrupt_compatibility_format;
extern const Rule interrupt_remapped;
extern const Rule interrupt_entry_hit;
extern const Rule interrupt_posted;
extern const Rule interrupt_remapping;
extern const Rule protected_memory;
extern const Rule ats_without_remapping;
extern const Rule interrupt_range_flush;
extern const Rule translated_with_pasid;

}  // namespace iommusim::vtd::rules
