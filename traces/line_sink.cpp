// SPDX-License-Identifier: Apache-2.0
#include "traces/line_sink.h"

#include "base/atomic_file.h"
#include "base/input_error.h"

#include <fmt/format.h>
#include <zstd.h>

#include <cstddef>
#include <vector>

namespace iommusim::traces {
namespace {

constexpr std::size_t block = std::size_t{64} * 1024;

struct FreeEncoder {
  void operator()(ZSTD_CCtx* encoder) const { ZSTD_freeCCtx(encoder); }
};

bool names_zstd(std::string_view path) {
  constexpr std::string_view suffix = ".zst";
  return path.size() > suffix.size() && path.substr(path.size() - suffix.size()) == suffix;
}

}  // namespace

struct LineSink::State {
  explicit State(const std::string& to) : path{to}, file{to} { text.reserve(block); }

  std::string path;
  AtomicFile file;
  /// Absent: the file is plain.
  std::unique_ptr<ZSTD_CCtx, FreeEncoder> encoder;
  std::string text;
  std::vector<char> packed;

  void flush(ZSTD_EndDirective how) {
    if (!encoder) {
      file.write(text);
      text.clear();
      return;
    }
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    std::size_t left = 0;
    do {
      ZSTD_outBuffer out{packed.data(), packed.size(), 0};
      left = ZSTD_compressStream2(encoder.get(), &out, &in, how);
      if (ZSTD_isError(left) != 0)
        throw InputError({path}, fmt::format("cannot compress: {}", ZSTD_getErrorName(left)));
      file.write(packed.data(), out.pos);
    } while (in.pos < in.size || (how == ZSTD_e_end && left > 0));
    text.clear();
  }
};

LineSink::LineSink(const std::string& path, int level) : state_{std::make_unique<State>(path)} {
  if (!names_zstd(path)) return;
  state_->encoder.reset(ZSTD_createCCtx());
  state_->packed.resize(ZSTD_CStreamOutSize());
  ZSTD_CCtx_setParameter(state_->encoder.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(state_->encoder.get(), ZSTD_c_checksumFlag, 1);
}

LineSink::~LineSink() = default;
LineSink::LineSink(LineSink&& other) noexcept = default;
LineSink& LineSink::operator=(LineSink&& other) noexcept = default;

void LineSink::write(std::string_view line) {
  state_->text.append(line);
  append("\n");
}

void LineSink::append(std::string_view bytes) {
  state_->text.append(bytes);
  if (state_->text.size() >= block) state_->flush(ZSTD_e_continue);
}

void LineSink::close() {
  state_->flush(ZSTD_e_end);
  state_->file.commit();
}

}  // namespace iommusim::traces
