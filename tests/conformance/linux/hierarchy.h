// SPDX-License-Identifier: Apache-2.0
// Functions for the tests of Linux's policy: their configuration spaces, and the bridge above each.
#pragma once

#include "pcie/capability_list.h"
#include "pcie/header.h"
#include "software/iommu_groups.h"
#include "support/config_bus.h"

#include <cstddef>
#include <cstdint>
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

class LinuxHierarchy {
 public:
  using Index = std::size_t;

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
    const Index index = add(id, type, options);
    devices_[index].function.write(pcie::header::secondary_bus, 1, secondary);
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

  ConfigBus bus_;
  software::PciHierarchy devices_;
};

}  // namespace iommusim::tests
