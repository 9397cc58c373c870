// SPDX-License-Identifier: Apache-2.0
// Oracle: random operations compared with what is read back, and records written by hand from docs/trace-format.md.
#include "support/error_text.h"
#include "support/random_operations.h"
#include "support/temporary_folder.h"
#include "traces/binary_writer.h"
#include "traces/text_writer.h"
#include "traces/trace_reader.h"
#include "traces/trace_writer.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace iommusim;
using namespace iommusim::traces;
using support::error_text;
using support::TemporaryFolder;
using tests::equal;
using tests::RandomOperations;

namespace {

const std::string magic{"\x89iommusim-trace\x01", 16};

/// `value` in `bytes` bytes, lowest first.
std::string le(std::uint64_t value, unsigned bytes) {
  std::string text;
  for (unsigned i = 0; i < bytes; ++i)
    text.push_back(static_cast<char>(value >> (8 * i)));
  return text;
}

std::string name_record(const std::string& name) {
  return le(2 | name.size() << 8, 4) + name;
}
std::string line_record(const std::string& line) {
  return le(3 | line.size() << 8, 4) + line;
}
std::string dma_record(std::uint32_t head, std::uint32_t size, std::uint64_t step, std::uint64_t address) {
  return le(head, 4) + le(size, 4) + le(step, 8) + le(address, 8);
}

/// The canonical lines of what a file holds.
std::vector<std::string> lines_of(const std::string& path) {
  const auto reader = open_trace(path);
  TraceOperation operation;
  std::vector<std::string> lines;
  while (reader->next(operation))
    lines.push_back(to_text(operation));
  return lines;
}

std::string error_of(const std::string& records) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.btrace", magic + records);
  const std::string text = error_text([&path] { lines_of(path); });
  return text.substr(text.find("a.btrace"));
}

}  // namespace

TEST_CASE("What was written in binary form is read back as it was", "[traces]") {
  const TemporaryFolder folder;
  for (const char* name : {"a.btrace", "a.btrace.zst"}) {
    std::vector<TraceOperation> operations;
    RandomOperations random;
    for (int i = 0; i < 4000; ++i)
      operations.push_back(random.next());
    const auto writer = make_trace(folder.file(name));
    writer->comment("made by a test");
    for (const TraceOperation& operation : operations)
      writer->write(operation);
    writer->close();

    const auto reader = open_trace(folder.file(name));
    TraceOperation read;
    std::uint64_t number = 0;
    for (const TraceOperation& operation : operations) {
      REQUIRE(reader->next(read));
      INFO(to_text(operation));
      REQUIRE(equal(read, operation));
      REQUIRE(read.line == ++number);
    }
    CHECK_FALSE(reader->next(read));
  }
}

TEST_CASE("The name of a trace's file decides the form that is written, its content the form that is read",
          "[traces]") {
  const TemporaryFolder folder;
  for (const char* name : {"a.btrace", "a.btrace.zst", "a.trace", "a.trace.zst"}) {
    const auto writer = make_trace(folder.file(name));
    writer->write({Duration::nanoseconds(5), "nic0", Dma{Operation::read, BusAddr{0x1000}, 64, {}, {}}});
    writer->close();
  }
  CHECK(folder.read("a.btrace").substr(0, magic.size()) == magic);
  CHECK(folder.read("a.trace") == "+5ns nic0 read 0x1000 64\n");
  const std::string unnamed = folder.write("plain", folder.read("a.btrace.zst"));
  for (const char* name : {"a.btrace", "a.btrace.zst", "a.trace", "a.trace.zst", "plain"})
    CHECK(lines_of(folder.file(name)) == std::vector<std::string>{"5ns nic0 read 0x1000 64"});
}

TEST_CASE("Records of the binary form mean what the format says", "[traces]") {
  const TemporaryFolder folder;
  const std::string path = folder.write(
      "a.btrace", magic + name_record("nic0") + dma_record(0x0000'0101, 64, 1000, 0x1'0000'2000) +
                      line_record("# nothing") + name_record("gpu0") + dma_record(0x0001'7D01, 128, 0, 0x40) +
                      line_record("+1ns nic0 msi 3") + dma_record(0x0000'0201, 8, 4000, 0x18));
  CHECK(lines_of(path) ==
        std::vector<std::string>{"1ns nic0 write 0x1_0000_2000 64",
                                 "1ns gpu0 write 0x40 128 translated relaxed-ordering id-ordering firmware poisoned",
                                 "2ns nic0 msi 3", "6ns nic0 atomic 0x18 8"});
}

TEST_CASE("Records that mean nothing are refused with their number", "[traces]") {
  const std::string one = name_record("nic0") + dma_record(0x0000'0101, 64, 0, 0);
  CHECK(error_of(one + le(7, 4)) == "a.btrace:2: found a record of kind 7, expected 1 (DMA), 2 (name) or 3 (line)");
  CHECK(error_of(one + "\x01") == "a.btrace:2: the file ends in the middle of a record");
  CHECK(error_of(one + dma_record(0x0000'0101, 64, 0, 0).substr(0, 23)) ==
        "a.btrace:2: the file ends in the middle of a record");
  CHECK(error_of(one + line_record("1ns nic0 msi 0").substr(0, 10)) ==
        "a.btrace:2: the file ends in the middle of a record");
  CHECK(error_of(one + dma_record(0x0001'0101, 64, 0, 0)) ==
        "a.btrace:2: found device number 1, expected one below 1, the number of names");
  CHECK(error_of(one + dma_record(0x0000'0301, 64, 0, 0)) ==
        "a.btrace:2: found bits that mean nothing, expected zeros");
  CHECK(error_of(one + dma_record(0x0000'8101, 64, 0, 0)) ==
        "a.btrace:2: found bits that mean nothing, expected zeros");
  CHECK(error_of(one + dma_record(0x0000'0101, 0, 0, 0)) ==
        "a.btrace:2: a write of 0 bytes does not exist; only a read can have no length");
  CHECK(error_of(one + dma_record(0x0000'0101, 64, 0, ~std::uint64_t{0})) ==
        "a.btrace:2: 64 bytes at 0xffffffffffffffff pass the end of the address space");
  CHECK(error_of(one + dma_record(0x0000'0101, 0x100'0001, 0, 0)) == "a.btrace:2: 16777217 bytes are more than 16 MiB");
  CHECK(error_of(one + dma_record(0x0000'2001, 64, 0, 0)) ==
        "a.btrace:2: a read brings no data that could be poisoned");
  CHECK(error_of(one + dma_record(0x0000'0101, 64, 1, 0) + dma_record(0x0000'0101, 64, ~std::uint64_t{0}, 0)) ==
        "a.btrace:3: the time passes 2^64 ps, which is about 213 days");
  CHECK(error_of(name_record("no name")) == "a.btrace:1: found \"no name\", expected the name of a device");
  CHECK(error_of(one + line_record("0ns nic0 jump")).substr(0, 13) == "a.btrace:2:10");
  CHECK(error_of(le(3 | 0x1'0001u << 8, 4)) == "a.btrace:1: found a record of 65537 bytes, expected at most 65536");
}
