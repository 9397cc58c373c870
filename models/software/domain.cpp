// SPDX-License-Identifier: Apache-2.0
#include "software/domain.h"

#include "software/driver_error.h"
#include "software/iommu_driver.h"

namespace iommusim::software {

std::string to_string(DomainId domain) {
  return "domain " + std::to_string(static_cast<unsigned>(domain));
}

DomainId IommuDriver::create_nested_domain(unsigned /*levels*/, const Range<PhysAddr>& /*guest_memory*/) {
  throw DriverError("the driver of this IOMMU keeps no nested domains");
}

}  // namespace iommusim::software
