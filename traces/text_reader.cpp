// SPDX-License-Identifier: Apache-2.0
#include "traces/text_reader.h"

#include "traces/source_position.h"
#include "traces/tokens.h"

#include <utility>

namespace iommusim::traces {

TextReader::TextReader(InputFile file, std::string_view head)
    : lines_{std::move(file), head}, parser_{lines_.file().path()} {}

bool TextReader::next(TraceOperation& operation) {
  std::string_view line;
  while (lines_.next(line)) {
    line_ = line;
    if (parser_.parse(line, lines_.line_number(), operation)) return true;
  }
  return false;
}

SourcePosition TextReader::position_of_word(const TraceOperation& operation, std::size_t word) const {
  if (operation.line != lines_.line_number()) return position_of(operation);
  Tokens tokens{line_, path(), operation.line};
  for (std::size_t i = 0; i < word && !tokens.done(); ++i)
    tokens.take("a word");
  if (tokens.done()) return position_of(operation);
  return source_position(path(), operation.line, tokens.peek().column);
}

SourcePosition TextReader::position_of(const TraceOperation& operation) const {
  return source_position(path(), operation.line, operation.column);
}

}  // namespace iommusim::traces
