// SPDX-License-Identifier: Apache-2.0
// Loads and stores of the processor in a trace. Oracle: docs/trace-format.md and the bench platform's map.
#include "support/bench_platform.h"
#include "support/played_trace.h"

using namespace iommusim;
using namespace iommusim::tests;

TEST_CASE("The processor writes BARs and memory, little-endian, in every size", "[replay][cpu]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns cpu write 0x9000_0100 4 0x11223344
0ns cpu write 0x9000_0108 8 0x1122334455667788
0ns cpu write 0x2600_0000 2 0xbeef
0ns cpu write 0x2600_0002 1 0x7f
0ns cpu read  0x9000_0100 4
0ns cpu read  0x2600_0000 8
)");
  CHECK(run.bar("gpu0", 0, 0x100, 4) == std::vector<unsigned char>{0x44, 0x33, 0x22, 0x11});
  CHECK(run.bar("gpu0", 0, 0x108, 8) == std::vector<unsigned char>{0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11});
  CHECK(run.memory(0x2600'0000, 4) == std::vector<unsigned char>{0xEF, 0xBE, 0x7F, 0});
  // Processors' accesses are operations, but nothing that a device did.
  CHECK(run.results().operations == 6);
  CHECK(run.results().accesses == 0);
}

TEST_CASE("The processor's accesses take time and go on where nobody answers", "[replay][cpu]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns cpu read  0x9f00_0000 4
0ns cpu write 0x20_0000_0000 8 0x1
1us cpu read  0x9000_0000 4
)");
  CHECK(run.results().operations == 3);
  CHECK(run.results().simulated > Duration::nanoseconds(1000));
  CHECK(run.results().collisions_total == 0);
}

TEST_CASE("A device reads what the processor wrote, and the processor's store is seen by the next DMA",
          "[replay][cpu]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns cpu  write 0x1000_0000 4 0xaabbccdd
0ns nic0 write 0xffe0_0002 1 data=5a
)");
  CHECK(run.memory(bench::ring, 4) == std::vector<unsigned char>{0xDD, 0xCC, 0x5A, 0xAA});
}

TEST_CASE("What follows a wait begins when all DMA is over, however early its time", "[replay][cpu]") {
  PlayedTrace run{bench_platform()};
  run.play("0ns nic0 read 0xffe0_0000 64\n0ns cpu wait\n0ns nic0 read 0xffe0_0000 64\n");
  const timing::LatencyHistogram& reads = run.results().devices.at(run.platform().node("nic0")).reads;
  REQUIRE(reads.count() == 2);
  CHECK(run.results().simulated == reads.min() + reads.max());
}
