// SPDX-License-Identifier: Apache-2.0
#include "pcie/function_builder.h"

#include "base/address.h"
#include "pcie/ari_capability.h"
#include "pcie/capability_layouts.h"
#include "pcie/capability_list.h"
#include "pcie/containment_capability.h"
#include "pcie/error_reporting_capability.h"
#include "pcie/header.h"
#include "pcie/msix_capability.h"
#include "pcie/power_management_capability.h"
#include "pcie/sriov_capability.h"
#include "pcie/translation_capabilities.h"

#include <stdexcept>

namespace iommusim::pcie {

namespace {

constexpr std::uint32_t status_events = 0xF900;  // Every error bit of Status and Secondary Status is RW1C.
constexpr std::uint32_t command_bits = 0x0546;   // Memory, bus master, parity, SERR, INTx disable; there is no I/O.
constexpr std::uint32_t window_bits = 0xFFF0;

void require(bool condition, const char* message) {
  if (!condition) throw std::invalid_argument(message);
}

std::uint32_t low(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}

void build_common_header(const FunctionConfig& function, ConfigSpace& space) {
  HeaderType type;
  type.set<HeaderType::Layout>(is_port(function.type) ? 1 : 0);
  type.set<HeaderType::MultiFunction>(function.multi_function ? 1 : 0);
  space.define({header::vendor_id, 2, function.vendor_id});
  space.define({header::device_id, 2, function.device_id});
  space.define({header::command, 2, 0, command_bits});
  space.define({header::status, 2, 0, 0, status_events});
  space.define({header::revision_and_class, 4, function.class_code << 8 | function.revision});
  space.define({header::cache_line_size, 1, 0, 0xFF});
  space.define({header::header_type, 1, low(type.raw())});
  space.define({header::interrupt_line, 1, 0, 0xFF});
}

void build_type0_header(const FunctionConfig& function, ConfigSpace& space) {
  space.define({header::subsystem_vendor_id, 2, function.subsystem_vendor_id});
  space.define({header::subsystem_id, 2, function.subsystem_id});
}

/// 7.5.1.3. The windows' reset value is undefined there; ours is closed. There is no I/O window.
void build_type1_header(ConfigSpace& space) {
  constexpr std::uint32_t is_64bit = 1;
  space.define({header::primary_bus, 1, 0, 0xFF});
  space.define({header::secondary_bus, 1, 0, 0xFF});
  space.define({header::subordinate_bus, 1, 0, 0xFF});
  space.define({header::secondary_status, 2, 0, 0, status_events});
  space.define({header::memory_base, 2, window_bits, window_bits});
  space.define({header::memory_limit, 2, 0, window_bits});
  space.define({header::prefetchable_base, 2, window_bits | is_64bit, window_bits});
  space.define({header::prefetchable_limit, 2, is_64bit, window_bits});
  space.define({header::prefetchable_base_upper, 4, 0, 0xFFFF'FFFF});
  space.define({header::prefetchable_limit_upper, 4, 0, 0xFFFF'FFFF});
  space.define({header::bridge_control, 2, 0, 0x005F});
}

/// Places capabilities one after the other and links them.
class CapabilityChain {
 public:
  explicit CapabilityChain(ConfigSpace& space) : space_{space} {}

  /// Reserves `bytes` for a capability and returns where it stands.
  unsigned append(CapabilityId id, unsigned bytes) {
    const unsigned at = free_;
    CapabilityHeader capability;
    capability.set<CapabilityHeader::Id>(id);
    space_.define({at, 2, low(capability.raw())});
    space_.define({link_, 1, at});
    link_ = at + 1;
    free_ = (at + bytes + 3) & ~3U;
    return at;
  }

 private:
  ConfigSpace& space_;
  unsigned link_ = header::capabilities_pointer;
  unsigned free_ = first_capability;
};

void build_capabilities(const FunctionConfig& function, ConfigSpace& space) {
  Status status;
  status.set<Status::CapabilitiesList>(1);
  space.latch(header::status, 2, low(status.raw()));
  CapabilityChain chain{space};
  if (function.type != PortType::conventional)
    build_pci_express(function, chain.append(CapabilityId::pci_express, pci_express::bytes), space);
  if (function.msi) build_msi(*function.msi, chain.append(CapabilityId::msi, msi_bytes(*function.msi)), space);
  if (function.power_management)
    build_power_management(chain.append(CapabilityId::power_management, power_management::bytes), space);
  if (function.msix) build_msix(*function.msix, chain.append(CapabilityId::msix, msix::bytes), space);
}

/// Places extended capabilities one after the other and links them.
class ExtendedCapabilityChain {
 public:
  explicit ExtendedCapabilityChain(ConfigSpace& space) : space_{space} {}

  /// Reserves `bytes` for a capability and returns where it stands.
  unsigned append(ExtendedCapabilityId id, unsigned version, unsigned bytes) {
    const unsigned at = free_;
    ExtendedCapabilityHeader capability;
    capability.set<ExtendedCapabilityHeader::Id>(id);
    capability.set<ExtendedCapabilityHeader::Version>(version);
    space_.define({at, 4, low(capability.raw())});
    if (last_ != 0) link(at);
    last_ = at;
    free_ = (at + bytes + 3) & ~3U;
    return at;
  }

 private:
  void link(unsigned next) {
    auto capability = space_.get<ExtendedCapabilityHeader>(last_);
    capability.set<ExtendedCapabilityHeader::Next>(next);
    space_.define({last_, 4, low(capability.raw())});
  }

  ConfigSpace& space_;
  unsigned last_ = 0;
  unsigned free_ = first_extended_capability;
};

void build_error_reporting(const FunctionConfig& function, ExtendedCapabilityChain& chain, ConfigSpace& space) {
  const bool root_port = function.type == PortType::root_port;
  const unsigned bytes = root_port ? error_reporting::root_port_bytes : error_reporting::bytes;
  build_error_reporting(function, chain.append(ExtendedCapabilityId::advanced_error_reporting, 2, bytes), space);
}

void build_translation_services(const FunctionConfig& function, ExtendedCapabilityChain& chain, ConfigSpace& space) {
  if (function.ats)
    build_ats(function.virtual_function,
              chain.append(ExtendedCapabilityId::address_translation_services, 1, ats::bytes), space);
  if (function.page_request)
    build_page_request(chain.append(ExtendedCapabilityId::page_request_interface, 1, page_request::bytes), space);
  if (function.pasid)
    build_pasid(*function.pasid, chain.append(ExtendedCapabilityId::process_address_space_id, 1, pasid::bytes), space);
}

void build_extended_capabilities(const FunctionConfig& function, ConfigSpace& space) {
  ExtendedCapabilityChain chain{space};
  if (function.error_reporting) build_error_reporting(function, chain, space);
  build_translation_services(function, chain, space);
  if (function.acs) {
    const unsigned bytes = acs_bytes(*function.acs);
    build_acs(*function.acs, chain.append(ExtendedCapabilityId::access_control_services, 1, bytes), space);
  }
  if (function.ari)
    build_ari(*function.ari, chain.append(ExtendedCapabilityId::alternative_routing_id, 1, ari::bytes), space);
  if (function.sriov)
    build_sriov(*function.sriov, chain.append(ExtendedCapabilityId::single_root_io_virtualization, 1, sriov::bytes),
                space);
  if (function.poisoned_egress_blocking) {
    require(function.type == PortType::root_port || function.type == PortType::downstream_port,
            "containment belongs to ports that face a link");
    build_containment(chain.append(ExtendedCapabilityId::downstream_port_containment, 1, dpc::bytes), space);
  }
}

/// PCIe base specification, 9.3.4: what a virtual function has other than any function.
void reduce_to_virtual_function(const FunctionConfig& function, ConfigSpace& space) {
  require(function.bars.empty() && !is_port(function.type) && !function.sriov,
          "a virtual function has no BARs, no bridge and no virtual functions of its own");
  Command bus_master;
  bus_master.set<Command::BusMasterEnable>(1);
  space.define({header::vendor_id, 2, 0xFFFF});
  space.define({header::device_id, 2, 0xFFFF});
  space.define({header::command, 2, 0, low(bus_master.raw())});
  space.define({header::cache_line_size, 1});
  space.define({header::interrupt_line, 1});
}

}  // namespace

ConfigSpace build_config_space(const FunctionConfig& function) {
  ConfigSpace space;
  build_common_header(function, space);
  if (is_port(function.type))
    build_type1_header(space);
  else
    build_type0_header(function, space);
  build_bars(function.bars, header::bar0, is_port(function.type) ? header::type1_bars : header::type0_bars, space);
  build_capabilities(function, space);
  build_extended_capabilities(function, space);
  if (function.virtual_function) reduce_to_virtual_function(function, space);
  return space;
}

}  // namespace iommusim::pcie
