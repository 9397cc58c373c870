// SPDX-License-Identifier: Apache-2.0
#include "traces/parse_places.h"

#include "traces/parse_action.h"

#include <fmt/format.h>

#include <limits>
#include <string>

namespace iommusim::traces {
namespace {

constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// DEVICE.BAR or DEVICE.BAR+OFFSET; the result is the offset.
std::uint64_t take_bar(Tokens& tokens, BarName& bar) {
  constexpr std::string_view expected = "an address, or a BAR with an offset, as in gpu0.2+0x1000";
  const Token token = tokens.take(expected);
  const std::size_t plus = token.text.find('+');
  const std::string_view name = token.text.substr(0, plus);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || !is_name(name.substr(0, dot))) tokens.fail(token, expected);
  const std::string_view index = name.substr(dot + 1);
  if (index.size() != 1 || index.front() < '0' || index.front() > '5') tokens.fail(token, expected);
  bar = BarName{std::string{name.substr(0, dot)}, static_cast<unsigned>(index.front() - '0')};
  if (plus == std::string_view::npos) return 0;
  const auto offset = parse_size(token.text.substr(plus + 1));
  if (!offset) tokens.fail(token, expected);
  return *offset;
}

}  // namespace

std::uint64_t take_address(Tokens& tokens) {
  return tokens.take_number("an address", 0, any);
}

std::uint64_t take_place(Tokens& tokens, BarName& bar) {
  const std::string_view text = tokens.peek().text;
  return !text.empty() && is_letter(text.front()) ? take_bar(tokens, bar) : take_address(tokens);
}

std::uint64_t take_page_address(Tokens& tokens, std::string_view expected) {
  const Token token = tokens.peek();
  const std::uint64_t address = tokens.take_number(expected, 0, any);
  if (address % page_4k != 0) tokens.fail(token, expected);
  return address;
}

void refuse_wrap(const Tokens& tokens, const Token& where, std::uint64_t address, std::uint64_t size) {
  if (size > 0 && size - 1 > any - address)
    tokens.refuse(where, fmt::format("{} bytes at {} pass the end of the address space", size, format_hex(address)));
}

Pages take_pages(Tokens& tokens) {
  constexpr std::string_view expected = "a size that is a multiple of 4 KiB";
  const Token where = tokens.peek();
  const Iova iova{take_page_address(tokens, "an I/O address that is a multiple of 4 KiB")};
  const Token size_word = tokens.peek();
  const std::uint64_t size = tokens.take_size(expected, page_4k, any);
  if (size % page_4k != 0) tokens.fail(size_word, expected);
  refuse_wrap(tokens, where, iova.value(), size);
  return {iova, size};
}

bool is_name(std::string_view text) {
  if (text.empty() || !(is_letter(text.front()) || is_digit(text.front()))) return false;
  for (const char c : text)
    if (!is_letter(c) && !is_digit(c) && c != '-' && c != '.' && c != ':' && c != '/') return false;
  return true;
}

}  // namespace iommusim::traces
