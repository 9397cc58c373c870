// SPDX-License-Identifier: Apache-2.0
// One line of a QEMU trace log: the event's name and its fields.
#pragma once

#include "base/requester_id.h"
#include "traces/line_source.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace iommusim::traces {

/// Refers to the line that `lines` gave last. Fields are found by the word before them, which may end with '=' or ':'
/// in place of a space.
class QemuEvent {
 public:
  QemuEvent(std::string_view line, const LineSource& lines);

  std::string_view name() const { return name_; }
  /// The word after `key`, in hexadecimal with 0x. Throws InputError when it is missing or no such number.
  std::uint64_t hexadecimal(std::string_view key) const;
  /// The word after `key`, in decimal digits.
  std::uint64_t decimal(std::string_view key) const;
  /// The word after `key`, "bb:dd.ff" in hexadecimal.
  RequesterId requester(std::string_view key) const;
  /// The word after `key` is `word`.
  bool says(std::string_view key, std::string_view word) const { return find_word_after(key) == word; }
  /// The line ends with this word.
  bool ends_with(std::string_view word) const;
  /// Throws InputError: what stands after `key` is not `expected`.
  [[noreturn]] void fail(std::string_view key, std::string_view expected) const;

 private:
  std::optional<std::string_view> find_word_after(std::string_view key) const;
  std::string_view word_after(std::string_view key, std::string_view expected) const;
  std::uint64_t digits(std::string_view text, std::uint64_t most, std::string_view key,
                       std::string_view expected) const;

  std::string_view line_;
  std::string_view name_;
  const LineSource& lines_;
};

}  // namespace iommusim::traces
