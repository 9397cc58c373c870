// SPDX-License-Identifier: Apache-2.0
// What will happen next. Events of one time happen in the order in which they were made: runs repeat to the byte.
#pragma once

#include "base/quantity.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace iommusim::timing {

template <class Kind>
struct Event {
  Duration time;
  std::uint32_t subject = 0;
  Kind kind{};
};

template <class Kind>
class EventQueue {
 public:
  bool is_empty() const { return heap_.empty(); }
  /// Precondition: not empty.
  Duration next_time() const { return heap_.front().event.time; }

  void add(Duration time, Kind kind, std::uint32_t subject) {
    heap_.push_back({{time, subject, kind}, made_++});
    std::push_heap(heap_.begin(), heap_.end(), is_later);
  }
  Event<Kind> take() {
    std::pop_heap(heap_.begin(), heap_.end(), is_later);
    const Event<Kind> event = heap_.back().event;
    heap_.pop_back();
    return event;
  }

 private:
  struct Entry {
    Event<Kind> event;
    std::uint64_t number;
  };
  static bool is_later(const Entry& a, const Entry& b) {
    return a.event.time != b.event.time ? a.event.time > b.event.time : a.number > b.number;
  }

  std::vector<Entry> heap_;
  std::uint64_t made_ = 0;
};

}  // namespace iommusim::timing
