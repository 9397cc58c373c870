// SPDX-License-Identifier: Apache-2.0
// A device's DMA engine in approximate timing: read tags, transmit buffers, and the port through which data move.
#pragma once

#include "timing/clock.h"
#include "timing/flight.h"
#include "timing/index_queue.h"
#include "timing/parameters.h"
#include "timing/pool.h"
#include "timing/server.h"

#include <cstdint>
#include <vector>

namespace iommusim::timing {

/// One DMA or message under way.
struct OperationState {
  std::size_t engine = 0;
  std::size_t function = 0;
  Operation operation = Operation::read;
  bool message = false;
  Duration start;
  std::uint64_t size = 0;
  /// Its requests; kept for its memory.
  std::vector<std::uint32_t> flights;
  /// A translation request, and the first of `flights` that waits for its answer.
  struct Gate {
    std::uint32_t flight = nobody;
    std::size_t before = 0;
  };
  std::vector<Gate> gates;
  std::size_t translated = 0;
  /// When the translation request under way was handed to the link.
  Duration asked;
  std::size_t sent = 0;
  std::size_t answered = 0;
  std::size_t moved = 0;

  bool is_read() const { return operation != Operation::write; }
  /// Nothing holds the next request.
  bool may_go_on() const { return translated == gates.size() || gates[translated].before > sent; }
};

/// What a DMA engine waits for.
enum class EngineEvent : std::uint8_t { read_moved, write_moved, may_send, sent };

/// What a DMA engine asks of the clock.
class EngineActions {
 public:
  virtual ~EngineActions() = default;
  /// Puts a request in front of the link; on_sent() follows when it is sent.
  virtual void send(std::uint32_t flight) = 0;
  virtual void wake(std::size_t engine, EngineEvent event, Duration time) = 0;
  virtual void release(std::uint32_t flight) = 0;
  virtual void end(std::uint32_t operation, Duration time) = 0;
  /// A translation request of the operation was answered.
  virtual void translated(const OperationState& operation, Duration time) = 0;
};

class DmaEngine {
 public:
  DmaEngine(std::size_t index, const EngineParameters& parameters, Pool<OperationState>& operations,
            const Pool<Flight>& flights, EngineActions& actions)
      : index_{index},
        parameters_{parameters},
        operations_{operations},
        flights_{flights},
        actions_{actions},
        tags_{parameters.tags},
        tags_large_{parameters.tags_large},
        buffers_{parameters.buffers},
        translations_{parameters.translations} {}

  /// The command and its descriptor have been taken in.
  void begin(std::uint32_t operation, Duration now);
  /// The link began to send the request at `now`, until `end`.
  void on_sent(std::uint32_t flight, Duration now, Duration end);
  /// The request has all its completions.
  void on_answered(std::uint32_t flight, Duration now);
  void on_event(EngineEvent event, Duration now);

 private:
  unsigned& tags_of(const OperationState& operation);
  void request_translations(Duration now);
  void ask(OperationState& operation, Duration now);
  void on_translated(std::uint32_t index, Duration now);
  void issue_read(Duration now);
  void on_read_sent(const OperationState& operation, Duration now);
  void on_write_sent(const OperationState& operation, Duration now, Duration end);
  std::size_t batch_end(const OperationState& operation) const;
  void move_read(Duration now);
  void on_read_moved(Duration now);
  void load_writes(Duration now);
  void load_chunk(Duration now);
  void on_write_moved(Duration now);
  void transmit(std::uint32_t operation, Duration now);
  void send_or_wait(Duration now);
  void send_next(Duration now);
  void on_transmitted(Duration now);
  Duration move(Duration now, std::uint64_t bytes, bool first);

  std::size_t index_;
  const EngineParameters& parameters_;
  Pool<OperationState>& operations_;
  const Pool<Flight>& flights_;
  EngineActions& actions_;

  unsigned tags_;
  unsigned tags_large_;
  unsigned buffers_;
  unsigned translations_;
  /// Operations that have not asked for their first translation.
  IndexQueue translating_;
  /// Both engines move their data through it.
  Server port_;

  /// Reads: to be issued; a request of theirs waits for the link; answered, to be moved.
  IndexQueue reads_;
  bool is_issuing_ = false;
  IndexQueue answered_;
  bool is_moving_read_ = false;

  /// Writes: to be loaded; the one that is loaded; loaded, to be sent.
  IndexQueue writes_;
  std::uint32_t loading_ = nobody;
  std::uint64_t loaded_ = 0;
  std::uint32_t chunk_ = 0;
  IndexQueue transmitting_;
  /// The first of them waits for a translation.
  bool is_stalled_ = false;
  Duration next_issue_;
};

}  // namespace iommusim::timing
