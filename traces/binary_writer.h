// SPDX-License-Identifier: Apache-2.0
// Writes the binary form of a trace, compressed when the file's name ends in ".zst".
#pragma once

#include "traces/binary_form.h"
#include "traces/line_sink.h"
#include "traces/trace_writer.h"

#include <cstdint>
#include <string>
#include <unordered_map>

namespace iommusim::traces {

class BinaryWriter final : public TraceWriter {
 public:
  /// `level`: of zstd. Throws InputError when the file cannot be made.
  explicit BinaryWriter(const std::string& path, int level = 3);

  void comment(std::string_view text) override;
  void write(const TraceOperation& operation) override;
  void close() override { file_.close(); }

 private:
  void write_text(binary_form::RecordKind kind, std::string_view text);
  void write_dma(std::uint16_t device, Duration step, const Dma& dma);

  std::string path_;
  LineSink file_;
  Duration time_;
  std::unordered_map<std::string, std::uint16_t> numbers_;
};

}  // namespace iommusim::traces
