// SPDX-License-Identifier: Apache-2.0
#include "traces/trace_reader.h"

#include "base/input_file.h"
#include "traces/binary_form.h"
#include "traces/binary_reader.h"
#include "traces/text_reader.h"

#include <utility>

namespace iommusim::traces {

std::unique_ptr<TraceReader> open_trace(const std::string& path) {
  InputFile file{path};
  std::string head(binary_form::magic.size(), '\0');
  std::size_t size = 0;
  while (size < head.size()) {
    const std::size_t part = file.read(head.data() + size, head.size() - size);
    if (part == 0) break;
    size += part;
  }
  head.resize(size);
  if (head == binary_form::magic) return std::make_unique<BinaryReader>(std::move(file));
  return std::make_unique<TextReader>(std::move(file), head);
}

}  // namespace iommusim::traces
