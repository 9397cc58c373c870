// SPDX-License-Identifier: Apache-2.0
// Oracle: a std::map of bytes.
#include "memory/sparse_memory.h"

#include <catch2/catch.hpp>

#include <map>
#include <random>

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
