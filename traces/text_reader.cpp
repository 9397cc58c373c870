// SPDX-License-Identifier: Apache-2.0
#include "traces/text_reader.h"

#include "traces/parse_action.h"
#include "traces/source_position.h"
#include "traces/tokens.h"

#include <fmt/format.h>

namespace iommusim::traces {
namespace {

/// `+LENGTH` counts from `previous`, a time without sign from the start.
Duration take_time(Tokens& tokens, Duration previous) {
  constexpr std::string_view expected = "a time with its unit (ps, ns, us, ms or s), such as 10ns or +10ns";
  const Token token = tokens.take(expected);
  const bool relative = token.text.front() == '+';
  const auto parsed = parse_duration(token.text.substr(relative ? 1 : 0));
  if (!parsed) tokens.fail(token, expected);
  const Duration time = relative ? previous + *parsed : *parsed;
  if (time < previous) {
    if (relative) tokens.refuse(token, "the time passes the end of simulated time (about 213 days)");
    tokens.refuse(token,
                  fmt::format("time goes backwards: {} after {}", format_duration(time), format_duration(previous)));
  }
  return time;
}

}  // namespace

TextReader::TextReader(const std::string& path) : lines_{path} {}

bool TextReader::next(TraceOperation& operation) {
  std::string_view line;
  while (lines_.next(line)) {
    Tokens tokens{line, path(), lines_.line_number()};
    if (tokens.done()) continue;
    line_ = line;
    operation.time = take_time(tokens, time_);
    const Token device = tokens.take("the name of a device");
    if (!is_name(device.text)) tokens.fail(device, "the name of a device");
    operation.device.assign(device.text);
    operation.line = lines_.line_number();
    operation.column = static_cast<std::uint32_t>(device.column);
    operation.action = parse_action(device.text, tokens);
    tokens.finish();
    time_ = operation.time;
    return true;
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
