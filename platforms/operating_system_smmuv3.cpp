// SPDX-License-Identifier: Apache-2.0
// The operating system on SMMUv3s: their driver, with what firmware says of the devices behind them.
#include "platforms/operating_system.h"
#include "software/smmuv3_driver.h"

namespace iommusim::platforms {

std::unique_ptr<software::IommuDriver> OperatingSystem::make_smmuv3_driver(const IommuDescription& iommu) {
  software::Smmuv3DriverConfig config;
  config.register_base = iommu.smmuv3.register_base;
  config.streams = iommu.smmuv3.streams;
  if (iommu.doorbell) {
    // In Linux's order. Without PRI the last is not used.
    const std::vector<interrupts::MsiMessage> messages = unit_messages_for(iommu, iommu.smmuv3.pri ? 3 : 2);
    config.event_message = messages[0];
    config.error_message = messages[1];
    if (iommu.smmuv3.pri) config.page_request_message = messages[2];
  }
  for (const std::string& name : iommu.stalling)
    for (const RequesterId id : ids_of(machine_.find_function(name)))
      config.stalling.push_back(id);
  return std::make_unique<software::Smmuv3Driver>(bus_, *pages_, config);
}

}  // namespace iommusim::platforms
