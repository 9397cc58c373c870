// SPDX-License-Identifier: Apache-2.0
// Bytes of ACPI tables: little-endian members one after another, structures and a table that know their lengths (ACPI
// specification, 5.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

namespace iommusim::platforms {

class AcpiWriter {
 public:
  template <class T>
  AcpiWriter& add(T value) {
    for (std::size_t byte = 0; byte < sizeof(T); ++byte)
      bytes_.push_back(static_cast<std::uint8_t>(value >> 8 * byte));
    return *this;
  }
  /// `size` bytes: the text, then zeros.
  AcpiWriter& add_text(std::string_view text, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
      bytes_.push_back(i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0});
    return *this;
  }

  std::size_t size() const { return bytes_.size(); }
  template <class T>
  void patch(std::size_t at, T value) {
    for (std::size_t byte = 0; byte < sizeof(T); ++byte)
      bytes_[at + byte] = static_cast<std::uint8_t>(value >> 8 * byte);
  }
  /// All bytes of a table add up to 0.
  void patch_checksum(std::size_t at) {
    bytes_[at] = 0;
    const unsigned sum = std::accumulate(bytes_.begin(), bytes_.end(), 0U);
    bytes_[at] = static_cast<std::uint8_t>(0U - sum);
  }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace iommusim::platforms
