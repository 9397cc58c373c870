// SPDX-License-Identifier: Apache-2.0
// Traces made from a few numbers, for measuring: the same numbers give the same trace on every machine.
#pragma once

#include "traces/operation.h"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace iommusim::traces {

/// What each device of a workload does.
enum class WorkloadKind : std::uint8_t {
  read,
  write,
  /// read, write, read, …, each at an address of its own.
  alternate,
  /// write, then read of the same address.
  write_read,
};

enum class AddressOrder : std::uint8_t {
  /// Uniform over the window.
  random,
  /// Upwards, from the beginning again after the end.
  sequential,
};

/// Every device walks through the same window on its own; the devices take turns.
struct Workload {
  /// At least one.
  std::vector<std::string> devices;
  WorkloadKind kind = WorkloadKind::read;
  /// Bytes of each operation, at least 1.
  std::uint64_t size = 64;
  /// Operations of all devices together.
  std::uint64_t count = 0;
  BusAddr base;
  /// Bytes from `base` on; holds at least one operation as stride_of() counts it.
  std::uint64_t window = 0;
  /// Operations begin at multiples of it, counted from `base`. At least 1.
  std::uint64_t align = 64;
  AddressOrder order = AddressOrder::random;
  std::uint64_t seed = 1;
  /// From one operation to the next, whichever device does it.
  Duration interval;
};

/// From one possible address of an operation to the next: its size rounded up to the alignment, so that
/// operations never overlap in part.
std::uint64_t stride_of(const Workload& workload);

/// Gives the operations of a workload one after the other, in constant memory.
class WorkloadGenerator {
 public:
  explicit WorkloadGenerator(Workload workload);

  /// Fills in the next operation; false after the last one.
  bool next(TraceOperation& operation);

 private:
  /// Where a device stands.
  struct Stream {
    std::uint64_t done = 0;
    std::uint64_t addresses = 0;
    BusAddr address;
  };

  Operation operation_of(const Stream& stream) const;
  void advance_address(Stream& stream);

  Workload workload_;
  std::uint64_t stride_;
  std::uint64_t places_;
  std::vector<Stream> streams_;
  std::mt19937_64 random_;
  std::uint64_t given_ = 0;
};

}  // namespace iommusim::traces
