// SPDX-License-Identifier: Apache-2.0
#include "pcie/capability_list.h"

#include "pcie/header.h"

namespace iommusim::pcie {

namespace {
// No list without a loop is longer: capabilities are doubleword aligned, the shortest has one or two
// doublewords.
constexpr unsigned most_capabilities = (first_extended_capability - first_capability) / 4;
constexpr unsigned most_extended_capabilities = (ConfigSpace::size - first_extended_capability) / 8;
constexpr std::uint32_t absent = 0xFFFF'FFFF;
constexpr std::uint16_t absent_status = 0xFFFF;
}  // namespace

ConfigReader reader_of(const ConfigSpace& config) {
  return [&config](unsigned offset, unsigned width) { return config.read(offset, width); };
}

std::optional<unsigned> find_capability(const ConfigReader& read, CapabilityId id) {
  // Not by vendor and device ID: those of a virtual function read all-ones, too.
  const Status status{read(header::status, 2)};
  if (status.raw() == absent_status || status.get<Status::CapabilitiesList>() == 0) return std::nullopt;
  unsigned offset = read(header::capabilities_pointer, 1) & 0xFC;
  for (unsigned i = 0; i < most_capabilities && offset >= first_capability; ++i) {
    const CapabilityHeader capability{read(offset, 2)};
    if (capability.get<CapabilityHeader::Id>() == id) return offset;
    offset = static_cast<unsigned>(capability.get<CapabilityHeader::Next>()) & 0xFC;
  }
  return std::nullopt;
}

std::optional<unsigned> find_extended_capability(const ConfigReader& read, ExtendedCapabilityId id) {
  unsigned offset = first_extended_capability;
  for (unsigned i = 0; i < most_extended_capabilities && offset >= first_extended_capability; ++i) {
    const ExtendedCapabilityHeader capability{read(offset, 4)};
    if (capability.raw() == 0 || capability.raw() == absent) return std::nullopt;
    if (capability.get<ExtendedCapabilityHeader::Id>() == id) return offset;
    offset = static_cast<unsigned>(capability.get<ExtendedCapabilityHeader::Next>()) & 0xFFC;
  }
  return std::nullopt;
}

}  // namespace iommusim::pcie
