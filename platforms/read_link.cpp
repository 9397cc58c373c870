// SPDX-License-Identifier: Apache-2.0
#include "platforms/readers.h"

#include <bitset>

namespace iommusim::platforms {
namespace {

constexpr unsigned most_weight = 128;
constexpr std::size_t traffic_classes = timing::VirtualChannelParameters::traffic_classes;

/// PCIe base specification, 6.3.2: each traffic class has one virtual channel, and class 0 has virtual channel 0.
timing::VirtualChannelParameters read_virtual_channels(const Value& value) {
  const std::vector<Value> items = value.items();
  if (items.empty() || items.size() > traffic_classes) value.reject("1 to 8 virtual channels");
  timing::VirtualChannelParameters channels;
  channels.weights.clear();
  std::bitset<traffic_classes> mapped;
  for (const Value& item : items) {
    const Map map{item, {"traffic_classes", "weight"}};
    const auto index = static_cast<std::uint8_t>(channels.weights.size());
    channels.weights.push_back(map.number("weight", 1, {1, most_weight}));
    for (const Value& number : map.required("traffic_classes", "a list of traffic classes").items()) {
      const auto traffic_class = number.number_as<std::size_t>({0, traffic_classes - 1});
      if (mapped[traffic_class]) number.reject("a traffic class that has no virtual channel yet");
      if (traffic_class == 0 && index != 0) number.reject("traffic class 0 in the first virtual channel only");
      mapped[traffic_class] = true;
      channels.of_class[traffic_class] = index;
    }
  }
  if (!mapped.all()) value.reject("a virtual channel for each of the traffic classes 0 to 7");
  return channels;
}

}  // namespace

LinkDescription read_link(const Value& value) {
  const Map map{
      value,
      {"speed", "width", "propagation", "overhead", "virtual_channels", "weight", "bit_error_rate", "nak_latency"}};
  LinkDescription link;
  if (const auto speed = map.optional("speed"))
    link.generation = speed->choice<unsigned>(
        {{"2.5GT/s", 1}, {"5GT/s", 2}, {"8GT/s", 3}, {"16GT/s", 4}, {"32GT/s", 5}, {"64GT/s", 6}});
  if (const auto width = map.optional("width"))
    link.width = width->choice<unsigned>({{"x1", 1}, {"x2", 2}, {"x4", 4}, {"x8", 8}, {"x12", 12}, {"x16", 16}});
  link.propagation = map.duration("propagation", link.propagation);
  if (const auto overhead = map.optional("overhead")) link.overhead = overhead->decimal(0.0, 0.5);
  if (const auto channels = map.optional("virtual_channels")) link.virtual_channels = read_virtual_channels(*channels);
  link.weight = map.number("weight", link.weight, {1, most_weight});
  link.nak_latency = map.duration("nak_latency", link.nak_latency);
  if (const auto rate = map.optional("bit_error_rate")) link.bit_error_rate = rate->decimal(0.0, 1e-4);
  return link;
}

}  // namespace iommusim::platforms
