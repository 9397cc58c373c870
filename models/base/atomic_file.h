// SPDX-License-Identifier: Apache-2.0
// Output that is there as a whole or not at all.
#pragma once

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace iommusim {

/// Writes to a temporary file in the folder of `path`; commit() renames it to `path`. Without commit() the
/// destructor removes it, as does remove_temporary_files(), and what stood at `path` is untouched. What is no regular
/// file (a pipe, /dev/null) is written directly.
class AtomicFile {
 public:
  /// Throws InputError when the temporary file cannot be made.
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Throws InputError when the disk is full or the file cannot be written.
  void write(const void* from, std::size_t size);
  void write(std::string_view text) { write(text.data(), text.size()); }

  /// Finishes the file and puts it in place; nothing may be written after it. Throws InputError, and then the
  /// temporary file is gone.
  void commit();

 private:
  struct CloseFile {
    /// Of a file that was not committed: nobody keeps what it holds.
    void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
  };

  [[noreturn]] void fail(int error) const;

  /// The path as the caller gave it, for messages.
  std::string path_;
  /// Behind symbolic links: those stay.
  std::string target_;
  /// Empty: `target_` is written directly.
  std::string temporary_;
  std::unique_ptr<std::FILE, CloseFile> file_;
};

}  // namespace iommusim
