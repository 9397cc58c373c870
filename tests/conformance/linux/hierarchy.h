// SPDX-License-Identifier: Apache-2.0
// Functions for the tests of Linux's policy: their configuration spaces, and the bridge above each.
#pragma once

#include "pcie/capability_list.h"
#include "pcie/header.h"
#include "pcie/pci_express_capability.h"
#include "software/iommu_groups.h"
#include "support/config_bus.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace iommusim::tests {

/// ACS as configuration space shows it: capability and control registers.
struct AcsRegisters {
  std::uint16_t capability = 0;
  std::uint16_t control = 0;
};

/// SrcValid, TransBlk, ReqRedir, CmpltRedir, UpstreamFwd and DirectTrans; of these Linux turns on 0x1D.
constexpr AcsRegisters full_acs{0x005F, 0x001D};
constexpr AcsRegisters idle_acs{0x005F, 0x0000};

/// Ports may say that they are of any type, also of one that no model builds.
class PortBus final : public ConfigBus {
 public:
  void set_port_type(RequesterId id, unsigned capabilities_offset, pcie::PortType type) {
    types_[id] = {capabilities_offset, type};
  }

  std::uint32_t config_read(std::uint16_t segment, RequesterId id, unsigned offset, unsigned width) override {
    const std::uint32_t value = ConfigBus::config_read(segment, id, offset, width);
    const auto port = types_.find(id);
    if (port == types_.end() || offset != port->second.offset || width != 2) return value;
    pcie::PciExpressCapabilities capabilities{value};
    capabilities.set<pcie::PciExpressCapabilities::DevicePortType>(port->second.type);
    return static_cast<std::uint32_t>(capabilities.raw());
  }

 private:
  struct Type {
    unsigned offset = 0;
    pcie::PortType type = pcie::PortType::endpoint;
  };
  std::map<RequesterId, Type> types_;
};

class LinuxHierarchy {
 public:
  using Index = std::size_t;

  LinuxHierarchy() = default;
  LinuxHierarchy(const LinuxHierarchy&) = delete;
  LinuxHierarchy& operator=(const LinuxHierarchy&) = delete;

  struct Options {
    std::optional<Index> above = std::nullopt;
    std::optional<AcsRegisters> acs = std::nullopt;
    bool multi_function = false;
    std::vector<std::uint8_t> alias_devfns = {};
  };

  Index add(RequesterId id, pcie::PortType type, const Options& options) {
    pcie::FunctionConfig config;
    config.type = type;
    config.vendor_id = 0x8086;
    config.multi_function = options.multi_function;
    if (options.acs) config.acs = pcie::AcsCapability{options.acs->capability};
    bus_.add(id, config);
    const software::PciFunction function{bus_, 0, id};
    if (options.acs) set_acs(function, options.acs->control);
    devices_.push_back({function, 0, options.above, options.alias_devfns});
    return devices_.size() - 1;
  }

  Index port(RequesterId id, pcie::PortType type, std::uint8_t secondary, const Options& options) {
    const Index index = add(id, pcie::is_port(type) ? type : pcie::PortType::downstream_port, options);
    const software::PciFunction& function = devices_[index].function;
    bus_.set_port_type(id, *function.find(pcie::CapabilityId::pci_express) + pcie::pci_express::capabilities, type);
    function.write(pcie::header::secondary_bus, 1, secondary);
    return index;
  }

  void set_acs(Index index, std::uint16_t control) { set_acs(devices_[index].function, control); }

  const software::PciHierarchy& devices() const { return devices_; }
  std::vector<std::size_t> groups() const { return software::form_groups(devices_); }

 private:
  static void set_acs(const software::PciFunction& function, std::uint16_t control) {
    const auto offset = function.find(pcie::ExtendedCapabilityId::access_control_services);
    function.write(*offset + pcie::acs::control, 2, control);
  }

  PortBus bus_;
  software::PciHierarchy devices_;
};

}  // namespace iommusim::tests
