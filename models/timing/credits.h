// SPDX-License-Identifier: Apache-2.0
// Flow-control credits of one direction of a link, as its sender counts them (PCIe base specification, 2.6.1).
#pragma once

#include "pcie/flow_control.h"
#include "timing/parameters.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::timing {

/// Posted requests, non-posted requests, completions: each has its credits and its queues.
enum class FlowClass : std::uint8_t { posted, non_posted, completion };
constexpr std::size_t flow_classes = 3;

class Credits {
 public:
  /// `are_infinite`: the receiver is a device, which has room for what it asked for and for what it offers.
  Credits(const CreditParameters& parameters, bool are_infinite)
      : are_infinite_{are_infinite},
        left_{{{parameters.posted_headers, parameters.posted_data},
               {parameters.non_posted_headers, parameters.non_posted_headers},
               {parameters.completion_headers, parameters.completion_data}}},
        advertised_{left_} {}

  /// More than the receiver ever has counts as all of it, or such a TLP would wait for ever.
  bool allow(FlowClass type, std::uint32_t payload) const {
    const Pool& pool = left_[index(type)];
    return are_infinite_ || (pool.headers >= 1 && pool.data >= needed(type, payload));
  }
  void consume(FlowClass type, std::uint32_t payload) {
    if (are_infinite_) return;
    Pool& pool = left_[index(type)];
    --pool.headers;
    pool.data -= needed(type, payload);
  }
  /// The receiver's buffer is free again; the sender knows at `time`. Times may come in any order.
  void return_at(Duration time, FlowClass type, std::uint32_t payload) {
    if (!are_infinite_) returns_.push_back({time, type, payload});
  }
  /// Takes in what has come back by now.
  void update(Duration now) {
    for (std::size_t i = 0; i < returns_.size();) {
      if (returns_[i].time > now) {
        ++i;
        continue;
      }
      Pool& pool = left_[index(returns_[i].type)];
      ++pool.headers;
      pool.data += needed(returns_[i].type, returns_[i].payload);
      returns_[i] = returns_.back();
      returns_.pop_back();
    }
  }
  /// When the next credit comes back; nullopt: none is on its way.
  std::optional<Duration> next_return() const {
    std::optional<Duration> first;
    for (const Return& back : returns_)
      if (!first || back.time < *first) first = back.time;
    return first;
  }
  /// All that was advertised is here or on its way.
  bool are_complete() const;

 private:
  struct Pool {
    std::uint32_t headers;
    std::uint32_t data;
    friend bool operator==(const Pool& a, const Pool& b) { return a.headers == b.headers && a.data == b.data; }
  };
  struct Return {
    Duration time;
    FlowClass type;
    std::uint32_t payload;
  };
  static constexpr std::size_t index(FlowClass type) { return static_cast<std::size_t>(type); }
  std::uint32_t needed(FlowClass type, std::uint32_t payload) const {
    return std::min(static_cast<std::uint32_t>(pcie::data_credits(payload)), advertised_[index(type)].data);
  }

  bool are_infinite_;
  std::array<Pool, flow_classes> left_;
  std::array<Pool, flow_classes> advertised_;
  std::vector<Return> returns_;
};

inline bool Credits::are_complete() const {
  Credits later = *this;
  later.update(Duration{~std::uint64_t{0}});
  return later.left_ == advertised_;
}

}  // namespace iommusim::timing
