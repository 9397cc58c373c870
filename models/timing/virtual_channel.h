// SPDX-License-Identifier: Apache-2.0
// The queues of one virtual channel in front of a link: who may be sent next (PCIe base specification, 2.4 and 6.3).
#pragma once

#include "timing/credits.h"
#include "timing/flight.h"
#include "timing/index_queue.h"
#include "timing/pool.h"
#include "timing/weighted_turn.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::timing {

/// One set of queues for each place that TLPs come from, served by weighted round robin. Among those of one place order
/// is kept as the ordering rules want it: nothing passes a posted request unless its attributes allow that.
class VirtualChannel {
 public:
  explicit VirtualChannel(const Pool<Flight>& flights) : flights_{flights} {}

  /// `weight`: of the link that it came by.
  void add(std::uint32_t flight, unsigned weight);
  /// Takes out what is to be sent next; nullopt: nobody has credits.
  std::optional<std::uint32_t> take(const Credits& credits);

 private:
  struct Input {
    /// Channel that it comes from, or the device itself.
    std::optional<ChannelIndex> from;
    std::array<IndexQueue, flow_classes> queues;
  };
  /// A TLP of an input.
  struct Candidate {
    FlowClass type = FlowClass::posted;
    std::size_t place = 0;
    std::uint64_t order = 0;
  };

  Input& input_from(std::optional<ChannelIndex> from, unsigned weight);
  std::optional<Candidate> choose(const Input& input, const Credits& credits) const;
  std::optional<Candidate> first_posted(const Input& input, const Credits& credits) const;
  std::optional<Candidate> first_of(FlowClass type, const Input& input, const Credits& credits) const;
  bool passes_posted(const Input& input, const Flight& flight, std::size_t older) const;

  const Pool<Flight>& flights_;
  std::vector<Input> inputs_;
  WeightedTurn turn_;
};

}  // namespace iommusim::timing
