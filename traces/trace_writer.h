// SPDX-License-Identifier: Apache-2.0
// A trace being written, whatever its form.
#pragma once

#include "traces/operation.h"

#include <memory>
#include <string>
#include <string_view>

namespace iommusim::traces {

/// The file appears when close() returns, and only then.
class TraceWriter {
 public:
  TraceWriter() = default;
  virtual ~TraceWriter() = default;
  TraceWriter(const TraceWriter&) = delete;
  TraceWriter& operator=(const TraceWriter&) = delete;

  /// `text` has no line ends.
  virtual void comment(std::string_view text) = 0;
  /// Times must not decrease. Throws InputError when the file cannot be written, and when explicit data makes
  /// the line longer than the 64 KiB that a reader takes.
  virtual void write(const TraceOperation& operation) = 0;
  /// Finishes the file. Throws InputError; then there is no file.
  virtual void close() = 0;
};

/// Names that end in ".btrace" or ".btrace.zst" are of the binary form; other files get text with relative times.
/// Those that end in ".zst" are compressed, with `level`. Throws InputError when the file cannot be made.
std::unique_ptr<TraceWriter> make_trace(const std::string& path, int level = 3);

}  // namespace iommusim::traces
