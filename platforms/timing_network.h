// SPDX-License-Identifier: Apache-2.0
// The links, DMA engines and host of a platform, as a clock sees them.
#pragma once

#include "platforms/machine.h"
#include "timing/network.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace iommusim::platforms {

class TimingNetwork {
 public:
  explicit TimingNetwork(const Machine& machine);

  const timing::Network& network() const { return network_; }
  /// The link above a function, in either direction; nullopt on a root bus.
  std::optional<timing::ChannelIndex> up(pcie::NodeIndex function) const { return up_[pcie::index_of(function)]; }
  std::optional<timing::ChannelIndex> down(pcie::NodeIndex function) const;
  /// The DMA engine of the device that a function belongs to.
  std::size_t engine_of(pcie::NodeIndex function) const { return engine_of_[pcie::index_of(function)]; }

 private:
  void add_link(const Machine& machine, pcie::NodeIndex function);
  void add_engine(const Machine& machine, pcie::NodeIndex function);

  timing::Network network_;
  /// By node index.
  std::vector<std::optional<timing::ChannelIndex>> up_;
  std::vector<std::size_t> engine_of_;
};

}  // namespace iommusim::platforms
