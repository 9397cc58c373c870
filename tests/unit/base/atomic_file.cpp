// SPDX-License-Identifier: Apache-2.0
// Oracle: the file system, before and after.
#include "base/atomic_file.h"

#include "base/input_error.h"
#include "base/temporary_files.h"
#include "support/error_text.h"
#include "support/temporary_folder.h"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace iommusim;
using support::TemporaryFolder;

TEST_CASE("An output file appears with commit and not before", "[base]") {
  const TemporaryFolder folder;
  {
    AtomicFile file{folder.file("out")};
    file.write("text");
    CHECK_FALSE(std::filesystem::exists(folder.file("out")));
    file.commit();
  }
  CHECK(folder.read("out") == "text");
  CHECK(folder.size() == 1);
}

TEST_CASE("Output that is given up leaves the old file and nothing else", "[base]") {
  const TemporaryFolder folder;
  folder.write("out", "old");
  {
    AtomicFile file{folder.file("out")};
    file.write("new");
  }
  CHECK(folder.read("out") == "old");
  CHECK(folder.size() == 1);
}

TEST_CASE("Replaced output keeps the permissions and the symbolic link", "[base]") {
  namespace fs = std::filesystem;
  const TemporaryFolder folder;
  folder.write("real", "old");
  fs::permissions(folder.file("real"), fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink(folder.file("real"), folder.file("link"));
  AtomicFile file{folder.file("link")};
  file.write("new");
  file.commit();
  CHECK(folder.read("real") == "new");
  CHECK(fs::is_symlink(folder.file("link")));
  CHECK(fs::status(folder.file("real")).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("Output to a device writes the device and does not replace it", "[base]") {
  AtomicFile file{"/dev/null"};
  file.write("text");
  file.commit();
  CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("Output into a folder that is not there is refused with its path", "[base]") {
  const TemporaryFolder folder;
  const std::string path = folder.file("absent/out");
  CHECK(support::error_text([&] { AtomicFile{path}; }) == path + ": cannot write: No such file or directory");
}

TEST_CASE("A full disk is an error of the output file", "[base]") {
  if (!std::filesystem::exists("/dev/full")) return;
  AtomicFile file{"/dev/full"};
  CHECK(support::error_text([&] {
          file.write("text");
          file.commit();
        }) == "/dev/full: cannot write: No space left on device");
}

TEST_CASE("What a signal handler removes are the temporary files that are open", "[base]") {
  const TemporaryFolder folder;
  folder.write("old", "old");
  AtomicFile committed{folder.file("committed")};
  committed.commit();
  AtomicFile one{folder.file("one")};
  AtomicFile old{folder.file("old")};
  CHECK(folder.size() == 4);
  remove_temporary_files();
  CHECK(folder.size() == 2);
  CHECK(folder.read("old") == "old");
  CHECK(std::filesystem::exists(folder.file("committed")));
}
