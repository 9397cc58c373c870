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

/// A receiver must have room for the largest TLP; of one that has less, such a TLP takes all, or it would wait for
/// ever.
class Credits {
 public:
  explicit Credits(const pcie::AdvertisedCredits& advertised)
      : pools_{Pool{advertised.posted}, Pool{advertised.non_posted}, Pool{advertised.completion}} {}

  bool allow(FlowClass type, std::uint32_t payload) const {
    const Pool& pool = pools_[index(type)];
    return pool.used.can_send(pool.charged(payload));
  }
  void consume(FlowClass type, std::uint32_t payload) {
    Pool& pool = pools_[index(type)];
    pool.used.send(pool.charged(payload));
  }
  /// The receiver's buffer is free again; the sender knows at `time`. Times may come in any order.
  void return_at(Duration time, FlowClass type, std::uint32_t payload) {
    // Nobody waits for what is infinite.
    if (pools_[index(type)].used.is_infinite())
      pools_[index(type)].release(payload);
    else
      returns_.push_back({time, type, payload});
  }
  /// Takes in what has come back by now.
  void update(Duration now) {
    for (std::size_t i = 0; i < returns_.size();) {
      if (returns_[i].time > now) {
        ++i;
        continue;
      }
      pools_[index(returns_[i].type)].release(returns_[i].payload);
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
    explicit Pool(const pcie::CreditPool& advertised)
        : used{advertised},
          most{advertised.data ? *advertised.data * pcie::bytes_per_data_credit : ~std::uint32_t{0}} {}

    std::uint32_t charged(std::uint32_t payload) const { return std::min(payload, most); }
    void release(std::uint32_t payload) { used.release(charged(payload)); }

    pcie::CreditCounter used;
    /// Bytes of payload.
    std::uint32_t most;
  };
  struct Return {
    Duration time;
    FlowClass type;
    std::uint32_t payload;
  };
  static constexpr std::size_t index(FlowClass type) { return static_cast<std::size_t>(type); }

  std::array<Pool, flow_classes> pools_;
  std::vector<Return> returns_;
};

inline bool Credits::are_complete() const {
  Credits later = *this;
  later.update(Duration{~std::uint64_t{0}});
  return std::all_of(later.pools_.begin(), later.pools_.end(), [](const auto& pool) { return pool.used.is_idle(); });
}

}  // namespace iommusim::timing
