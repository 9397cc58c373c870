// SPDX-License-Identifier: Apache-2.0
// Posted writes that came into the root complex before a read, and when the last of them is performed.
#pragma once

#include "timing/passing_tlp.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace iommusim::timing {

/// A read waits for the writes that came by the same way before it, unless its attributes let it pass them (PCIe base
/// specification, 2.4.1). TLPs of different traffic classes have no order.
class PerformedWrites {
 public:
  PerformedWrites(std::size_t sources, std::size_t engines)
      : latest_(sources * classes), of_engine_(engines * classes) {}

  void add(const Tlp& write, std::size_t source, std::size_t engine, Duration performed) {
    Duration& latest = latest_[source * classes + write.traffic_class];
    Duration& own = of_engine_[engine * classes + write.traffic_class];
    latest = std::max(latest, performed);
    own = std::max(own, performed);
  }
  Duration before(const Tlp& request, std::size_t source, std::size_t engine) const {
    const Duration latest = latest_[source * classes + request.traffic_class];
    if (!request.relaxed_ordering && !request.id_based_ordering) return latest;
    if (may_pass_own_posted(request)) return {};
    // The functions of a device count as one requester: stricter than the rule.
    return may_pass_posted(passing_tlp(request)) ? of_engine_[engine * classes + request.traffic_class] : latest;
  }

 private:
  static constexpr std::size_t classes = VirtualChannelParameters::traffic_classes;

  std::vector<Duration> latest_;
  std::vector<Duration> of_engine_;
};

}  // namespace iommusim::timing
