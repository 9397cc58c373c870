// SPDX-License-Identifier: Apache-2.0
// Letting a function keep translations and ask for pages (PCIe base specification, 10.5).
#pragma once

#include "software/pci_function.h"

namespace iommusim::software {

bool has_ats(const PciFunction& function);
bool has_page_requests(const PciFunction& function);
/// ATS Enable, with the smallest unit of 4 KiB. Throws DriverError without the capability.
void enable_ats(const PciFunction& function);
/// Page Request Enable, for as many groups at once as the function can have. Throws DriverError without the capability.
void enable_page_requests(const PciFunction& function);

}  // namespace iommusim::software
