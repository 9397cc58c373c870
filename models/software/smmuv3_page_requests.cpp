// SPDX-License-Identifier: Apache-2.0
#include "software/smmuv3_page_requests.h"

#include "software/smmuv3_queue.h"

namespace iommusim::software {

using smmuv3::Command;
using smmuv3::Idr1;
using smmuv3::Opcode;
using smmuv3::OutputQueueConsumer;
using smmuv3::OutputQueueProducer;
using smmuv3::PageRequestRecord;
using smmuv3::PageResponseCommand;
using smmuv3::QueueIndexRegister;
using smmuv3::RegisterId;

namespace {

PageResponseCommand::Response code_of(iommu::PageResponse response) {
  switch (response) {
    case iommu::PageResponse::success: return PageResponseCommand::Response::success;
    case iommu::PageResponse::invalid_request: return PageResponseCommand::Response::invalid;
    case iommu::PageResponse::response_failure: break;
  }
  return PageResponseCommand::Response::failure;
}

}  // namespace

Smmuv3PageRequests::Smmuv3PageRequests(Smmuv3Registers& registers, Smmuv3Commands& commands, const StreamIds& streams,
                                       PageAllocator& pages)
    : registers_{registers},
      commands_{commands},
      streams_{streams},
      base_{queue_base(pages, registers.idr1().get<Idr1::PRIQS>(), PageRequestRecord::bytes)},
      queue_{geometry_of(base_, PageRequestRecord::bytes)} {}

void Smmuv3PageRequests::start() {
  registers_.write(RegisterId::priq_base, base_);
  registers_.write(RegisterId::priq_prod, QueueIndexRegister{});
  registers_.write(RegisterId::priq_cons, QueueIndexRegister{});
}

/// Moving CONS with OVFLG copied ends an overflow (8.2).
std::uint64_t Smmuv3PageRequests::serve(const PageFaultHandler& handler) {
  const auto producer = registers_.read<OutputQueueProducer>(RegisterId::priq_prod);
  auto consumer = registers_.read<OutputQueueConsumer>(RegisterId::priq_cons);
  std::uint64_t served = 0;
  while (!queue_.is_empty(producer.raw(), consumer.raw())) {
    const PageRequestRecord record = read(consumer.raw());
    const auto request = smmuv3::request_of(record, streams_.requester_of(record.get<PageRequestRecord::StreamID>()));
    answer(record, handler(request));
    consumer.set<OutputQueueConsumer::RD>(queue_.next(consumer.raw()));
    ++served;
  }
  consumer.set<OutputQueueConsumer::OVACKFLG>(producer.get<OutputQueueProducer::OVFLG>());
  registers_.write(RegisterId::priq_cons, consumer);
  // A response that the unit does not take leaves the device waiting, as it would on real hardware.
  if (served != 0) static_cast<void>(commands_.synchronize());
  return served;
}

PageRequestRecord Smmuv3PageRequests::read(std::uint64_t index) const {
  PageRequestRecord record;
  for (std::size_t i = 0; i < PageRequestRecord::words; ++i)
    record.set_word(i, registers_.bus().load64(queue_.address(index) + 8 * i));
  return record;
}

/// Only the last request of a group is answered, and a device that has stopped waits for nothing.
void Smmuv3PageRequests::answer(const PageRequestRecord& record, iommu::PageResponse response) {
  using R = PageRequestRecord;
  const bool is_stop_marker = record.get<R::SSV>() && !record.get<R::Read>() && !record.get<R::Write>();
  if (!record.get<R::Last>() || is_stop_marker) return;
  auto command = command_of<PageResponseCommand>(Opcode::pri_resp);
  command.set<Command::StreamID>(record.get<R::StreamID>());
  command.set<Command::SSV>(record.get<R::SSV>());
  command.set<Command::SubstreamID>(record.get<R::SubstreamID>());
  command.set<PageResponseCommand::PRGIndex>(record.get<R::PRGIndex>());
  command.set<PageResponseCommand::Resp>(code_of(response));
  commands_.put(command);
}

}  // namespace iommusim::software
