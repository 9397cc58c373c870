// SPDX-License-Identifier: Apache-2.0
#include "traces/generate.h"

#include <utility>

namespace iommusim::traces {

std::uint64_t stride_of(const Workload& workload) {
  return (workload.size + workload.align - 1) / workload.align * workload.align;
}

WorkloadGenerator::WorkloadGenerator(Workload workload)
    : workload_{std::move(workload)},
      stride_{stride_of(workload_)},
      places_{workload_.window / stride_},
      streams_(workload_.devices.size()),
      random_{workload_.seed} {}

bool WorkloadGenerator::next(TraceOperation& operation) {
  if (given_ == workload_.count) return false;
  const std::size_t turn = given_ % streams_.size();
  Stream& stream = streams_[turn];
  Dma dma;
  dma.operation = operation_of(stream);
  dma.size = workload_.size;
  if (workload_.kind != WorkloadKind::write_read || dma.operation == Operation::write) advance_address(stream);
  dma.address = stream.address;
  ++stream.done;
  operation = {workload_.interval * given_, workload_.devices[turn], std::move(dma)};
  ++given_;
  return true;
}

Operation WorkloadGenerator::operation_of(const Stream& stream) const {
  const bool even = stream.done % 2 == 0;
  switch (workload_.kind) {
    case WorkloadKind::read: return Operation::read;
    case WorkloadKind::write: return Operation::write;
    case WorkloadKind::alternate: return even ? Operation::read : Operation::write;
    case WorkloadKind::write_read: break;
  }
  return even ? Operation::write : Operation::read;
}

void WorkloadGenerator::advance_address(Stream& stream) {
  // The standard's distributions differ between libraries. Among 2^64 numbers the remainder favours no place by more
  // than one in 2^64 / places.
  const std::uint64_t number = workload_.order == AddressOrder::random ? random_() : stream.addresses;
  ++stream.addresses;
  stream.address = workload_.base + (number % places_) * stride_;
}

}  // namespace iommusim::traces
