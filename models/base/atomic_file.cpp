// SPDX-License-Identifier: Apache-2.0
#include "base/atomic_file.h"

#include "base/input_error.h"
#include "base/temporary_files.h"

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace iommusim {
namespace {

namespace fs = std::filesystem;

/// Different for every call in every process that runs now.
std::string temporary_name(const std::string& target) {
  static std::atomic<unsigned> counter{0};
  return fmt::format("{}.{}-{}.tmp", target, getpid(), counter++);
}

std::string behind_links(const std::string& path) {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(path, error);
  return error ? path : target.string();
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_{path}, target_{behind_links(path)} {
  std::error_code error;
  const fs::file_status status = fs::status(target_, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    file_.reset(std::fopen(target_.c_str(), "wb"));
    if (!file_) fail(errno);
    return;
  }
  temporary_ = temporary_name(target_);
  const HoldSignals hold;
  // "x": a file of that name that is there already is somebody else's.
  file_.reset(std::fopen(temporary_.c_str(), "wbx"));
  if (!file_) fail(errno);
  note_temporary_file(temporary_.c_str());
  if (fs::exists(status)) fs::permissions(temporary_, status.permissions(), error);
}

AtomicFile::~AtomicFile() {
  file_.reset();
  if (temporary_.empty()) return;
  const HoldSignals hold;
  std::error_code ignored;
  fs::remove(temporary_, ignored);
  forget_temporary_file(temporary_.c_str());
}

void AtomicFile::write(const void* from, std::size_t size) {
  if (std::fwrite(from, 1, size, file_.get()) != size) fail(errno);
}

void AtomicFile::commit() {
  if (std::fclose(file_.release()) != 0) fail(errno);
  if (temporary_.empty()) return;
  const HoldSignals hold;
  std::error_code error;
  fs::rename(temporary_, target_, error);
  if (error) fail(error.value());
  forget_temporary_file(temporary_.c_str());
  temporary_.clear();
}

void AtomicFile::fail(int error) const {
  throw InputError({path_}, fmt::format("cannot write: {}", std::strerror(error)));
}

}  // namespace iommusim
