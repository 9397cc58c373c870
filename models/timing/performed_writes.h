// SPDX-License-Identifier: Apache-2.0
// Posted writes that came into the root complex before a read, and when the last of them is performed.
#pragma once

#include "pcie/ordering.h"
#include "timing/tlp.h"

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
    pcie::PassingTlp passing;
    passing.type =
        request.operation == Operation::read ? pcie::TlpClass::non_posted_read : pcie::TlpClass::non_posted_with_data;
    passing.relaxed_ordering = request.relaxed_ordering;
    if (may_pass(passing)) return {};
    // The functions of a device count as one requester: stricter than the rule.
    passing.id_based_ordering = request.id_based_ordering;
    return may_pass(passing) ? of_engine_[engine * classes + request.traffic_class]
                             : latest_[source * classes + request.traffic_class];
  }

 private:
  static constexpr std::size_t classes = VirtualChannelParameters::traffic_classes;
  static bool may_pass(const pcie::PassingTlp& passing) {
    return pcie::may_pass(passing, pcie::TlpClass::posted) != pcie::Passing::never;
  }

  std::vector<Duration> latest_;
  std::vector<Duration> of_engine_;
};

}  // namespace iommusim::timing
