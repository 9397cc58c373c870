// SPDX-License-Identifier: Apache-2.0
// The words of one line of a trace.
#pragma once

#include "base/quantity.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iommusim::traces {

/// A word and the column of its first byte, from 1.
struct Token {
  std::string_view text;
  std::size_t column = 0;
};

/// Hands out the words of a line one after the other. Blanks (space, tab) separate them, `#` begins a
/// comment. What is missing or wrong is an InputError: position, what stands there, what was expected.
class Tokens {
 public:
  /// Both must outlive this object.
  Tokens(std::string_view line, const std::string& file, std::uint64_t line_number);

  /// No word is left.
  bool done() const { return next_.text.empty(); }
  /// The next word, which `expected` describes ("a size of 0 to 16 MiB").
  Token take(std::string_view expected) {
    const Token token = next_;
    if (token.text.empty()) fail(token, expected);
    advance();
    return token;
  }
  /// The next word when it is `text`.
  bool take_if(std::string_view text);
  /// The next word when it begins with `prefix`, without the prefix.
  std::optional<Token> take_if_prefixed(std::string_view prefix);
  /// Refuses words that are left.
  void finish() const;

  /// A number from `least` to `most`; `expected` describes it with its limits.
  std::uint64_t take_number(std::string_view expected, std::uint64_t least, std::uint64_t most);
  /// The same with KiB, MiB, GiB and TiB.
  std::uint64_t take_size(std::string_view expected, std::uint64_t least, std::uint64_t most);

  /// The word that stands next, empty at the end of the line.
  const Token& peek() const { return next_; }
  [[noreturn]] void fail(const Token& found, std::string_view expected) const;
  /// An error that is not about a single unexpected word.
  [[noreturn]] void refuse(const Token& where, const std::string& message) const;

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t'; }
  // One comparison for what stands in words, which is above '#'.
  static bool ends_word(char c) { return static_cast<unsigned char>(c) <= '#' && (is_blank(c) || c == '#'); }

  /// A comment is an end that stays: no word is found before it again. Inline: a trace is made of words.
  void advance() {
    const char* const line = line_.data();
    const char* const end = line + line_.size();
    const char* first = line + position_;
    while (first != end && is_blank(*first))
      ++first;
    const char* behind = first;
    while (behind != end && !ends_word(*behind))
      ++behind;
    next_.text = {first, static_cast<std::size_t>(behind - first)};
    next_.column = static_cast<std::size_t>(first - line) + 1;
    position_ = static_cast<std::size_t>(behind - line);
  }

  std::string_view line_;
  const std::string& file_;
  std::uint64_t line_number_;
  std::size_t position_ = 0;
  Token next_;
};

}  // namespace iommusim::traces
