// SPDX-License-Identifier: Apache-2.0
// The queues in front of one direction of a link: who may be sent next (PCIe base specification, 2.4 and 6.3).
#pragma once

#include "timing/credits.h"
#include "timing/flight.h"
#include "timing/index_queue.h"
#include "timing/pool.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::timing {

/// One set of queues for each place that TLPs come from, served round robin. Among those of one place order is kept as
/// the ordering rules want it: nothing passes a posted request unless its attributes allow that.
class Egress {
 public:
  explicit Egress(const Pool<Flight>& flights) : flights_{flights} {}

  void add(std::uint32_t flight);
  bool is_empty() const { return waiting_ == 0; }
  std::size_t waiting() const { return waiting_; }
  /// Takes out what is to be sent next; nullopt: nobody has credits.
  std::optional<std::uint32_t> take(const Credits& credits);

 private:
  struct Input {
    /// Channel that it comes from, or the device itself.
    std::optional<ChannelIndex> from;
    std::array<IndexQueue, flow_classes> queues;
  };

  Input& input_from(std::optional<ChannelIndex> from);
  std::optional<FlowClass> choose(const Input& input, const Credits& credits) const;
  bool may_go(const Input& input, FlowClass type, const Credits& credits) const;

  const Pool<Flight>& flights_;
  std::vector<Input> inputs_;
  std::size_t turn_ = 0;
  std::size_t waiting_ = 0;
};

}  // namespace iommusim::timing
