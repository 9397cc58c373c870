// SPDX-License-Identifier: Apache-2.0
#include "traces/tokens.h"

#include "traces/quoted.h"
#include "traces/source_position.h"

#include <fmt/format.h>

namespace iommusim::traces {

Tokens::Tokens(std::string_view line, const std::string& file, std::uint64_t line_number)
    : line_{line}, file_{file}, line_number_{line_number} {
  advance();
}

bool Tokens::take_if(std::string_view text) {
  if (next_.text != text) return false;
  advance();
  return true;
}

std::optional<Token> Tokens::take_if_prefixed(std::string_view prefix) {
  if (next_.text.substr(0, prefix.size()) != prefix) return std::nullopt;
  const Token rest{next_.text.substr(prefix.size()), next_.column + prefix.size()};
  advance();
  return rest;
}

void Tokens::finish() const {
  if (!done()) fail(next_, "the end of the line");
}

std::uint64_t Tokens::take_number(std::string_view expected, std::uint64_t least, std::uint64_t most) {
  const Token token = take(expected);
  const auto value = parse_unsigned(token.text);
  if (!value || *value < least || *value > most) fail(token, expected);
  return *value;
}

std::uint64_t Tokens::take_size(std::string_view expected, std::uint64_t least, std::uint64_t most) {
  const Token token = take(expected);
  const auto value = parse_size(token.text);
  if (!value || *value < least || *value > most) fail(token, expected);
  return *value;
}

void Tokens::fail(const Token& found, std::string_view expected) const {
  refuse(found, fmt::format("found {}, expected {}", found.text.empty() ? "the end of the line" : quoted(found.text),
                            expected));
}

void Tokens::refuse(const Token& where, const std::string& message) const {
  throw InputError(source_position(file_, line_number_, where.column), message);
}

}  // namespace iommusim::traces
