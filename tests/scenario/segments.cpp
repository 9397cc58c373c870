// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 7.2.2 (where a register lies in a segment's region), docs/platform-format.md
// (`ecam`), the Command register's Bus Master Enable (7.5.1.1.3).
#include "platforms/loader.h"
#include "support/played_trace.h"

using namespace iommusim;
using namespace iommusim::tests;

namespace {

platforms::Description two_segments(const std::string& ecam) {
  return platforms::load_platform_text("platform: segments\n" + ecam + R"(
memory: [{name: dram, base: 0, size: 2GiB}]
host_bridges:
  - {name: a, devices: [{name: nic0, type: root-complex-endpoint, at: 01.0}]}
  - name: b
    segment: 1
    devices: [{name: nic1, type: root-complex-endpoint, at: 02.0}]
)",
                                       "segments.yaml");
}

}  // namespace

TEST_CASE("Software sets what a function of another segment does", "[replay][segments]") {
  PlayedTrace run{two_segments("")};
  run.play(R"(
0ns nic1 write 0x1000 64
0ns nic1 set bus-master off
0ns nic1 write 0x1000 64
0ns nic0 write 0x1000 64
0ns nic1 set bus-master on
0ns nic1 write 0x1000 64
)");
  CHECK(run.landing(0).kind == LandingKind::memory);
  CHECK(run.landing(1).rule->id == "function.bus-master-disabled");
  CHECK(run.landing(2).kind == LandingKind::memory);
  CHECK(run.landing(3).kind == LandingKind::memory);
}

TEST_CASE("A processor finds the configuration space of a segment at its region", "[replay][segments]") {
  PlayedTrace run{two_segments("ecam: [{segment: 1, base: 0xd000_0000}]")};
  // Command of 0001:00:02.0; all of it cleared, and with it Bus Master Enable.
  run.play(R"(
0ns nic1 write 0x1000 64
0ns cpu  write 0xd001_0004 2 0
0ns nic1 write 0x1000 64
0ns nic0 write 0x1000 64
)");
  CHECK(run.landing(0).kind == LandingKind::memory);
  CHECK(run.landing(1).rule->id == "function.bus-master-disabled");
  CHECK(run.landing(2).kind == LandingKind::memory);
}
