// SPDX-License-Identifier: Apache-2.0
// A file read from front to back, plain or zstd-compressed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace iommusim {

/// Unpacks zstd content on the way; its magic number decides, not the file's name. Memory use does not depend
/// on the length of the file.
class InputFile {
 public:
  /// Throws InputError when the file cannot be opened or read.
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&& other) noexcept;

  /// The next bytes, at most `size` (above 0); 0 only at the end. Throws InputError when reading fails or
  /// compressed data is damaged or cut short.
  std::size_t read(void* to, std::size_t size);

  const std::string& path() const;
  /// Bytes of the file as it lies on disk: for progress. bytes_total() is 0 when that is unknown (a pipe).
  std::uint64_t bytes_consumed() const;
  std::uint64_t bytes_total() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The whole content. Throws InputError as InputFile does, and when there are more than `limit` bytes.
std::vector<std::uint8_t> read_whole_file(const std::string& path, std::size_t limit);

}  // namespace iommusim
