// SPDX-License-Identifier: Apache-2.0
// What software can set in a function's configuration space by name: the words after `set` in a trace.
#pragma once

#include "pcie/acs.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace iommusim::traces {

enum class SettingKind : std::uint8_t {
  /// Bits `acs_mask` of the ACS Control register, "on" or "off".
  acs,
  /// "on" or "off".
  bus_master,
  memory_space,
  msi,
  /// Poisoned TLP Egress Blocking Enable of DPC Control, "on" or "off".
  poisoned_egress_blocking,
  /// Link Disable of Link Control, "on" or "off".
  link_disable,
  /// The address that BAR `bar` decodes.
  bar,
};

struct Setting {
  std::string_view name;
  SettingKind kind;
  std::uint16_t acs_mask = 0;
  std::uint8_t bar = 0;
};

template <class Field>
constexpr Setting acs_setting(std::string_view name) {
  return {name, SettingKind::acs, static_cast<std::uint16_t>(Field::mask)};
}

constexpr std::array<Setting, 20> settings{{
    acs_setting<pcie::AcsControl::SourceValidation>("acs.source-validation"),
    acs_setting<pcie::AcsControl::TranslationBlocking>("acs.translation-blocking"),
    acs_setting<pcie::AcsControl::P2pRequestRedirect>("acs.p2p-request-redirect"),
    acs_setting<pcie::AcsControl::P2pCompletionRedirect>("acs.p2p-completion-redirect"),
    acs_setting<pcie::AcsControl::UpstreamForwarding>("acs.upstream-forwarding"),
    acs_setting<pcie::AcsControl::P2pEgressControl>("acs.p2p-egress-control"),
    acs_setting<pcie::AcsControl::DirectTranslatedP2p>("acs.direct-translated-p2p"),
    acs_setting<pcie::AcsControl::IoRequestBlocking>("acs.io-request-blocking"),
    acs_setting<pcie::AcsControl::UnclaimedRequestRedirect>("acs.unclaimed-request-redirect"),
    {"dpc.poisoned-egress-blocking", SettingKind::poisoned_egress_blocking},
    {"bus-master", SettingKind::bus_master},
    {"memory-space", SettingKind::memory_space},
    {"link-disable", SettingKind::link_disable},
    {"msi", SettingKind::msi},
    {"bar0", SettingKind::bar, 0, 0},
    {"bar1", SettingKind::bar, 0, 1},
    {"bar2", SettingKind::bar, 0, 2},
    {"bar3", SettingKind::bar, 0, 3},
    {"bar4", SettingKind::bar, 0, 4},
    {"bar5", SettingKind::bar, 0, 5},
}};

/// The setting of that name, or nullptr.
constexpr const Setting* find_setting(std::string_view name) {
  for (const Setting& setting : settings)
    if (setting.name == name) return &setting;
  return nullptr;
}

}  // namespace iommusim::traces
