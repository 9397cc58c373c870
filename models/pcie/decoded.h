// SPDX-License-Identifier: Apache-2.0
// What routing needs of a function's configuration space, decoded once per configuration write.
#pragma once

#include "base/address.h"
#include "base/range.h"
#include "pcie/acs.h"
#include "pcie/config_space.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace iommusim::pcie {

/// Memory BARs by index; a 64-bit BAR stands at its lower index. Empty: absent, I/O, or not decoding, that is without
/// Memory Space Enable or never programmed (0).
using BarRanges = std::array<std::optional<Range<BusAddr>>, 6>;

struct Decoded {
  /// False: a virtual function that its physical function has not enabled. It answers and sends nothing.
  bool present = true;
  bool memory_space_enable = false;
  bool bus_master_enable = false;
  /// Type 1 only.
  std::uint8_t secondary_bus = 0;
  std::uint8_t subordinate_bus = 0;
  /// Programming interface 01h of a PCI bridge: it also takes what nobody on its primary bus claims.
  bool subtractive = false;
  /// Bridge windows that are open (base <= limit): memory, prefetchable, VGA. They claim only with Memory
  /// Space Enable.
  std::array<std::optional<Range<BusAddr>>, 3> windows;
  /// Changed by set_bars() only.
  BarRanges bars;
  /// From the first byte of the lowest BAR to the last one of the highest: most requests meet functions without BARs,
  /// or far from them, and are done after one look.
  std::optional<Range<BusAddr>> bar_span;
  /// Effective ACS controls: bits set in control and in capability. All clear without the capability.
  AcsControl acs;
  bool has_acs = false;
  AcsCapability acs_capability;
  EgressControlVector egress_control;
  /// Ports, Device Control 2: configuration requests for function numbers above 7 pass down the link.
  bool ari_forwarding = false;
  /// ARI Control: in function 0, whether egress control vectors mean function groups; the function's own group.
  bool acs_function_groups = false;
  std::uint8_t function_group = 0;
  /// ATS Control and Page Request Control: the function asks for translations, and for pages.
  bool ats_enabled = false;
  bool page_requests_enabled = false;
  /// DPC Control: Poisoned TLP Egress Blocking is on and supported.
  bool blocks_poisoned_egress = false;
  /// Link Control of a port: software has taken the link below it down.
  bool link_disabled = false;
  /// Device Control, in bytes.
  std::uint16_t max_payload = 128;
  std::uint16_t max_read_request = 512;

  /// An open window contains `address` and the port decodes memory.
  bool window_claims(BusAddr address) const {
    if (!memory_space_enable) return false;
    for (const auto& window : windows)
      if (window && window->contains(address)) return true;
    return false;
  }
  /// Index of the BAR that contains `address`.
  std::optional<std::uint8_t> bar_with(BusAddr address) const {
    if (!bar_span || !bar_span->contains(address)) return std::nullopt;
    for (std::size_t i = 0; i < bars.size(); ++i)
      if (bars[i] && bars[i]->contains(address)) return static_cast<std::uint8_t>(i);
    return std::nullopt;
  }
  void set_bars(const BarRanges& ranges);
};

/// The memory BARs among `count` registers from offset `first`, whether or not they may decode.
BarRanges decode_bars(const ConfigSpace& config, unsigned first, unsigned count);

Decoded decode(const ConfigSpace& config);

}  // namespace iommusim::pcie
