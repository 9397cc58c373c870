// SPDX-License-Identifier: Apache-2.0
#include "software/translation_services.h"

#include "pcie/translation_capabilities.h"
#include "software/driver_error.h"

namespace iommusim::software {

using pcie::ExtendedCapabilityId;

bool has_ats(const PciFunction& function) {
  return function.find(ExtendedCapabilityId::address_translation_services).has_value();
}

bool has_page_requests(const PciFunction& function) {
  return function.find(ExtendedCapabilityId::page_request_interface).has_value();
}

void enable_ats(const PciFunction& function) {
  const auto capability = function.find(ExtendedCapabilityId::address_translation_services);
  if (!capability) throw DriverError(function.name() + " has no ATS capability");
  pcie::AtsControl control;
  control.set<pcie::AtsControl::Enable>(1);
  function.set(*capability + pcie::ats::control, control);
}

void enable_page_requests(const PciFunction& function) {
  const auto capability = function.find(ExtendedCapabilityId::page_request_interface);
  if (!capability) throw DriverError(function.name() + " has no Page Request capability");
  const auto capacity = function.get<Word<32>>(*capability + pcie::page_request::outstanding_capacity);
  function.set(*capability + pcie::page_request::outstanding_allocation, capacity);
  pcie::PageRequestControl control;
  control.set<pcie::PageRequestControl::Enable>(1);
  function.set(*capability + pcie::page_request::control, control);
}

}  // namespace iommusim::software
