// SPDX-License-Identifier: Apache-2.0
// Time with events: TLPs queue in front of links, wait for credits, and are answered in the order in which they come.
#pragma once

#include "timing/clock.h"
#include "timing/credits.h"
#include "timing/dma_engine.h"
#include "timing/egress.h"
#include "timing/event_queue.h"
#include "timing/flight.h"
#include "timing/link_errors.h"
#include "timing/network.h"
#include "timing/performed_writes.h"
#include "timing/pool.h"

#include <cstdint>
#include <string>
#include <vector>

namespace iommusim::timing {

/// A TLP in front of a link.
struct QueuedTlp {
  ChannelIndex link = 0;
  /// The link that it came by, nobody for the device's own.
  std::uint32_t from = nobody;
  std::uint8_t virtual_channel = 0;
  FlowClass type = FlowClass::posted;
  /// Rises with every TLP that is queued.
  std::uint64_t number = 0;
  /// Itself, or what it answers.
  const Tlp& request;
};

/// Told of every TLP that comes to the queues of a link and of every one that is sent: for checks of the order.
class LinkMonitor {
 public:
  virtual ~LinkMonitor() = default;
  virtual void on_queued(const QueuedTlp& tlp) = 0;
  virtual void on_sent(const QueuedTlp& tlp) = 0;
};

class EventClock final : public Clock, private EngineActions {
 public:
  explicit EventClock(const Network& network);
  ~EventClock() override = default;
  EventClock(const EventClock&) = delete;
  EventClock& operator=(const EventClock&) = delete;

  void submit(const DmaOperation& operation) override;
  Duration wait_for_slot(unsigned window) override;
  /// Throws std::logic_error with who waits for what when something never ends: a defect of the model.
  Duration finish() override;

  /// nullptr: nobody. Must outlive the clock.
  void watch(LinkMonitor* monitor) { monitor_ = monitor; }
  /// Every credit is where it belongs: true when nothing is in flight.
  bool credits_are_complete() const;
  /// One line for each link with TLPs in front of it.
  std::vector<std::string> waiting() const;

 private:
  enum class Kind : std::uint8_t {
    /// The command of an operation has been taken in.
    begin,
    /// A TLP comes to the front of the link that it crosses next.
    enqueue,
    /// A link is free again, or credits come back.
    send,
    /// The last byte of a TLP is at the end of its link.
    arrive,
    /// A request's data are ready, where it ended; or its requester gives it up.
    answer,
    end,
    read_moved,
    write_moved,
    may_send,
    sent,
  };

  struct ChannelState {
    ChannelState(const Network& network, std::size_t number, const Pool<Flight>& flights)
        : parameters{&network.channels[number]},
          egress{network.channels[number], network.channels, flights},
          errors{network.channels[number], network.seed, number} {}

    const Channel* parameters;
    Egress egress;
    LinkErrors errors;
    Duration busy_until;
    /// An event that looks at the queues again is under way for this time.
    std::optional<Duration> look_again;
  };

  void send(std::uint32_t flight) override;
  void wake(std::size_t engine, EngineEvent event, Duration time) override;
  void release(std::uint32_t flight) override { flights_.release(flight); }
  void end(std::uint32_t operation, Duration time) override;
  void translated(const OperationState& operation, Duration time) override;

  void step();
  void run_until(Duration time);
  void make_flights(std::uint32_t operation, const DmaOperation& facts);
  ChannelIndex next_channel(const Flight& flight) const;
  void enqueue(std::uint32_t flight);
  void serve(ChannelIndex channel);
  void look_again(ChannelIndex channel, Duration time);
  void transmit(ChannelIndex channel, std::uint32_t flight);
  void go_on(std::uint32_t flight, Duration head);
  void leave_buffer(Flight& flight, Duration time);
  void arrive(std::uint32_t flight);
  void arrive_completion(std::uint32_t flight);
  void answer(std::uint32_t request);
  std::size_t source_at(const Tlp& tlp, std::size_t step) const;
  QueuedTlp queued(ChannelIndex channel, const Flight& flight) const;

  const Network& network_;
  EventQueue<Kind> events_;
  Pool<Flight> flights_;
  Pool<OperationState> operations_;
  std::vector<ChannelState> channels_;
  std::vector<DmaEngine> engines_;
  PerformedWrites performed_;
  Duration now_;
  std::size_t under_way_ = 0;
  std::uint64_t arrivals_ = 0;
  LinkMonitor* monitor_ = nullptr;
};

}  // namespace iommusim::timing
