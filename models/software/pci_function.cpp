// SPDX-License-Identifier: Apache-2.0
#include "software/pci_function.h"

#include "pcie/header.h"

namespace iommusim::software {

std::uint32_t PciFunction::read(unsigned offset, unsigned width) const {
  return bus_->config_read(segment_, id_, offset, width);
}

void PciFunction::write(unsigned offset, unsigned width, std::uint32_t value) const {
  bus_->config_write(segment_, id_, offset, width, value);
}

bool PciFunction::present() const {
  return read(pcie::header::vendor_id, 2) != 0xFFFF;
}

std::optional<unsigned> PciFunction::find(pcie::CapabilityId id) const {
  return pcie::find_capability(reader(), id);
}

std::optional<unsigned> PciFunction::find(pcie::ExtendedCapabilityId id) const {
  return pcie::find_extended_capability(reader(), id);
}

pcie::ConfigReader PciFunction::reader() const {
  return [function = *this](unsigned offset, unsigned width) { return function.read(offset, width); };
}

}  // namespace iommusim::software
