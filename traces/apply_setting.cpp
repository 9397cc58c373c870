// SPDX-License-Identifier: Apache-2.0
#include "traces/apply_setting.h"

#include "pcie/msi_capability.h"
#include "pcie/msix_capability.h"
#include "software/driver_error.h"
#include "software/pci_setup.h"
#include "traces/settings.h"

#include <fmt/format.h>

namespace iommusim::traces {
namespace {

using software::DriverError;
using software::PciFunction;

void set_acs(const PciFunction& function, std::uint16_t mask, bool on, const std::string& name) {
  const auto before = software::acs_control(function);
  if (!before) throw DriverError{fmt::format("{} has no ACS capability", name)};
  const auto wanted = static_cast<std::uint16_t>(on ? before->raw() | mask : before->raw() & ~std::uint64_t{mask});
  if (software::set_acs_control(function, pcie::AcsControl{wanted}).raw() != wanted)
    throw DriverError{fmt::format("the ACS capability of {} does not have this service", name)};
}

/// MSI-X where the function has it, else MSI.
void set_msi(const PciFunction& function, bool on, const std::string& name) {
  if (const auto msix = function.find(pcie::CapabilityId::msix)) {
    auto control = function.get<pcie::MsixControl>(*msix + pcie::msix::control);
    control.set<pcie::MsixControl::Enable>(on ? 1 : 0);
    function.set(*msix + pcie::msix::control, control);
    return;
  }
  const auto msi = function.find(pcie::CapabilityId::msi);
  if (!msi) throw DriverError{fmt::format("{} has neither MSI nor MSI-X", name)};
  auto control = function.get<pcie::MsiControl>(*msi + pcie::msi::control);
  control.set<pcie::MsiControl::Enable>(on ? 1 : 0);
  function.set(*msi + pcie::msi::control, control);
}

}  // namespace

void apply_setting(const PciFunction& function, const Configure& configure, const std::string& name) {
  const Setting* setting = find_setting(configure.setting);
  if (setting == nullptr) throw DriverError{fmt::format("there is no setting {}", configure.setting)};
  const bool on = configure.value != 0;
  switch (setting->kind) {
    case SettingKind::acs: set_acs(function, setting->acs_mask, on, name); return;
    case SettingKind::bus_master: software::set_bus_master(function, on); return;
    case SettingKind::memory_space: software::set_memory_space(function, on); return;
    case SettingKind::msi: set_msi(function, on, name); return;
    case SettingKind::poisoned_egress_blocking: software::set_poisoned_egress_blocking(function, on); return;
    case SettingKind::link_disable: software::set_link_disable(function, on); return;
    case SettingKind::bar: software::program_bar(function, setting->bar, BusAddr{configure.value}); return;
  }
}

}  // namespace iommusim::traces
