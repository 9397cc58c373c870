// SPDX-License-Identifier: Apache-2.0
// Time without events: every resource keeps a calendar, and each operation reserves what it needs as soon as it is
// known. Contention is felt; the order among TLPs that meet is the order of asking.
#pragma once

#include "timing/calendar.h"
#include "timing/clock.h"
#include "timing/link_errors.h"
#include "timing/network.h"
#include "timing/server.h"
#include "timing/slots.h"
#include "timing/under_way.h"

#include <array>
#include <vector>

namespace iommusim::timing {

class LooseClock final : public Clock {
 public:
  explicit LooseClock(const Network& network);

  void submit(const DmaOperation& operation) override;
  Duration wait_for_slot(unsigned window) override;
  Duration finish() override { return latest(); }

  /// One request that no engine of ours sent: from its first channel on to its end, or back to where it began.
  Duration spend(const Tlp& tlp, Duration start);

 private:
  /// The first and the last byte of a TLP on their way.
  struct Front {
    Duration head;
    Duration tail;
  };
  struct ChannelState {
    const Channel* parameters = nullptr;
    Calendar calendar;
    ChannelCounters* counters = nullptr;
    LinkErrors errors;
    TimeSeries* series = nullptr;
    /// Of the TLP that went straight up from here last: how long it is on its way to the root complex if nothing delays
    /// it. There is one such way, of so many channels.
    struct Approach {
      std::size_t channels = 0;
      std::uint32_t wire_bytes = 0;
      Duration time;
    };
    Approach approach = {};
  };
  /// The writes that a device sent last: what it sends behind them may not pass them, unless its attributes allow that
  /// (PCIe base specification, 2.4.1).
  class SentWrites {
   public:
    void add(const Tlp& write, Duration sent, Duration performed);
    /// When the last write before `request`, which is sent at `time`, is performed.
    Duration performed_before(const Tlp& request, Duration time) const;

   private:
    struct Write {
      Duration sent;
      Duration performed;
      std::uint8_t traffic_class = 0;
    };
    std::array<Write, 64> writes_{};
    std::size_t count_ = 0;
  };
  struct EngineState {
    explicit EngineState(const EngineParameters& engine)
        : parameters{engine},
          tags{engine.tags},
          tags_large{engine.tags_large},
          buffers{engine.buffers},
          translations{engine.translations} {}

    const EngineParameters& parameters;
    Server reader;
    Server writer;
    Calendar port;
    Slots tags;
    Slots tags_large;
    Slots buffers;
    Slots translations;
    Duration next_issue;
    SentWrites sent;
  };
  /// Of one root-bus node: posted writes that wait for translation and a write buffer.
  struct PostedLines {
    LineBuffer lines;
    /// The latest time for which somebody asked. Who asks for an earlier one passes by: what is taken is taken later.
    Duration latest;
  };
  /// Times of one request on its way.
  struct Passage {
    /// On the first channel: when its first byte and its last byte left.
    Duration begun;
    Duration sent;
    /// Posted: globally performed. Else: the last completion is back.
    Duration end;
  };

  Duration write(EngineState& engine, const DmaOperation& operation);
  Duration read(EngineState& engine, const DmaOperation& operation);
  /// Of an operation.
  struct Progress {
    /// When its next request may be issued.
    Duration next;
    /// When it may ask for a translation; the last that it asked for is there.
    Duration translated;
    bool asks = false;
  };
  /// Requests of an operation: from `first` to before `last`.
  struct Batch {
    std::size_t first;
    std::size_t last;
  };
  Duration read_batch(EngineState& engine, const DmaOperation& operation, Batch batch, Progress& progress);
  static std::size_t batch_end(const DmaOperation& operation, std::size_t first, std::size_t at_once);
  void ask(EngineState& engine, const DmaOperation& operation, const Tlp& request, Progress& progress);
  static void end_translations(EngineState& engine, const Progress& progress);
  Duration message(EngineState& engine, const DmaOperation& operation);
  static Duration move(EngineState& engine, Server& side, Duration start, std::uint64_t bytes, bool first);
  Passage pass(const Tlp& tlp, Duration ready, const EngineState* engine);
  Passage pass_back(const Tlp& tlp, std::size_t channels, Passage passage);
  static Front cross(ChannelState& channel, std::uint64_t bytes, Front front);
  /// The lines that a posted write needs at its root port; nullptr: it needs none, or asks out of order.
  PostedLines* lines_for(const Tlp& tlp, Duration ready);
  Duration wait_for_lines(const PostedLines& port, const Tlp& tlp, Duration ready);
  Duration approach_of(const Tlp& tlp);
  Duration measure_approach(const Tlp& tlp) const;

  const Network& network_;
  std::vector<ChannelState> channels_;
  std::vector<EngineState> engines_;
  std::vector<PostedLines> posted_lines_;
  UnderWay under_way_;
};

}  // namespace iommusim::timing
