// SPDX-License-Identifier: Apache-2.0
// Devices below one switch below one root port, for tests of the clocks. All links are Gen3 x1 without overhead: a byte
// takes 1.015625 ns.
#pragma once

#include "timing/network.h"
#include "timing/tlp.h"

#include <string>
#include <utility>

namespace iommusim::tests {

constexpr timing::ChannelIndex uplink = 0;

constexpr timing::ChannelIndex up_of(std::size_t device) {
  return static_cast<timing::ChannelIndex>(2 + 2 * device);
}

inline timing::Channel plain_channel(std::string name, const timing::PortParameters& entry) {
  timing::Channel channel;
  channel.name = std::move(name);
  channel.link = pcie::LinkTiming{3, 1, Duration::nanoseconds(5)};
  channel.entry = entry;
  return channel;
}

/// One device hangs directly at the root port; more hang below a switch.
inline timing::Network small_network(std::size_t devices) {
  timing::Network network;
  const timing::PortParameters none{Duration{}, false};
  const timing::PortParameters port{Duration::nanoseconds(110), false};
  const timing::CreditParameters endless{{}, Duration{}};
  const bool is_switched = devices > 1;
  network.channels.push_back(plain_channel("switch up", port));
  network.channels.push_back(plain_channel("switch down", none));
  for (std::size_t i = 0; i < devices; ++i) {
    const std::string name = "device" + std::to_string(i);
    network.channels.push_back(plain_channel(name + " up", none));
    network.channels.push_back(plain_channel(name + " down", is_switched ? port : none));
    network.channels.back().credits = endless;
    network.engines.emplace_back();
    network.functions.push_back(name);
  }
  network.iommus.push_back("iommu");
  return network;
}

/// 64 bytes, with an IOTLB hit unless `fetches`.
inline timing::Tlp to_memory(Operation operation, std::size_t device, bool is_switched = false,
                             std::size_t fetches = 0) {
  timing::Tlp tlp;
  tlp.operation = operation;
  tlp.address = 0x1'0000'0000;
  tlp.size = 64;
  tlp.wire_bytes = operation == Operation::read ? 24 : 88;
  tlp.max_payload = 256;
  tlp.journey.begin();
  tlp.journey.cross(up_of(device));
  if (is_switched) tlp.journey.cross(uplink);
  tlp.journey.enter_root_complex(0);
  tlp.journey.translate(0, tlp.address, 12, fetches);
  tlp.journey.reach(timing::StepKind::memory, tlp.address);
  tlp.journey.end();
  return tlp;
}

}  // namespace iommusim::tests
