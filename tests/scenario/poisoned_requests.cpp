// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 2.7.2.2, 6.2.3.2.3, 6.2.3.2.4.2, 7.5.1.1.4 and 7.5.1.3.7, followed by hand through
// the bench platform: each receiver of a link, with the bits that it sets. The PCI Express capability stands at 0x40,
// AER at 0x100.
#include "pcie/capability_list.h"
#include "platforms/loader.h"
#include "support/bench_platform.h"
#include "support/played_trace.h"

using namespace iommusim;
using namespace iommusim::tests;
using analysis::CollisionKind;

namespace {

using Bytes = std::vector<unsigned char>;

constexpr std::uint32_t poisoned_tlp = 1U << 12;
constexpr std::uint32_t egress_blocked = 1U << 26;
constexpr std::uint32_t advisory = 1U << 13;

/// What a function tells of errors.
struct Errors {
  std::uint32_t uncorrectable = 0;
  std::uint32_t correctable = 0;
  std::uint32_t device_status = 0;
  /// Detected Parity Error of Status and of Secondary Status.
  bool parity = false;
  bool secondary_parity = false;

  bool operator==(const Errors& other) const {
    return uncorrectable == other.uncorrectable && correctable == other.correctable &&
           device_status == other.device_status && parity == other.parity && secondary_parity == other.secondary_parity;
  }
};

std::ostream& operator<<(std::ostream& out, const Errors& errors) {
  return out << std::hex << errors.uncorrectable << ' ' << errors.correctable << ' ' << errors.device_status << ' '
             << errors.parity << errors.secondary_parity;
}

constexpr Errors nothing{};
/// Of a port that sent it on.
constexpr Errors passed_from_below{poisoned_tlp, advisory, 0x1, false, true};
constexpr Errors passed_from_above{poisoned_tlp, advisory, 0x1, true, false};
/// Of the root port above a root complex that discarded the data, and of a function that did.
constexpr Errors discarded_by_root_complex{poisoned_tlp, 0, 0x2, false, true};
constexpr Errors discarded_by_function{poisoned_tlp, 0, 0x2, true, false};

class Run : public PlayedTrace {
 public:
  using PlayedTrace::PlayedTrace;

  std::uint32_t config(const std::string& function, unsigned offset, unsigned width) {
    const auto& topology = platform().machine().topology();
    return topology[platform().node(function)].config.read(offset, width);
  }
  Errors errors(const std::string& function) {
    Errors found;
    const auto& topology = platform().machine().topology();
    const pcie::Node& node = topology[platform().node(function)];
    if (node.type != pcie::PortType::conventional) {
      found = {config(function, 0x104, 4), config(function, 0x110, 4), config(function, 0x4A, 2), false, false};
    }
    found.parity = (config(function, 0x06, 2) & 0x8000) != 0;
    found.secondary_parity = pcie::is_port(node.type) && (config(function, 0x1E, 2) & 0x8000) != 0;
    return found;
  }
  void check_rejected(std::size_t tlp, const std::string& where, const std::string& rule,
                      CompletionStatus status = CompletionStatus::none) {
    CHECK(landing(tlp).kind == LandingKind::rejected);
    CHECK(name(landing(tlp).where) == where);
    CHECK(landing(tlp).rule->id == rule);
    CHECK(landing(tlp).status == status);
  }
};

platforms::FunctionDescription& switch_of(platforms::Description& description) {
  return description.host_bridges[0].functions[0].children[0];
}

/// gpu0 with AER, and Poisoned TLP Egress Blocking in the port above it.
platforms::Description watched(std::optional<bool> blocking = std::nullopt) {
  platforms::Description description = bench_platform();
  platforms::FunctionDescription& port = switch_of(description).children[1];
  port.children[0].aer = true;
  if (blocking) port.dpc = platforms::DpcDescription{*blocking};
  return description;
}

}  // namespace

TEST_CASE("A poisoned write leaves memory as it was, and every receiver on the way tells", "[replay][poisoned]") {
  Run run{watched()};
  run.play(R"(
0ns  nic0 write 0xffe0_0000 4 data=01020304
10ns nic0 write 0xffe0_0000 4 data=ffffffff poisoned
)");
  CHECK(run.memory(bench::ring, 4) == Bytes{1, 2, 3, 4});
  run.check_rejected(1, "dram-low", "root-complex.poisoned");
  CHECK(run.errors("dp0") == passed_from_below);
  CHECK(run.errors("sw0") == nothing);
  CHECK(run.errors("rp0") == discarded_by_root_complex);
  // The header of the TLP, with EP; the requester is nic0.
  CHECK((run.config("rp0", 0x118, 4) & 0x1F) == 12);
  CHECK(run.config("rp0", 0x11C, 4) == 0x4000'4001);
  CHECK(run.config("rp0", 0x120, 4) == (std::uint32_t{run.platform().id("nic0").raw()} << 16 | 0x000F));
  CHECK(run.config("rp0", 0x124, 4) == 0xFFE0'0000);

  CHECK(run.collisions(CollisionKind::window_hole) == 1);
  CHECK(run.results().collisions_total == 1);
  REQUIRE(run.results().collisions[0].remedies.size() == 1);
  CHECK(run.results().collisions[0].remedies[0].action == "repair-source");
}

TEST_CASE("Every TLP of a poisoned write is poisoned", "[replay][poisoned]") {
  Run run{watched()};
  run.play("0ns nic0 write 0xffe0_0000 4KiB poisoned\n");
  REQUIRE(run.landed().size() == 16);
  for (const Landed& landed : run.landed())
    CHECK(landed.landing.rule->id == "root-complex.poisoned");
  CHECK(run.memory(bench::ring, 4) == Bytes{0, 0, 0, 0});
}

TEST_CASE("A poisoned write leaves a peer's BAR as it was", "[replay][poisoned]") {
  Run run{watched()};
  run.play(R"(
0ns  nic0 write 0x38_0000_0000 4 data=01020304
10ns nic0 write 0x38_0000_0000 4 data=ffffffff poisoned
)");
  CHECK(run.bar("gpu0", 2, 0, 4) == Bytes{1, 2, 3, 4});
  run.check_rejected(1, "gpu0", "completer.poisoned");
  CHECK(run.errors("dp0") == passed_from_below);
  CHECK(run.errors("dp1") == nothing);
  CHECK(run.errors("gpu0") == discarded_by_function);
  CHECK(run.errors("rp0") == nothing);
}

TEST_CASE("A reflected poisoned write is told by each receiver, up and down", "[replay][poisoned]") {
  Run run{watched()};
  run.play("0ns nic0 write 0x6000_0000 4 data=ffffffff poisoned\n");
  CHECK(run.bar("gpu0", 0, 0, 4) == Bytes{0, 0, 0, 0});
  run.check_rejected(0, "gpu0", "completer.poisoned");
  CHECK(run.errors("dp0") == passed_from_below);
  CHECK(run.errors("rp0") == passed_from_below);
  CHECK(run.errors("sw0") == passed_from_above);
  CHECK(run.errors("dp1") == nothing);
  CHECK(run.errors("gpu0") == discarded_by_function);
  CHECK(run.collisions(CollisionKind::peer_blocked) == 1);
}

TEST_CASE("A downstream port with Poisoned TLP Egress Blocking keeps a poisoned write from its link",
          "[replay][poisoned]") {
  Run run{watched(true)};
  run.play(R"(
0ns  nic0 write 0x38_0000_0000 4 data=01020304
10ns nic0 write 0x38_0000_0000 4 data=ffffffff poisoned
)");
  CHECK(run.landing(0).kind == LandingKind::peer);
  CHECK(run.bar("gpu0", 2, 0, 4) == Bytes{1, 2, 3, 4});
  run.check_rejected(1, "dp1", "port.poisoned-egress-blocked");
  CHECK(run.errors("dp0") == passed_from_below);
  CHECK(run.errors("dp1") == Errors{egress_blocked, 0, 0x2, false, false});
  CHECK(run.errors("gpu0") == nothing);
}

TEST_CASE("Software switches egress blocking for the next request, not for the one before", "[replay][poisoned]") {
  Run run{watched(false)};
  run.play(R"(
0ns   nic0 write 0x38_0000_0000 4 poisoned
10us  dp1  set dpc.poisoned-egress-blocking on
20us  nic0 write 0x38_0000_0000 4 poisoned
30us  dp1  set dpc.poisoned-egress-blocking off
40us  nic0 write 0x38_0000_0000 4 poisoned
)");
  run.check_rejected(0, "gpu0", "completer.poisoned");
  run.check_rejected(1, "dp1", "port.poisoned-egress-blocked");
  run.check_rejected(2, "gpu0", "completer.poisoned");
}

TEST_CASE("A poisoned message raises no interrupt and is a lost doorbell", "[replay][poisoned]") {
  Run run{watched()};
  run.play(R"(
0ns  nic0 msi 0 poisoned
10ns nic0 raw-write 0xfee0_1000 0x99 poisoned
20ns nic0 msi 0
)");
  CHECK(run.platform().machine().local_apic().delivered() == 1);
  CHECK(run.landing(0).rule->id == "root-complex.poisoned");
  CHECK(run.landing(0).where == run.platform().machine().local_apic_id());
  CHECK(run.landing(1).rule->id == "root-complex.poisoned");
  CHECK(run.landing(2).kind == LandingKind::interrupt);
  CHECK(run.collisions(CollisionKind::doorbell_lost) == 1);
  CHECK(run.collisions(CollisionKind::interrupt_forged) == 0);
  CHECK(run.errors("rp0") == discarded_by_root_complex);
  CHECK(run.results().collisions[0].remedies[0].action == "repair-source");
}

TEST_CASE("A masked vector that was signalled as poisoned sends a sound message when it is unmasked",
          "[replay][poisoned][msi]") {
  Run run{watched()};
  // Vector control of entry 0 of nic0's table. A pending bit is all that the function keeps (6.1.4.5).
  run.play(R"(
0ns cpu  write 0x9100_800c 4 1
2us nic0 msi 0 poisoned
4us cpu  write 0x9100_800c 4 0
)");
  REQUIRE(run.landed().size() == 1);
  CHECK(run.landing(0).kind == LandingKind::interrupt);
  CHECK(run.platform().machine().local_apic().delivered() == 1);
  CHECK(run.results().collisions_total == 0);
  CHECK(run.errors("rp0") == nothing);
}

TEST_CASE("A poisoned write into a vector table unmasks nothing", "[replay][poisoned][msi]") {
  Run run{watched()};
  run.play(R"(
0ns cpu  write 0x9100_800c 4 1
2us nic0 msi 0
4us gpu0 write nic0.0+0x800c 4 data=00000000 poisoned
)");
  run.check_rejected(0, "nic0", "completer.poisoned");
  run.check_rejected(1, "nic0", "msi.masked");
  CHECK(run.platform().machine().local_apic().delivered() == 0);
}

TEST_CASE("The IOMMU's fault comes before the poison, which the root port passed on", "[replay][poisoned]") {
  Run run{watched()};
  run.play("0ns nic0 write 0x7000_0000 4 poisoned\n");
  CHECK(run.landing(0).kind == LandingKind::iommu_fault);
  CHECK(run.errors("rp0") == passed_from_below);
  CHECK(run.collisions(CollisionKind::translation_fault) == 1);
}

TEST_CASE("A poisoned atomic operation is answered as unsupported", "[replay][poisoned]") {
  Run run{watched()};
  run.play(R"(
0ns  nic0 atomic 0xffe0_0000 4 poisoned
10ns nic0 atomic 0x38_0000_0000 4 poisoned
)");
  run.check_rejected(0, "dram-low", "root-complex.poisoned", CompletionStatus::unsupported_request);
  run.check_rejected(1, "gpu0", "completer.poisoned", CompletionStatus::unsupported_request);
  // Received Master Abort at the requester.
  CHECK((run.config("nic0", 0x06, 2) & 0x2000) != 0);
  CHECK(run.errors("gpu0") == discarded_by_function);
}

TEST_CASE("A port that refuses a poisoned write for another reason tells that reason", "[replay][poisoned]") {
  Run run{watched()};
  run.play(R"(
0ns nic0 write 0x9100_0000 4 poisoned
)");
  // Its own window, and Upstream Forwarding is off: unsupported, bit 20 and bit 3 of Device Status.
  run.check_rejected(0, "dp0", "port.u-turn");
  CHECK(run.errors("dp0") == Errors{1U << 20, 0, 0xA, false, true});
}

namespace {

const char* const conventional_bus = R"(
platform: conventional
memory:
  - {name: dram, base: 0, size: 1GiB}
host_bridges:
  - name: pcie0
    windows: [{base: 0x9000_0000, size: 256MiB}]
    peer_to_peer: allowed
    devices:
      - name: rp0
        type: root-port
        at: 01.0
        devices:
          - name: bridge0
            type: pcie-pci-bridge
            devices:
              - {name: card0, type: pci-device, at: 01.0, bars: [{bar: 0, base: 0x9000_0000, size: 64KiB}]}
              - {name: card1, type: pci-device, at: 02.0, bars: [{bar: 0, base: 0x9001_0000, size: 64KiB}]}
      - name: rp1
        type: root-port
        at: 02.0
        devices:
          - {name: nic0, type: endpoint}
)";

}  // namespace

TEST_CASE("On a conventional bus poison is a parity error that the bridge takes and sends on as poison",
          "[replay][poisoned]") {
  Run run{platforms::load_platform_text(conventional_bus, "conventional.yaml")};
  run.play("0ns card0 write 0x1000 4 data=ffffffff poisoned\n");
  CHECK(run.memory(0x1000, 4) == Bytes{0, 0, 0, 0});
  run.check_rejected(0, "dram", "root-complex.poisoned");
  CHECK(run.errors("bridge0") == Errors{0, 0, 0, false, true});
  CHECK(run.errors("rp0") == discarded_by_root_complex);
}

TEST_CASE("A conventional function detects the parity error of its neighbour's write", "[replay][poisoned]") {
  Run run{platforms::load_platform_text(conventional_bus, "conventional.yaml")};
  run.play("0ns card0 write 0x9001_0000 4 data=ffffffff poisoned\n");
  CHECK(run.bar("card1", 0, 0, 4) == Bytes{0, 0, 0, 0});
  run.check_rejected(0, "card1", "completer.poisoned");
  CHECK(run.errors("card1") == Errors{0, 0, 0, true, false});
  CHECK(run.errors("bridge0") == nothing);
}

TEST_CASE("A bridge passes poison from above to its bus", "[replay][poisoned]") {
  Run run{platforms::load_platform_text(conventional_bus, "conventional.yaml")};
  run.play("0ns nic0 write 0x9001_0000 4 data=ffffffff poisoned\n");
  CHECK(run.bar("card1", 0, 0, 4) == Bytes{0, 0, 0, 0});
  run.check_rejected(0, "card1", "completer.poisoned");
  CHECK(run.errors("rp1") == passed_from_below);
  CHECK(run.errors("rp0") == nothing);
  CHECK(run.errors("bridge0") == passed_from_above);
  CHECK(run.errors("card1") == Errors{0, 0, 0, true, false});
}
