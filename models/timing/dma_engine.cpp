// SPDX-License-Identifier: Apache-2.0
#include "timing/dma_engine.h"

#include <algorithm>

namespace iommusim::timing {

void DmaEngine::begin(std::uint32_t operation, Duration now) {
  const OperationState& state = operations_[operation];
  if (state.message) {
    for (const std::uint32_t flight : state.flights)
      actions_.send(flight);
    return;
  }
  if (!state.gates.empty()) {
    translating_.push(operation);
    request_translations(now);
  }
  if (state.is_read()) {
    reads_.push(operation);
    issue_read(now);
  } else {
    writes_.push(operation);
    load_writes(now);
  }
}

void DmaEngine::on_event(EngineEvent event, Duration now) {
  switch (event) {
    case EngineEvent::read_moved: return on_read_moved(now);
    case EngineEvent::write_moved: return on_write_moved(now);
    case EngineEvent::may_send: return send_next(now);
    case EngineEvent::sent: return on_transmitted(now);
  }
}

void DmaEngine::on_sent(std::uint32_t flight, Duration now, Duration end) {
  if (flights_[flight].tlp.gates) return;
  const std::uint32_t index = flights_[flight].operation;
  OperationState& operation = operations_[index];
  ++operation.sent;
  if (operation.is_read()) return on_read_sent(operation, now);
  if (!operation.message) return on_write_sent(operation, now, end);
  if (operation.sent == operation.flights.size()) actions_.end(index, end);
}

/// A device asks ahead: operations that wait for their turn have their translations when it comes.
void DmaEngine::request_translations(Duration now) {
  while (translations_ != 0 && !translating_.is_empty()) {
    --translations_;
    ask(operations_[translating_.pop()], now);
  }
}

void DmaEngine::ask(OperationState& operation, Duration now) {
  operation.asked = now;
  actions_.send(operation.gates[operation.translated].flight);
}

void DmaEngine::on_translated(std::uint32_t index, Duration now) {
  OperationState& operation = operations_[index];
  actions_.translated(operation, now);
  actions_.release(operation.gates[operation.translated].flight);
  ++operation.translated;
  if (operation.translated < operation.gates.size()) {
    ask(operation, now);
  } else {
    ++translations_;
    request_translations(now);
  }
  if (operation.is_read()) return issue_read(now);
  if (!is_stalled_ || transmitting_.front() != index || !operation.may_go_on()) return;
  is_stalled_ = false;
  send_or_wait(now);
}

unsigned& DmaEngine::tags_of(const OperationState& operation) {
  return operation.size > parameters_.large ? tags_large_ : tags_;
}

/// One request at a time waits for the link, so that writes find their turn.
void DmaEngine::issue_read(Duration now) {
  if (is_issuing_ || reads_.is_empty()) return;
  const OperationState& operation = operations_[reads_.front()];
  if (!operation.may_go_on()) return;
  if (operation.flights.empty()) {
    actions_.end(reads_.pop(), now + parameters_.command / 2);
    return issue_read(now);
  }
  unsigned& tags = tags_of(operation);
  if (tags == 0) return;
  --tags;
  is_issuing_ = true;
  actions_.send(operation.flights[operation.sent]);
}

void DmaEngine::on_read_sent(const OperationState& operation, Duration now) {
  is_issuing_ = false;
  if (operation.sent == operation.flights.size()) reads_.pop();
  issue_read(now);
}

void DmaEngine::on_answered(std::uint32_t flight, Duration now) {
  const std::uint32_t index = flights_[flight].operation;
  if (flights_[flight].tlp.gates) return on_translated(index, now);
  OperationState& operation = operations_[index];
  ++operation.answered;
  const bool is_complete = operation.answered == operation.flights.size();
  if (!parameters_.has_engine()) {
    ++tags_of(operation);
    if (is_complete) {
      for (const std::uint32_t request : operation.flights)
        actions_.release(request);
      actions_.end(index, now + parameters_.command / 2);
    }
    issue_read(now);
  } else if (operation.answered == batch_end(operation)) {
    answered_.push(index);
    if (!is_moving_read_) move_read(now);
  }
}

/// Requests that have tags at the same time are moved when all of them are answered.
std::size_t DmaEngine::batch_end(const OperationState& operation) const {
  const std::size_t at_once = parameters_.tags_of(operation.size);
  const std::size_t batches_begun = (operation.answered + at_once - 1) / at_once;
  return std::min(operation.flights.size(), batches_begun * at_once);
}

/// The time at which an engine and the port that both share have moved one chunk.
Duration DmaEngine::move(Duration now, std::uint64_t bytes, bool first) {
  const std::size_t lines = lines_of(bytes);
  const Duration port_time = parameters_.port_time(lines, first);
  const Duration port_end = port_.reserve(now, port_time) + port_time;
  return std::max(now + parameters_.engine_time(lines), port_end);
}

void DmaEngine::move_read(Duration now) {
  const OperationState& operation = operations_[answered_.front()];
  is_moving_read_ = true;
  const Flight& request = flights_[operation.flights[operation.moved]];
  actions_.wake(index_, EngineEvent::read_moved, move(now, request.tlp.size, operation.moved == 0));
}

void DmaEngine::on_read_moved(Duration now) {
  const std::uint32_t index = answered_.front();
  OperationState& operation = operations_[index];
  actions_.release(operation.flights[operation.moved]);
  ++operation.moved;
  ++tags_of(operation);
  is_moving_read_ = false;
  // Requests behind the batch may be answered already; they are moved when all of their own batch are.
  const bool is_batch_moved = operation.moved % parameters_.tags_of(operation.size) == 0;
  if (is_batch_moved || operation.moved == operation.flights.size()) answered_.pop();
  if (operation.moved == operation.flights.size()) actions_.end(index, now + parameters_.command / 2);
  if (!answered_.is_empty()) move_read(now);
  issue_read(now);
}

void DmaEngine::load_writes(Duration now) {
  while (loading_ == nobody && buffers_ != 0 && !writes_.is_empty()) {
    --buffers_;
    const std::uint32_t operation = writes_.pop();
    if (!parameters_.has_engine()) {
      transmit(operation, now);
      continue;
    }
    loading_ = operation;
    loaded_ = 0;
    load_chunk(now);
  }
}

void DmaEngine::load_chunk(Duration now) {
  const OperationState& operation = operations_[loading_];
  chunk_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(parameters_.chunk, operation.size - loaded_));
  actions_.wake(index_, EngineEvent::write_moved, move(now, chunk_, loaded_ == 0));
}

void DmaEngine::on_write_moved(Duration now) {
  loaded_ += chunk_;
  if (loaded_ < operations_[loading_].size) return load_chunk(now);
  const std::uint32_t operation = loading_;
  loading_ = nobody;
  transmit(operation, now);
  load_writes(now);
}

void DmaEngine::transmit(std::uint32_t operation, Duration now) {
  transmitting_.push(operation);
  if (transmitting_.size() == 1) send_or_wait(now);
}

void DmaEngine::send_or_wait(Duration now) {
  if (next_issue_ <= now)
    send_next(now);
  else
    actions_.wake(index_, EngineEvent::may_send, next_issue_);
}

void DmaEngine::send_next(Duration now) {
  const OperationState& operation = operations_[transmitting_.front()];
  is_stalled_ = !operation.may_go_on();
  if (is_stalled_) return;
  if (operation.flights.empty()) return actions_.wake(index_, EngineEvent::sent, now);
  actions_.send(operation.flights[operation.sent]);
}

void DmaEngine::on_write_sent(const OperationState& operation, Duration now, Duration end) {
  next_issue_ = std::max(now + parameters_.issue, end);
  if (operation.sent < operation.flights.size())
    actions_.wake(index_, EngineEvent::may_send, next_issue_);
  else
    actions_.wake(index_, EngineEvent::sent, end);
}

/// The last byte of a write is on the link.
void DmaEngine::on_transmitted(Duration now) {
  const std::uint32_t operation = transmitting_.pop();
  ++buffers_;
  actions_.end(operation, now + parameters_.command / 2);
  if (!transmitting_.is_empty()) send_or_wait(now);
  load_writes(now);
}

}  // namespace iommusim::timing
