// SPDX-License-Identifier: Apache-2.0
// Reading and writing the bytes of a fuzz program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace iommusim::fuzz {

class ProgramReader {
 public:
  ProgramReader(const std::uint8_t* bytes, std::size_t size) : bytes_{bytes}, size_{size} {}

  bool at_end() const { return next_ >= size_; }
  /// Least significant byte first; zero beyond the end.
  std::uint64_t take(unsigned count) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < count; ++i, ++next_)
      if (next_ < size_) value |= std::uint64_t{bytes_[next_]} << (8 * i);
    return value;
  }

 private:
  const std::uint8_t* bytes_;
  std::size_t size_;
  std::size_t next_ = 0;
};

class ProgramWriter {
 public:
  ProgramWriter& put(std::uint64_t value, unsigned count) {
    for (unsigned i = 0; i < count; ++i)
      bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    return *this;
  }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace iommusim::fuzz
