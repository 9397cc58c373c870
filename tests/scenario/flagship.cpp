// SPDX-License-Identifier: Apache-2.0
// Oracle: the flagship's story, retyped from its platform and trace: which DMA writes there are, which of them lie in
// the accelerator's BAR 2, and where each buffer is in memory. Content is the pattern of traces/pattern.h.
#include "platforms/loader.h"
#include "support/played_trace.h"
#include "support/source_dir.h"
#include "traces/pattern.h"

#include <algorithm>
#include <array>

using namespace iommusim;
using namespace iommusim::tests;
using analysis::CollisionKind;

namespace {

const std::string source = source_dir();
const std::string trace = source + "/traces/nic-behind-non-acs-switch.trace";

constexpr std::uint64_t bar2 = 0x38'0000'0000;
constexpr std::uint64_t rx_pool = 0x1'4000'0000;

struct Write {
  const char* device;
  std::uint64_t iova;
  std::size_t size;
  /// Where the driver wants it.
  std::uint64_t physical;
};

/// Those in the window of the accelerator.
constexpr std::array<Write, 5> pool_writes{{
    {"nic0", bar2, 1500, rx_pool},
    {"nic0", bar2 + 0x800, 1500, rx_pool + 0x800},
    {"nic0", bar2 + 0x1FFF'F000, 64, rx_pool + 0x1FFF'F000},
    {"nic0", bar2 + 0x400, 64, rx_pool + 0x400},
    {"nic0", bar2 + 0x20'0000, 1500, rx_pool + 0x20'0000},
}};
constexpr std::array<Write, 6> other_writes{{
    {"nvme0", 0xF800'0000, 4096, 0x2'1000'0000},
    {"nic0", 0x37'FFE0'0000, 96, 0x1'2000'0000},
    {"nic0", 0x3A'4010'0000, 64, 0x1'2030'0000},
    {"gpu0", 0xFFC0'1000, 64, 0x2'0000'1000},
    {"nic0", 0x37'FFFF'FFC0, 64, 0x1'201F'FFC0},
    {"nic0", 0x3A'4010'0040, 64, 0x1'2030'0040},
}};

std::vector<unsigned char> pattern_of(PlayedTrace& run, const Write& write) {
  std::vector<unsigned char> bytes(write.size);
  traces::fill_pattern(run.platform().id(write.device), BusAddr{write.iova}, bytes.data(), write.size);
  return bytes;
}

bool all_zero(const std::vector<unsigned char>& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](unsigned char byte) { return byte == 0; });
}

void check_in_memory(PlayedTrace& run, const Write& write) {
  INFO(write.device << " at " << std::hex << write.iova);
  CHECK(run.memory(write.physical, write.size) == pattern_of(run, write));
}

}  // namespace

TEST_CASE("Without ACS, six accesses of the flagship land in the accelerator and nowhere in the receive pool",
          "[flagship]") {
  PlayedTrace run{platforms::load_platform(source + "/platforms/nic-behind-non-acs-switch.yaml")};
  const analysis::Results& results = run.play_file(trace);
  CHECK(results.collisions_total == 6);
  CHECK(run.collisions(CollisionKind::peer_hijack) == 6);
  for (const Write& write : pool_writes) {
    INFO(std::hex << write.iova);
    CHECK(run.bar("gpu0", 2, write.iova - bar2, write.size) == pattern_of(run, write));
    CHECK(all_zero(run.memory(write.physical, write.size)));
  }
  for (const Write& write : other_writes)
    check_in_memory(run, write);
  CHECK(run.platform().simulation().outstanding() == 0);
}

TEST_CASE("Without ACS, exactly the flagship's requests at the accelerator's addresses are taken by its BAR 2",
          "[flagship]") {
  PlayedTrace run{platforms::load_platform(source + "/platforms/nic-behind-non-acs-switch.yaml")};
  run.play_file(trace);
  const ComponentId gpu = run.platform().machine().topology()[run.platform().node("gpu0")].id;
  std::size_t taken = 0;
  for (const Landed& landed : run.landed()) {
    const std::uint64_t address = landed.access.address.value();
    const bool in_window = bar2 <= address && address < bar2 + 0x2'0000'0000;
    INFO(std::hex << address);
    CHECK((landed.landing.kind == LandingKind::peer) == in_window);
    if (!in_window) continue;
    ++taken;
    CHECK(landed.landing.where == gpu);
    CHECK(landed.landing.bar == 2);
    CHECK(landed.landing.bar_offset == address - bar2);
    CHECK(landed.landing.rule->id == "switch.direct-peer");
  }
  // In TLPs of 256 bytes: 6 for 1500 bytes that start on a 256-byte boundary.
  CHECK(taken == 6 + 6 + 1 + 1 + 6 + 1);
}

TEST_CASE(
    "With ACS, every byte of the flagship is in memory where its driver wanted it, and the accelerator is untouched",
    "[flagship]") {
  PlayedTrace run{platforms::load_platform(source + "/platforms/nic-behind-acs-switch.yaml")};
  const std::uint64_t before = run.platform().bars("gpu0").digest();
  const analysis::Results& results = run.play_file(trace);
  CHECK(results.collisions_total == 0);
  CHECK(run.platform().bars("gpu0").digest() == before);
  for (const Write& write : pool_writes) {
    check_in_memory(run, write);
    CHECK(all_zero(run.bar("gpu0", 2, write.iova - bar2, write.size)));
  }
  for (const Write& write : other_writes)
    check_in_memory(run, write);
  CHECK(run.platform().simulation().outstanding() == 0);
}
