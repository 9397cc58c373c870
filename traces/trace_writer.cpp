// SPDX-License-Identifier: Apache-2.0
#include "traces/trace_writer.h"

#include "traces/binary_writer.h"
#include "traces/text_writer.h"

namespace iommusim::traces {
namespace {

bool ends_with(std::string_view text, std::string_view suffix) {
  return text.size() > suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

}  // namespace

std::unique_ptr<TraceWriter> make_trace(const std::string& path, int level) {
  if (ends_with(path, ".btrace") || ends_with(path, ".btrace.zst")) return std::make_unique<BinaryWriter>(path, level);
  return std::make_unique<TextWriter>(path, TimeForm::relative, level);
}

}  // namespace iommusim::traces
