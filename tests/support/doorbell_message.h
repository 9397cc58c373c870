// SPDX-License-Identifier: Apache-2.0
// A device's write to a doorbell.
#pragma once

#include "interrupts/gic/doorbell.h"

#include <catch2/catch.hpp>

#include <cstdint>

namespace iommusim::tests {

inline gic::DoorbellRequest doorbell_message(BusAddr address, std::uint32_t data, RequesterId requester = {}) {
  gic::DoorbellRequest request;
  request.access.operation = Operation::write;
  request.access.requester = requester;
  request.access.address = address;
  request.access.size = 4;
  request.data = data;
  return request;
}

/// What the message comes to, which is what was foreseen.
template <class Doorbell>
gic::DoorbellResult ring_as_foreseen(Doorbell& doorbell, const gic::DoorbellRequest& request) {
  const gic::DoorbellResult foreseen = doorbell.decide(request);
  const gic::DoorbellResult result = doorbell.ring(request);
  CHECK(foreseen.rule == result.rule);
  CHECK(foreseen.outcome == result.outcome);
  CHECK(foreseen.intid == result.intid);
  return result;
}

}  // namespace iommusim::tests
