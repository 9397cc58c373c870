// SPDX-License-Identifier: Apache-2.0
// The virtual channels in front of one direction of a link, and which of them sends next (PCIe base
// specification, 6.3).
#pragma once

#include "timing/credits.h"
#include "timing/network.h"
#include "timing/virtual_channel.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::timing {

class Egress {
 public:
  /// `own`: the link, one of `channels`, by which others come. All must outlive it.
  Egress(const Channel& own, const std::vector<Channel>& channels, const Pool<Flight>& flights);

  void add(std::uint32_t flight);
  bool is_empty() const { return waiting_ == 0; }
  std::size_t waiting() const { return waiting_; }
  /// Takes out what is to be sent next, and its credits; nullopt: nobody has any.
  std::optional<std::uint32_t> take(Duration now);

  std::uint8_t channel_of(const Flight& flight) const {
    return own_.virtual_channels.of_class[flights_[flight.request].tlp.traffic_class];
  }
  /// The receiver's buffer is free again; the sender knows at `time`.
  void return_credit(Duration time, const Flight& flight) {
    credits_[channel_of(flight)].return_at(time, flight.type, flight.payload);
  }
  /// When the next credit comes back; nullopt: none is on its way.
  std::optional<Duration> next_return() const;
  bool credits_are_complete() const;

 private:
  const Channel& own_;
  const std::vector<Channel>& channels_;
  const Pool<Flight>& flights_;
  std::vector<VirtualChannel> virtual_channels_;
  std::vector<Credits> credits_;
  WeightedTurn turn_;
  std::size_t waiting_ = 0;
};

}  // namespace iommusim::timing
