// SPDX-License-Identifier: Apache-2.0
// Oracle: the bytes that were written, and libzstd's one-shot compression.
#include "base/input_file.h"

#include "base/input_error.h"
#include "support/error_text.h"
#include "support/temporary_folder.h"

#include <catch2/catch.hpp>
#include <zstd.h>

#include <string>

using namespace iommusim;
using support::TemporaryFolder;

namespace {

std::string compress(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  return packed;
}

std::string content(const std::string& path) {
  const auto bytes = read_whole_file(path, std::size_t{1} << 24);
  return {bytes.begin(), bytes.end()};
}

/// Longer than every buffer on the way.
std::string long_text() {
  std::string text;
  for (int i = 0; i < 100'000; ++i)
    text += std::to_string(i * 7919) + "\n";
  return text;
}

}  // namespace

TEST_CASE("Plain and compressed files give the same bytes, whatever their name", "[base]") {
  const TemporaryFolder folder;
  const std::string text = long_text();
  CHECK(content(folder.write("plain", text)) == text);
  CHECK(content(folder.write("packed", compress(text))) == text);
  CHECK(content(folder.write("two-frames", compress(text) + compress("end"))) == text + "end");
  CHECK(content(folder.write("empty", "")).empty());
  CHECK(content(folder.write("short", "(\xB5/")) == "(\xB5/");
}

TEST_CASE("Compressed data that is damaged or cut short is refused", "[base]") {
  const TemporaryFolder folder;
  const std::string packed = compress(long_text());
  std::string damaged = packed;
  for (std::size_t i = packed.size() / 2; i < packed.size() / 2 + 64; ++i)
    damaged[i] = '\xFF';
  using support::error_text;
  CHECK_THAT(error_text([&] { content(folder.write("cut", packed.substr(0, packed.size() / 2))); }),
             Catch::EndsWith("cut: compressed data ends too early"));
  CHECK_THAT(error_text([&] { content(folder.write("damaged", damaged)); }),
             Catch::Contains("damaged: compressed data is damaged: "));
  CHECK_THAT(error_text([&] { content(folder.write("tail", packed + "garbage!")); }),
             Catch::Contains("tail: compressed data is damaged: "));
}

TEST_CASE("What cannot be read is refused with its path", "[base]") {
  const TemporaryFolder folder;
  using support::error_text;
  const std::string absent = folder.file("absent");
  CHECK(error_text([&] { InputFile{absent}; }) == absent + ": cannot open: No such file or directory");
  CHECK(error_text([&] { InputFile{folder.file("")}; }) == folder.file("") + ": cannot read: Is a directory");
}

TEST_CASE("A file above the limit is refused before it fills the memory", "[base]") {
  const TemporaryFolder folder;
  const std::string path = folder.write("big", compress(std::string(1'000'000, 'x')));
  CHECK(support::error_text([&] { read_whole_file(path, 999'999); }) == path + ": more than 999999 bytes");
  CHECK(read_whole_file(path, 1'000'000).size() == 1'000'000);
}

TEST_CASE("Progress ends at the size of the file on disk", "[base]") {
  const TemporaryFolder folder;
  const std::string packed = compress(long_text());
  InputFile file{folder.write("packed", packed)};
  CHECK(file.bytes_total() == packed.size());
  std::string buffer(1 << 20, '\0');
  while (file.read(buffer.data(), buffer.size()) > 0)
    CHECK(file.bytes_consumed() <= packed.size());
  CHECK(file.bytes_consumed() == packed.size());
}
