// SPDX-License-Identifier: Apache-2.0
// What a clock is built from: the links of a platform, its DMA engines, its host.
#pragma once

#include "timing/journey.h"
#include "timing/parameters.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace iommusim::timing {

/// One direction of a link.
struct Channel {
  /// "nic0 up", "nic0 down".
  std::string name;
  pcie::LinkTiming link{3, 8, Duration{}};
  /// What a TLP passes before it: the switch that sends it. Zero for devices and the root complex.
  PortParameters entry{Duration{}, false};
  /// Of its receiver, for each virtual channel.
  CreditParameters credits;
  VirtualChannelParameters virtual_channels = {};
  /// TLPs that come by it and go on may be so many before it is another link's turn.
  unsigned weight = 1;
  /// Of a bit to be wrong at its end.
  double bit_error_rate = 0.0;
  /// From the end of a TLP with a bad LCRC to its receiver's Nak.
  Duration nak_latency;
};

struct Network {
  /// By ChannelIndex: up and down of each link.
  std::vector<Channel> channels;
  /// By engine index: one for each device.
  std::vector<EngineParameters> engines;
  /// By the index that operations name: who sends them, for statistics.
  std::vector<std::string> functions;
  HostParameters host;
  std::size_t root_nodes = 1;
  /// Of what happens by chance: bit errors.
  std::uint64_t seed = 0;
  /// Of time series; zero: none are kept.
  Duration interval;
  std::vector<std::string> iommus;
};

}  // namespace iommusim::timing
