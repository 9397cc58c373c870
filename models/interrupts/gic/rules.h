// SPDX-License-Identifier: Apache-2.0
// The rules by which a GIC takes an interrupt message, or drops it. No drop is reported to anybody.
#pragma once

#include "base/rule.h"

namespace iommusim::gic::rules {

// Any doorbell.
extern const Rule doorbell_read;
extern const Rule doorbell_atomic;
extern const Rule not_a_doorbell;
extern const Rule message_size;

// GITS_TRANSLATER, in the order of the lookup.
extern const Rule its_disabled;
extern const Rule no_device_id;
extern const Rule device_out_of_range;
extern const Rule device_not_in_table;
extern const Rule device_unmapped;
extern const Rule event_out_of_range;
extern const Rule event_unmapped;
extern const Rule collection_unmapped;
extern const Rule table_unreadable;

// LPIs at a redistributor.
extern const Rule lpi_delivered;
extern const Rule lpi_pending;
extern const Rule lpi_merged;
extern const Rule lpi_cleared;
extern const Rule lpis_disabled;
extern const Rule lpi_out_of_range;
extern const Rule lpi_table_unreadable;

// SPIs.
extern const Rule spi_raised;
extern const Rule spi_merged;
extern const Rule spi_cleared;
extern const Rule spi_out_of_range;

}  // namespace iommusim::gic::rules
