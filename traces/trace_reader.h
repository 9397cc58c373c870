// SPDX-License-Identifier: Apache-2.0
// A trace being read, whatever its form.
#pragma once

#include "base/input_error.h"
#include "traces/operation.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace iommusim::traces {

/// One operation after the other, in constant memory. Device and buffer names are not resolved here.
class TraceReader {
 public:
  TraceReader() = default;
  virtual ~TraceReader() = default;
  TraceReader(const TraceReader&) = delete;
  TraceReader& operator=(const TraceReader&) = delete;

  /// Fills in the next operation, a new one or one that this function has filled in; false after the last one. Throws
  /// InputError with its place for what is not a trace: bad words or records, times that go backwards, lines above 64
  /// KiB, damaged compression.
  virtual bool next(TraceOperation& operation) = 0;

  virtual const std::string& path() const = 0;
  /// Where the device of `operation`, which came from this reader, is written: for errors found later.
  virtual SourcePosition position_of(const TraceOperation& operation) const = 0;
  /// The same for a word of its line: 0 is the time, 1 the device, 2 what it does. Only for the operation that next()
  /// gave last.
  virtual SourcePosition position_of_word(const TraceOperation& operation, std::size_t word) const = 0;
  /// For progress: bytes of the file read, and its size (0: unknown).
  virtual std::uint64_t bytes_consumed() const = 0;
  virtual std::uint64_t bytes_total() const = 0;
};

/// What the file begins with tells its form. Throws InputError when it cannot be opened.
std::unique_ptr<TraceReader> open_trace(const std::string& path);

}  // namespace iommusim::traces
