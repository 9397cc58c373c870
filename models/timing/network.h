// SPDX-License-Identifier: Apache-2.0
// What a clock is built from: the links of a platform, its DMA engines, its host.
#pragma once

#include "timing/journey.h"
#include "timing/parameters.h"

#include <cstddef>
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
  /// Of its receiver.
  CreditParameters credits;
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
  std::vector<std::string> iommus;
};

}  // namespace iommusim::timing
