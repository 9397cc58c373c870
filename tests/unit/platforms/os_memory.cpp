// SPDX-License-Identifier: Apache-2.0
// Oracle: docs/platform-format.md, "os_memory", computed by hand.
#include "platforms/os_memory.h"

#include "support/error_text.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;

namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

Range<PhysAddr> bytes(std::uint64_t base, std::uint64_t size) {
  return *Range<PhysAddr>::from_size(PhysAddr{base}, size);
}

Description with_memories(const std::vector<Range<PhysAddr>>& ranges) {
  Description description;
  description.file = "file.yaml";
  for (const Range<PhysAddr>& range : ranges)
    description.memories.push_back({"dram", range});
  return description;
}

void map(Description& description, std::uint64_t physical, std::uint64_t size) {
  DomainDescription domain;
  domain.mappings.push_back({Iova{0}, PhysAddr{physical}, size, {}, {}, {}});
  description.domains.push_back(domain);
}

}  // namespace

TEST_CASE("The operating system takes the highest 64 MiB", "[os-memory]") {
  CHECK(os_memory_of(with_memories({bytes(0, 2048 * mib)})) == bytes(1984 * mib, 64 * mib));
  CHECK(os_memory_of(with_memories({bytes(0, 2048 * mib), bytes(4096 * mib, 1024 * mib)})) ==
        bytes(5056 * mib, 64 * mib));
}

TEST_CASE("In a small memory it takes the highest quarter, in whole pages", "[os-memory]") {
  CHECK(os_memory_of(with_memories({bytes(0, 256 * mib)})) == bytes(192 * mib, 64 * mib));
  CHECK(os_memory_of(with_memories({bytes(0, 128 * mib)})) == bytes(96 * mib, 32 * mib));
  CHECK(os_memory_of(with_memories({bytes(0x10'0000, 0x9000)})) == bytes(0x10'7000, 0x2000));
  CHECK(os_memory_of(with_memories({bytes(0x10'0000, 0x1000)})) == bytes(0x10'0000, 0x1000));
}

TEST_CASE("A named range is taken as it is", "[os-memory]") {
  Description description = with_memories({bytes(0, 2048 * mib)});
  description.os_memory = bytes(16 * mib, mib);
  map(description, 16 * mib, mib);
  CHECK(os_memory_of(description) == bytes(16 * mib, mib));
}

TEST_CASE("Where a buffer or a mapping touches the top of a memory, the next memory below is taken", "[os-memory]") {
  const std::vector<Range<PhysAddr>> two{bytes(0, 1024 * mib), bytes(4096 * mib, 1024 * mib)};
  Description buffer = with_memories(two);
  buffer.buffers.push_back({"ring", bytes(5056 * mib, 0x1000)});
  CHECK(os_memory_of(buffer) == bytes(960 * mib, 64 * mib));
  buffer.buffers[0].range = bytes(5056 * mib - 0x1000, 0x1000);
  CHECK(os_memory_of(buffer) == bytes(5056 * mib, 64 * mib));
  Description mapping = with_memories(two);
  map(mapping, 5119 * mib, mib);
  CHECK(os_memory_of(mapping) == bytes(960 * mib, 64 * mib));
}

TEST_CASE("Without free memory the person is asked to name some", "[os-memory]") {
  Description description = with_memories({bytes(0, 1024 * mib)});
  map(description, 1000 * mib, mib);
  CHECK(support::error_text([&] { os_memory_of(description); }) ==
        "file.yaml: software.os_memory: no memory is free for the operating system's tables; name a range");
}
