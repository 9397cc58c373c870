// SPDX-License-Identifier: Apache-2.0
#include "software/smmuv3_events.h"

#include "base/word.h"
#include "software/smmuv3_queue.h"

#include <utility>

namespace iommusim::software {

using smmuv3::Command;
using smmuv3::Event;
using smmuv3::EventCode;
using smmuv3::Idr1;
using smmuv3::Opcode;
using smmuv3::OutputQueueConsumer;
using smmuv3::OutputQueueProducer;
using smmuv3::QueueIndexRegister;
using smmuv3::RegisterId;
using smmuv3::ResumeCommand;

namespace {

/// Reports that nobody asks for: more are counted as lost.
constexpr std::size_t most_reports = 4096;

std::optional<Pasid> pasid_of(const Event& event) {
  return event.has_substream ? std::optional{Pasid{event.substream}} : std::nullopt;
}

FaultedRequest request_kind(const Event& event) {
  if (event.code == EventCode::e_page_request) return FaultedRequest::page_request;
  return event.read ? FaultedRequest::read : FaultedRequest::write;
}

}  // namespace

Smmuv3Events::Smmuv3Events(Smmuv3Registers& registers, Smmuv3Commands& commands, const StreamIds& streams,
                           PageAllocator& pages)
    : registers_{registers},
      commands_{commands},
      streams_{streams},
      base_{queue_base(pages, registers.idr1().get<Idr1::EVENTQS>(), Event::bytes)},
      queue_{geometry_of(base_, Event::bytes)} {}

void Smmuv3Events::start() {
  registers_.write(RegisterId::eventq_base, base_);
  registers_.write(RegisterId::eventq_prod, QueueIndexRegister{});
  registers_.write(RegisterId::eventq_cons, QueueIndexRegister{});
}

/// What the handler's mappings bring about is left for the next time.
std::uint64_t Smmuv3Events::serve(const PageFaultHandler& handler) {
  read_queue();
  const std::vector<Event> waiting = std::exchange(stalled_, {});
  for (const Event& event : waiting) {
    iommu::PageRequest request;
    request.requester = streams_.requester_of(event.stream);
    request.pasid = pasid_of(event);
    request.address = Iova{event.input_address}.aligned_down(page_4k);
    request.read = event.read && !event.instruction;
    request.write = !event.read;
    request.execute = event.instruction;
    request.privileged = event.privileged;
    const bool made = handler(request) == iommu::PageResponse::success;
    if (!made) report(event);
    resume(event, made);
  }
  // The unit that does not go on keeps the transactions, as it would on real hardware.
  if (!waiting.empty()) static_cast<void>(commands_.synchronize());
  return waiting.size();
}

FaultReports Smmuv3Events::drain() {
  read_queue();
  return std::exchange(reports_, {});
}

/// Moving CONS with OVFLG copied acknowledges an overflow (7.4).
void Smmuv3Events::read_queue() {
  const auto producer = registers_.read<OutputQueueProducer>(RegisterId::eventq_prod);
  auto consumer = registers_.read<OutputQueueConsumer>(RegisterId::eventq_cons);
  const bool overflow = producer.get<OutputQueueProducer::OVFLG>();
  const bool is_new_overflow = overflow != consumer.get<OutputQueueConsumer::OVACKFLG>();
  if (queue_.is_empty(producer.raw(), consumer.raw()) && !is_new_overflow) return;
  for (; !queue_.is_empty(producer.raw(), consumer.raw());
       consumer.set<OutputQueueConsumer::RD>(queue_.next(consumer.raw()))) {
    const Event event = read(consumer.raw());
    if (event.stall)
      stalled_.push_back(event);
    else
      report(event);
  }
  reports_.overflow = reports_.overflow || is_new_overflow;
  consumer.set<OutputQueueConsumer::OVACKFLG>(overflow);
  registers_.write(RegisterId::eventq_cons, consumer);
}

Event Smmuv3Events::read(std::uint64_t index) const {
  Event::Words words{};
  for (std::size_t i = 0; i < words.size(); ++i)
    words[i] = registers_.bus().load64(queue_.address(index) + 8 * i);
  return smmuv3::event_of(words);
}

void Smmuv3Events::report(const Event& event) {
  if (reports_.records.size() == most_reports) {
    reports_.overflow = true;
    return;
  }
  FaultReport report;
  report.requester = streams_.requester_of(event.stream);
  report.reason = static_cast<std::uint8_t>(event.code);
  report.request = request_kind(event);
  report.page = Iova{event.input_address}.aligned_down(page_4k);
  report.pasid = pasid_of(event);
  reports_.records.push_back(report);
}

void Smmuv3Events::resume(const Event& event, bool retry) {
  auto command = command_of<ResumeCommand>(Opcode::resume);
  command.set<Command::StreamID>(event.stream);
  command.set<ResumeCommand::Ac>(retry);
  command.set<ResumeCommand::Ab>(!retry);
  command.set<ResumeCommand::STAG>(event.stall_tag);
  commands_.put(command);
}

}  // namespace iommusim::software
