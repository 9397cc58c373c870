// SPDX-License-Identifier: Apache-2.0
// Oracle: a std::map of bytes.
#include "memory/sparse_memory.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

using namespace iommusim;
using memory::Bank;
using memory::SparseMemory;

namespace {
Range<PhysAddr> range(std::uint64_t base, std::uint64_t size) {
  return *Range<PhysAddr>::from_size(PhysAddr{base}, size);
}
}  // namespace

TEST_CASE("Memory of 2^52 bytes takes host memory only for what was written", "[memory]") {
  SparseMemory memory{{Bank{ComponentId{0}, range(0, std::uint64_t{1} << 52)}}};
  std::uint64_t value = 0x1234'5678'9ABC'DEF0;
  REQUIRE(memory.write(PhysAddr{(std::uint64_t{1} << 52) - 8}, &value, 8));
  CHECK(memory.pages_in_use() == 1);
  std::uint64_t read = 0;
  REQUIRE(memory.read(PhysAddr{(std::uint64_t{1} << 52) - 8}, &read, 8));
  CHECK(read == value);
  REQUIRE(memory.read(PhysAddr{0x1000}, &read, 8));
  CHECK(read == 0);
  CHECK(memory.pages_in_use() == 1);
}

TEST_CASE("An access that leaves its bank fails and writes nothing", "[memory]") {
  SparseMemory memory{{Bank{ComponentId{0}, range(0x1000, 0x1000)}, Bank{ComponentId{1}, range(0x8000, 0x1000)}}};
  const std::uint64_t value = ~std::uint64_t{0};
  CHECK_FALSE(memory.write(PhysAddr{0x1FFC}, &value, 8));
  CHECK_FALSE(memory.write(PhysAddr{0xFF8}, &value, 16));
  CHECK_FALSE(memory.write(PhysAddr{~std::uint64_t{0} - 3}, &value, 8));
  CHECK(memory.pages_in_use() == 0);
  CHECK(memory.bank_of(PhysAddr{0x8000}, 0x1000)->id == ComponentId{1});
}

TEST_CASE("Random reads and writes across pages agree with a map of bytes", "[memory]") {
  SparseMemory memory{{Bank{ComponentId{0}, range(0, 0x10'0000)}}};
  std::map<std::uint64_t, std::uint8_t> bytes;
  std::mt19937 random{11};
  for (int step = 0; step < 2000; ++step) {
    std::array<std::uint8_t, 64> buffer{};
    const std::uint64_t address = random() % 0xF'FFC0;
    const std::size_t size = random() % 64 + 1;
    if (random() % 2 == 0) {
      for (auto& byte : buffer)
        byte = static_cast<std::uint8_t>(random());
      REQUIRE(memory.write(PhysAddr{address}, buffer.data(), size));
      for (std::size_t i = 0; i < size; ++i)
        bytes[address + i] = buffer[i];
    } else {
      REQUIRE(memory.read(PhysAddr{address}, buffer.data(), size));
      for (std::size_t i = 0; i < size; ++i) {
        const auto known = bytes.find(address + i);
        REQUIRE(buffer[i] == (known == bytes.end() ? 0 : known->second));
      }
    }
  }
}

TEST_CASE("The digest tells content and place, not the order of writing", "[memory]") {
  const auto digest_of = [](std::vector<std::pair<std::uint64_t, std::uint8_t>> writes) {
    SparseMemory memory{{Bank{ComponentId{0}, range(0, std::uint64_t{1} << 40)}}};
    for (const auto& [address, byte] : writes)
      memory.write(PhysAddr{address}, &byte, 1);
    return memory.digest();
  };
  CHECK(digest_of({{0x1000, 1}, {0x80'0000'0000, 2}}) == digest_of({{0x80'0000'0000, 2}, {0x1000, 1}}));
  CHECK(digest_of({{0x1000, 1}}) != digest_of({{0x2000, 1}}));
  CHECK(digest_of({{0x1000, 0}}) == digest_of({}));
}

TEST_CASE("The digest is FNV-1a over number and bytes of every page that is not all zero", "[memory]") {
  SparseMemory memory{{Bank{ComponentId{0}, range(0, 0x10'0000)}}};
  std::map<std::uint64_t, std::uint8_t> bytes;
  for (const std::uint64_t address : {0x1000, 0x1017, 0x1FFF, 0x4008, 0x4FF0}) {
    bytes[address] = static_cast<std::uint8_t>(address % 251 + 1);
    REQUIRE(memory.write(PhysAddr{address}, &bytes[address], 1));
  }
  const std::uint8_t zero = 0;
  REQUIRE(memory.write(PhysAddr{0x2000}, &zero, 1));

  std::uint64_t expected = 0xcbf2'9ce4'8422'2325;
  const auto add = [&expected](std::uint8_t byte) { expected = (expected ^ byte) * 0x100'0000'01b3; };
  for (const std::uint64_t page : {1, 4}) {
    for (unsigned byte = 0; byte < 8; ++byte)
      add(static_cast<std::uint8_t>(page >> 8 * byte));
    for (std::uint64_t offset = 0; offset < page_4k; ++offset) {
      const auto known = bytes.find(page * page_4k + offset);
      add(known == bytes.end() ? 0 : known->second);
    }
  }
  CHECK(memory.digest() == expected);
}

TEST_CASE("Places that lie powers of two apart keep their own contents", "[memory]") {
  SparseMemory memory{{Bank{ComponentId{0}, range(0, std::uint64_t{1} << 52)}}};
  for (unsigned round = 0; round < 2; ++round)
    for (unsigned bit = 12; bit < 52; ++bit) {
      const std::uint64_t value = std::uint64_t{bit} << 8 | round;
      REQUIRE(memory.write(PhysAddr{std::uint64_t{1} << bit}, &value, 8));
    }
  for (unsigned bit = 12; bit < 52; ++bit) {
    std::uint64_t found = 0;
    REQUIRE(memory.read(PhysAddr{std::uint64_t{1} << bit}, &found, 8));
    CHECK(found == (std::uint64_t{bit} << 8 | 1));
  }
}

TEST_CASE("What is expected to be used has the contents that other memory has", "[memory]") {
  const std::vector<Bank> banks{{ComponentId{0}, {PhysAddr{0}, PhysAddr{(16ull << 20) - 1}}}};
  SparseMemory plain{banks};
  SparseMemory expecting{banks};
  expecting.expect_use({PhysAddr{0x10'0000}, PhysAddr{0xA0'0FFF}});
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const std::uint64_t at = i * 0x9E37'79B9 % ((16u << 20) - 8);
    REQUIRE(plain.write(PhysAddr{at}, &i, sizeof i));
    REQUIRE(expecting.write(PhysAddr{at}, &i, sizeof i));
  }
  CHECK(expecting.digest() == plain.digest());
  CHECK(expecting.pages_in_use() == plain.pages_in_use());
}

namespace {

/// A sparse memory of 64 KiB beside plain bytes, to which the same is done.
struct Twins {
  static constexpr std::uint64_t bytes = 0x1'0000;

  void write(std::uint64_t at, std::size_t size) {
    std::vector<std::uint8_t> data(size);
    // Zeros among them: what was written as zero and what was never written must look alike.
    for (auto& byte : data)
      byte = random() % 4 == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(random());
    REQUIRE(memory.write(PhysAddr{at}, data.data(), size));
    std::copy(data.begin(), data.end(), plain.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void read(std::uint64_t at, std::size_t size) {
    std::vector<std::uint8_t> data(size, 0xEE);
    REQUIRE(memory.read(PhysAddr{at}, data.data(), size));
    REQUIRE(std::equal(data.begin(), data.end(), plain.begin() + static_cast<std::ptrdiff_t>(at)));
  }
  /// Of a memory that was written page by page, and so never kept lines.
  std::uint64_t plain_digest() const {
    SparseMemory whole{{Bank{ComponentId{0}, range(0, bytes)}}};
    for (std::uint64_t at = 0; at < bytes; at += page_4k)
      REQUIRE(whole.write(PhysAddr{at}, plain.data() + at, page_4k));
    return whole.digest();
  }

  SparseMemory memory{{Bank{ComponentId{0}, range(0, bytes)}}};
  std::vector<std::uint8_t> plain = std::vector<std::uint8_t>(bytes);
  std::mt19937 random{23};
};

}  // namespace

TEST_CASE("Parts of lines, lines and pages keep their bytes, however many of a page are written", "[memory]") {
  Twins twins;
  for (int step = 0; step < 400; ++step) {
    const bool is_long = step % 10 == 0;
    const std::size_t size = is_long ? twins.random() % 0x1000 + 1 : twins.random() % 100 + 1;
    const std::uint64_t at = twins.random() % (Twins::bytes - size - 100);
    if (step % 2 == 0)
      twins.write(at, is_long && step % 20 == 0 ? size : size % 100 + (step % 64 == 0 ? 1 : 64));
    else
      twins.read(at, size);
    if (step % 16 == 0) CHECK(twins.memory.digest() == twins.plain_digest());
  }
  twins.read(0, Twins::bytes);
  CHECK(twins.memory.digest() == twins.plain_digest());
}

TEST_CASE("A page that is handed out has what was written before, and shows what is written after", "[memory]") {
  Twins twins;
  for (std::uint64_t line : {1, 5, 63})
    twins.write(0x2FF9 + line * 64, 64);
  std::uint8_t* const page = twins.memory.page(PhysAddr{0x3123});
  REQUIRE(page != nullptr);
  CHECK(std::equal(page, page + page_4k, twins.plain.begin() + 0x3000));
  twins.write(0x3FF0, 0x20);
  CHECK(std::equal(page, page + page_4k, twins.plain.begin() + 0x3000));
  page[0x10] = 0xAB;
  twins.plain[0x3010] = 0xAB;
  twins.read(0x2FF0, 0x100);
  CHECK(twins.memory.page(PhysAddr{0x3000}) == page);
  CHECK(twins.memory.digest() == twins.plain_digest());
}

TEST_CASE("A page with an entry of a table is read whole, whatever else was written before", "[memory]") {
  Twins twins;
  twins.write(0x3000, 64);
  twins.write(0x3140, 8);
  twins.write(0x3FC0, 64);
  twins.read(0x3000, page_4k);
  CHECK(twins.memory.digest() == twins.plain_digest());
}

TEST_CASE("Lines that a page no longer needs begin as zeros in another", "[memory]") {
  Twins twins;
  for (std::uint64_t page = 0; page < Twins::bytes; page += page_4k) {
    for (std::uint64_t line = 0; line < memory::FewLines::most; ++line)
      twins.write(page + (63 - 9 * line) * 64, 64);
    twins.write(page + 1, 1);
    if (page + page_4k < Twins::bytes) twins.write(page + page_4k + 130, 64);
    twins.read(page, page_4k);
  }
  CHECK(twins.memory.pages_in_use() == Twins::bytes / page_4k);
  CHECK(twins.memory.digest() == twins.plain_digest());
}
