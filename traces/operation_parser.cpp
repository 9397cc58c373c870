// SPDX-License-Identifier: Apache-2.0
#include "traces/operation_parser.h"

#include "traces/parse_action.h"
#include "traces/tokens.h"

#include <fmt/format.h>

namespace iommusim::traces {
namespace {

constexpr std::string_view expected_time = "a time with its unit (ps, ns, us, ms or s), such as 10ns or +10ns";
constexpr std::string_view end_of_time = "a time below 2^64 ps, which is about 213 days";

[[noreturn]] void fail_duration(const Tokens& tokens, const Token& found, DurationProblem problem) {
  switch (problem) {
    case DurationProblem::none:
    case DurationProblem::malformed: break;
    case DurationProblem::too_fine: tokens.fail(found, "a whole number of picoseconds");
    case DurationProblem::too_long: tokens.fail(found, end_of_time);
  }
  tokens.fail(found, expected_time);
}

}  // namespace

Duration OperationParser::length_of(const Tokens& tokens, const Token& token, std::string_view number) {
  if (number == last_number_) return last_length_;
  const auto length = parse_duration(number);
  if (!length) fail_duration(tokens, token, why_no_duration(number));
  last_number_ = number;
  last_length_ = *length;
  return *length;
}

/// `+LENGTH` counts from the time before, a time without sign from the start.
Duration OperationParser::take_time(Tokens& tokens) {
  const Token token = tokens.take(expected_time);
  const bool relative = token.text.front() == '+';
  const Duration length = length_of(tokens, token, token.text.substr(relative ? 1 : 0));
  if (!relative && length < time_) {
    const auto [now, before] = format_durations(length, time_);
    tokens.refuse(token, fmt::format("time goes backwards: {} after {}", now, before));
  }
  const Duration time = relative ? time_ + length : length;
  // The sum began again at 0.
  if (time < time_) tokens.fail(token, end_of_time);
  return time;
}

bool OperationParser::parse(std::string_view line, std::uint64_t line_number, TraceOperation& operation) {
  Tokens tokens{line, path_, line_number};
  if (tokens.done()) return false;
  operation.time = take_time(tokens);
  const Token device = tokens.take("the name of a device");
  // Most lines name the device of the line before, which is known to be a name.
  if (operation.device != device.text) {
    if (!is_name(device.text)) tokens.fail(device, "the name of a device");
    operation.device.assign(device.text);
  }
  operation.line = line_number;
  operation.column = static_cast<std::uint32_t>(device.column);
  parse_action(device.text, tokens, operation.action);
  tokens.finish();
  time_ = operation.time;
  return true;
}

}  // namespace iommusim::traces
