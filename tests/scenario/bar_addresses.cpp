// SPDX-License-Identifier: Apache-2.0
// BARs that a trace names. Oracle: docs/trace-format.md, and where the platform's file or the trace puts each BAR.
#include "platforms/loader.h"
#include "support/bench_platform.h"
#include "support/error_text.h"
#include "support/played_trace.h"
#include "traces/pattern.h"

using namespace iommusim;
using namespace iommusim::tests;
using Catch::Matchers::Contains;

namespace {

std::vector<unsigned char> pattern(RequesterId device, std::uint64_t address, std::size_t size) {
  std::vector<unsigned char> bytes(size);
  traces::fill_pattern(device, BusAddr{address}, bytes.data(), size);
  return bytes;
}

/// The processor's window to the bus lies 0x40_0000_0000 above the bus addresses.
platforms::Description offset_platform() {
  return platforms::load_platform_text(R"(
platform: offset
memory: [{name: dram, base: 0, size: 2GiB}]
host_bridges:
  - name: a
    windows: [{base: 0x40_9000_0000, size: 256MiB, bus: 0x9000_0000}]
    devices:
      - {name: nic0, type: root-complex-endpoint, at: 01.0}
      - name: rp0
        type: root-port
        at: 02.0
        devices:
          - name: acc0
            type: endpoint
            bars:
              - {bar: 0, base: 0x9000_0000, size: 64KiB}
              - {bar: 1, base: 0x9001_0f80, size: 128}
              - {bar: 2, size: 64KiB}
            sriov: {total_vfs: 2, num_vfs: 2, vf_bars: [{bar: 0, base: 0x9002_0000, size: 8KiB}]}
  - {name: b, segment: 1, devices: [{name: nic1, type: root-complex-endpoint, at: 01.0}]}
)",
                                       "offset.yaml");
}

std::string error_of(const std::string& line) {
  PlayedTrace run{offset_platform()};
  return support::error_text([&] { run.play(line); });
}

}  // namespace

TEST_CASE("A BAR that software moves in mid-trace is followed by its name", "[replay][bar]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns nic0 write gpu0.2+0x100 4 data=01020304
0ns gpu0 set bar2 0x38_1000_0000
0ns nic0 write gpu0.2+0x100 64
0ns gpu0 set memory-space off
0ns nic0 write gpu0.2 64
0ns nic0 write dp0.0 64
)");
  CHECK(run.landed()[0].access.address == BusAddr{0x38'0000'0100});
  CHECK(run.bar("gpu0", 2, 0x100, 4) == std::vector<unsigned char>{1, 2, 3, 4});
  CHECK(run.landed()[1].access.address == BusAddr{0x38'1000'0100});
  // The register keeps its address when the function stops to decode.
  CHECK(run.landed()[2].access.address == BusAddr{0x38'1000'0000});
  CHECK(run.landed()[3].access.address == BusAddr{0x9800'0400});
}

TEST_CASE("The pattern of a write to a BAR is that of its address", "[replay][bar]") {
  PlayedTrace run{bench_platform()};
  run.play("0ns nic0 write gpu0.0+0x40 64\n");
  CHECK(run.bar("gpu0", 0, 0x40, 64) == pattern(run.platform().id("nic0"), 0x9000'0040, 64));
}

TEST_CASE("Devices reach a BAR at its bus address and the processor at its own", "[replay][bar]") {
  PlayedTrace run{offset_platform()};
  run.play(R"(
0ns cpu  write acc0.0+0x10 4 0x11223344
0ns cpu  write acc0-vf1.0+0x20 1 0x5a
0ns nic0 write acc0.0+0x1000 4
0ns nic0 write acc0-vf1.0+0x20 4
0ns nic0 raw-write acc0.1+0x7c 0x41
)");
  CHECK(run.bar("acc0", 0, 0x10, 4) == std::vector<unsigned char>{0x44, 0x33, 0x22, 0x11});
  CHECK(run.bar("acc0-vf1", 0, 0x20, 1) == std::vector<unsigned char>{0x5A});
  CHECK(run.landed()[0].access.address == BusAddr{0x9000'1000});
  // Virtual function 1 has the second slice of 8 KiB.
  CHECK(run.landed()[1].access.address == BusAddr{0x9002'2020});
  CHECK(run.landed()[2].access.address == BusAddr{0x9001'0FFC});
}

TEST_CASE("A BAR of an unknown device is an error at the address", "[replay][bar][errors]") {
  CHECK_THAT(error_of("0ns  nic0 read ghost0.2+0x10 64\n"),
             Contains("test.trace:1:16: found BAR 2 of \"ghost0\", expected the name of a device before the dot"));
}

TEST_CASE("A BAR that the device does not have is an error at the address", "[replay][bar][errors]") {
  CHECK_THAT(error_of("0ns nic0 write acc0.3 64\n"),
             Contains("test.trace:1:16: found BAR 3 of \"acc0\", expected a BAR that the device has"));
}

TEST_CASE("A BAR that nobody has placed is an error at the address", "[replay][bar][errors]") {
  CHECK_THAT(error_of("0ns cpu read acc0.2 4\n"),
             Contains("test.trace:1:14: found BAR 2 of \"acc0\", which has no address"));
}

TEST_CASE("An offset beyond the BAR is an error at the address", "[replay][bar][errors]") {
  CHECK_THAT(error_of("0ns cpu read acc0.0+0x1_0000 4\n"),
             Contains("test.trace:1:14: found BAR 0 of \"acc0\" with the offset 0x10000") && Contains("64 KiB"));
}

TEST_CASE("A BAR of another segment has no address that the device could use", "[replay][bar][errors]") {
  CHECK_THAT(error_of("0ns nic1 read acc0.0 64\n"),
             Contains("test.trace:1:15: found BAR 0 of \"acc0\", which is in another PCI segment"));
}

TEST_CASE("A message to a BAR crosses no 4 KiB boundary", "[replay][bar][errors]") {
  CHECK_THAT(error_of("0ns nic0 raw-write acc0.1+0x7e 0x41\n"),
             Contains("test.trace:1:20: 4 bytes here cross a 4 KiB boundary"));
}

TEST_CASE("A BAR that was moved out of the host bridge's windows is out of the processor's reach",
          "[replay][bar][errors]") {
  CHECK_THAT(error_of("0ns acc0 set bar0 0x8000_0000\n0ns cpu read acc0.0 4\n"),
             Contains("test.trace:2:14: found BAR 0 of \"acc0\", which the processor cannot reach"));
}
