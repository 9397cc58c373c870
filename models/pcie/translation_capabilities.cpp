// SPDX-License-Identifier: Apache-2.0
#include "pcie/translation_capabilities.h"

#include "pcie/capability_list.h"

#include <stdexcept>

namespace iommusim::pcie {

namespace {

template <class W>
std::uint32_t raw(W word) {
  return static_cast<std::uint32_t>(word.raw());
}

/// Page requests that a function can have in flight.
constexpr std::uint32_t page_request_capacity = 256;

}  // namespace

void build_ats(bool virtual_function, unsigned at, ConfigSpace& space) {
  AtsCapability capability;
  capability.set<AtsCapability::PageAlignedRequest>(1);
  capability.set<AtsCapability::GlobalInvalidateSupported>(1);
  AtsControl writable;
  writable.set<AtsControl::SmallestTranslationUnit>(virtual_function ? 0 : 0x1F);
  writable.set<AtsControl::Enable>(1);
  space.define({at + ats::capability, 2, raw(capability)});
  space.define({at + ats::control, 2, 0, raw(writable)});
}

void build_page_request(unsigned at, ConfigSpace& space) {
  PageRequestControl writable;
  writable.set<PageRequestControl::Enable>(1);
  PageRequestStatus reset;
  reset.set<PageRequestStatus::Stopped>(1);
  PageRequestStatus events;
  events.set<PageRequestStatus::ResponseFailure>(1);
  events.set<PageRequestStatus::UnexpectedGroupIndex>(1);
  space.define({at + page_request::control, 2, 0, raw(writable)});
  space.define({at + page_request::status, 2, raw(reset), 0, raw(events)});
  space.define({at + page_request::outstanding_capacity, 4, page_request_capacity});
  space.define({at + page_request::outstanding_allocation, 4, 0, 0xFFFF'FFFF});
}

void build_pasid(const PasidConfig& config, unsigned at, ConfigSpace& space) {
  if (config.width > 20) throw std::invalid_argument("a PASID has at most 20 bits");
  PasidCapability capability;
  capability.set<PasidCapability::MaxPasidWidth>(config.width);
  capability.set<PasidCapability::ExecutePermissionSupported>(config.execute ? 1 : 0);
  capability.set<PasidCapability::PrivilegedModeSupported>(config.privileged ? 1 : 0);
  PasidControl writable;
  writable.set<PasidControl::Enable>(1);
  writable.set<PasidControl::ExecutePermissionEnable>(config.execute ? 1 : 0);
  writable.set<PasidControl::PrivilegedModeEnable>(config.privileged ? 1 : 0);
  space.define({at + pasid::capability, 2, raw(capability)});
  space.define({at + pasid::control, 2, 0, raw(writable)});
}

std::uint32_t page_request_allocation(const ConfigSpace& config) {
  const auto offset = find_extended_capability(reader_of(config), ExtendedCapabilityId::page_request_interface);
  return offset ? config.read(*offset + page_request::outstanding_allocation, 4) : 0;
}

unsigned enabled_pasid_bits(const ConfigSpace& config) {
  const auto offset = find_extended_capability(reader_of(config), ExtendedCapabilityId::process_address_space_id);
  if (!offset || config.get<PasidControl>(*offset + pasid::control).get<PasidControl::Enable>() == 0) return 0;
  return static_cast<unsigned>(
      config.get<PasidCapability>(*offset + pasid::capability).get<PasidCapability::MaxPasidWidth>());
}

}  // namespace iommusim::pcie
