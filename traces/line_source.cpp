// SPDX-License-Identifier: Apache-2.0
#include "traces/line_source.h"

#include "base/quantity.h"
#include "traces/source_position.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

namespace iommusim::traces {
namespace {

constexpr std::size_t first_buffer = std::size_t{64} * 1024;

}  // namespace

LineSource::LineSource(InputFile file, std::string_view head, std::size_t longest)
    : file_{std::move(file)}, longest_{longest}, buffer_(std::min(longest + 2, first_buffer), '\0'), end_{head.size()} {
  std::copy(head.begin(), head.end(), buffer_.begin());
}

bool LineSource::next(std::string_view& line) {
  ++line_number_;
  std::size_t searched = 0;
  for (;;) {
    const char* from = buffer_.data() + begin_ + searched;
    const std::size_t unsearched = end_ - begin_ - searched;
    if (const void* feed = std::memchr(from, '\n', unsearched)) {
      line = take(searched + static_cast<std::size_t>(static_cast<const char*>(feed) - from), 1);
      return true;
    }
    searched = end_ - begin_;
    if (searched > longest_ + 1)
      throw InputError(position(), fmt::format("the line is longer than {}", format_size(longest_)));
    if (fill()) continue;
    if (searched == 0) return false;
    line = take(searched, 0);
    return true;
  }
}

/// Makes room behind the unfinished line and reads on; false at the end of the file.
bool LineSource::fill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  // Room for the longest line and its CR LF; more is never needed to see that a line is too long.
  if (end_ == buffer_.size()) buffer_.resize(std::min(2 * buffer_.size(), longest_ + 2));
  const std::size_t size = file_.read(buffer_.data() + end_, buffer_.size() - end_);
  end_ += size;
  return size > 0;
}

std::string_view LineSource::take(std::size_t length, std::size_t terminator) {
  std::string_view line{buffer_.data() + begin_, length};
  begin_ += length + terminator;
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.size() > longest_)
    throw InputError(position(), fmt::format("the line is longer than {}", format_size(longest_)));
  return line;
}

SourcePosition LineSource::position(std::size_t column) const {
  return source_position(file_.path(), line_number_, column);
}

}  // namespace iommusim::traces
