// SPDX-License-Identifier: Apache-2.0
#include "base/input_file.h"

#include "base/endian.h"
#include "base/input_error.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace iommusim {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
};
struct FreeDecoder {
  void operator()(ZSTD_DCtx* decoder) const { ZSTD_freeDCtx(decoder); }
};

}  // namespace

struct InputFile::State {
  std::string path;
  std::unique_ptr<std::FILE, CloseFile> file;
  /// Absent: the content is plain.
  std::unique_ptr<ZSTD_DCtx, FreeDecoder> decoder;
  /// The decoder stands between two frames, where a file may end.
  bool frame_complete = true;
  std::array<std::uint8_t, std::size_t{64} * 1024> buffer{};
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint64_t consumed = 0;
  std::uint64_t total = 0;

  [[noreturn]] void fail(const std::string& message) const { throw InputError({path}, message); }

  std::size_t available() const { return end - begin; }

  /// False at the end of the file, when nothing is available.
  bool fill() {
    if (available() > 0) return true;
    begin = 0;
    end = std::fread(buffer.data(), 1, buffer.size(), file.get());
    consumed += end;
    if (end == 0 && std::ferror(file.get()) != 0) fail(fmt::format("cannot read: {}", std::strerror(errno)));
    return end > 0;
  }

  std::size_t read_plain(void* to, std::size_t size) {
    if (!fill()) return 0;
    const std::size_t part = std::min(size, available());
    std::memcpy(to, buffer.data() + begin, part);
    begin += part;
    return part;
  }

  std::size_t read_compressed(void* to, std::size_t size) {
    ZSTD_outBuffer out{to, size, 0};
    while (out.pos == 0) {
      const bool ended = !fill();
      if (ended && frame_complete) return 0;
      ZSTD_inBuffer in{buffer.data() + begin, available(), 0};
      const std::size_t result = ZSTD_decompressStream(decoder.get(), &out, &in);
      if (ZSTD_isError(result) != 0) fail(fmt::format("compressed data is damaged: {}", ZSTD_getErrorName(result)));
      begin += in.pos;
      frame_complete = result == 0;
      if (ended && out.pos == 0 && !frame_complete) fail("compressed data ends too early");
    }
    return out.pos;
  }
};

InputFile::InputFile(const std::string& path) : state_{std::make_unique<State>()} {
  state_->path = path;
  state_->file.reset(std::fopen(path.c_str(), "rb"));
  if (!state_->file) state_->fail(fmt::format("cannot open: {}", std::strerror(errno)));
  std::error_code unknown;
  const auto size = std::filesystem::file_size(path, unknown);
  state_->total = unknown ? 0 : size;
  if (!state_->fill() || state_->available() < sizeof(std::uint32_t)) return;
  if (load_le<std::uint32_t>(state_->buffer.data()) == ZSTD_MAGICNUMBER) state_->decoder.reset(ZSTD_createDCtx());
}

InputFile::~InputFile() = default;
InputFile::InputFile(InputFile&& other) noexcept = default;
InputFile& InputFile::operator=(InputFile&& other) noexcept = default;

std::size_t InputFile::read(void* to, std::size_t size) {
  return state_->decoder ? state_->read_compressed(to, size) : state_->read_plain(to, size);
}

const std::string& InputFile::path() const {
  return state_->path;
}
std::uint64_t InputFile::bytes_consumed() const {
  return state_->consumed - state_->available();
}
std::uint64_t InputFile::bytes_total() const {
  return state_->total;
}

std::vector<std::uint8_t> read_whole_file(const std::string& path, std::size_t limit) {
  InputFile file{path};
  std::vector<std::uint8_t> content;
  std::array<std::uint8_t, std::size_t{16} * 1024> part{};
  while (const std::size_t size = file.read(part.data(), part.size())) {
    if (size > limit - content.size()) throw InputError({path}, fmt::format("more than {} bytes", limit));
    content.insert(content.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(size));
  }
  return content;
}

}  // namespace iommusim
