// SPDX-License-Identifier: Apache-2.0
// What Linux knows of a device before any IOMMU driver speaks: its DMA mask and the windows of its host bridge.
#pragma once

#include "platforms/machine.h"
#include "software/software_views.h"

namespace iommusim::platforms {

/// Without reserved regions, and with the default width of a domain: whoever asks has those from the driver.
software::AddressingFacts addressing_facts(const Machine& machine, pcie::NodeIndex device);

/// Software takes bus addresses for what the IOMMU is asked to translate, whatever the host bridge adds.
Range<Iova> as_iova(const Range<BusAddr>& range);

}  // namespace iommusim::platforms
