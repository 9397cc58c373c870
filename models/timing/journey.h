// SPDX-License-Identifier: Apache-2.0
// The places that one TLP passes, noted while its way is decided: what a clock spends time on afterwards.
#pragma once

#include "base/address.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace iommusim::timing {

/// One direction of a link. Directions of one link are neighbours: `channel ^ 1` is the way back.
using ChannelIndex = std::uint16_t;

enum class StepKind : std::uint8_t {
  /// Crosses channel `index`.
  channel,
  /// Enters the root complex through root-bus node `index`.
  root_complex_in,
  /// Is looked up in IOMMU `index`: page `address`, of 2^`page_shift` bytes.
  translation,
  /// Leaves the root complex downwards again.
  root_complex_out,
  /// Reaches memory at `address`.
  memory,
  /// Reaches a BAR.
  device,
  /// Reaches an interrupt doorbell.
  doorbell,
  /// Waits for `address` picoseconds: a module that is not ours said so.
  other,
};

/// Without defaults: a journey leaves the steps that it does not use as they are.
struct Step {
  StepKind kind;
  std::uint8_t page_shift;
  std::uint16_t index;
  /// translation: table entries fetched; 0 when a cache had it.
  std::uint16_t fetches;
  std::uint64_t address;
};

/// Without allocation. A way with more steps keeps its first `capacity`: no hierarchy of 256 buses that carries traffic
/// is as deep.
// Clearing all of steps_ for every TLP would cost.
// NOLINTBEGIN(cppcoreguidelines-pro-type-member-init)
class Journey {
 public:
  static constexpr std::size_t capacity = 24;

  Journey() = default;
  ~Journey() = default;
  /// Copies the steps in use.
  Journey(const Journey& other)
      : size_{other.size_}, channels_{other.channels_}, entry_{other.entry_}, open_{other.open_} {
    std::copy_n(other.steps_.begin(), size_, steps_.begin());
  }
  Journey& operator=(const Journey& other) {
    if (this == &other) return *this;
    size_ = other.size_;
    channels_ = other.channels_;
    entry_ = other.entry_;
    open_ = other.open_;
    std::copy_n(other.steps_.begin(), size_, steps_.begin());
    return *this;
  }

  /// True between begin() and end(): somebody waits to spend its time.
  bool is_open() const { return open_; }
  void begin() {
    open_ = true;
    size_ = channels_ = entry_ = 0;
  }
  void end() { open_ = false; }

  void cross(ChannelIndex channel) {
    if (channels_ == size_ && size_ < capacity) ++channels_;
    add({StepKind::channel, 0, channel, 0, 0});
  }
  void enter_root_complex(std::size_t node) {
    if (channels_ == size_ && size_ < capacity) entry_ = size_;
    add({StepKind::root_complex_in, 0, static_cast<std::uint16_t>(node), 0, 0});
  }
  void leave_root_complex() { add({StepKind::root_complex_out, 0, 0, 0, 0}); }
  void translate(std::uint16_t unit, std::uint64_t page, std::uint8_t page_shift, std::size_t fetches) {
    add({StepKind::translation, page_shift, unit, static_cast<std::uint16_t>(fetches), page});
  }
  void reach(StepKind kind, std::uint64_t address = 0) { add({kind, 0, 0, 0, address}); }

  void wait(std::uint64_t picoseconds) { add({StepKind::other, 0, 0, 0, picoseconds}); }

  /// The same way to another address.
  void set_address(std::size_t step, std::uint64_t address) { steps_[step].address = address; }

  std::size_t size() const { return size_; }
  /// The step at which it enters the root complex, when it only crosses channels before: straight up. 0: it does not.
  std::size_t entry() const { return entry_; }
  const Step& operator[](std::size_t i) const { return steps_[i]; }

 private:
  void add(const Step& step) {
    if (size_ < capacity) steps_[size_++] = step;
  }

  std::array<Step, capacity> steps_;
  std::uint8_t size_ = 0;
  /// That it begins with.
  std::uint8_t channels_ = 0;
  std::uint8_t entry_ = 0;
  bool open_ = false;
};
// NOLINTEND(cppcoreguidelines-pro-type-member-init)

}  // namespace iommusim::timing
