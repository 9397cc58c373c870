// SPDX-License-Identifier: Apache-2.0
// Oracle: counted by hand; the folding rule of the design's results.json (same device, kind, page and rule).
#include "analysis/recorder.h"

#include "pcie/rules.h"
#include "support/small_platforms.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::analysis;
using namespace iommusim::test;

namespace {

/// Sends accesses through the decision procedures into a recorder. Time advances by 100 ns with each.
class Recording {
 public:
  explicit Recording(const std::vector<std::string>& settings = {}, bool unfold = false)
      : platform{settings}, recorder{platform.machine, platform.system, {unfold}} {}

  /// One access in TLPs of at most 64 bytes.
  void send(const std::string& device, Operation operation, std::uint64_t address, std::uint32_t size) {
    recorder.begin_access(platform.node(device), AccessSource::dma, now_, size);
    for (std::uint32_t done = 0; done < size || (size == 0 && done == 0); done += 64) {
      Access access = dma(operation, address + done, std::min(size - done, 64U));
      access.requester = platform.machine.topology()[platform.node(device)].requester;
      const platforms::Walk way = platform.walk(device, access);
      recorder.on_tlp({access, way.landing, way.path, 0, 0});
    }
    end();
  }
  void write(const std::string& device, std::uint64_t address, std::uint32_t size = 64) {
    send(device, Operation::write, address, size);
  }
  /// Four bytes of `data`: signalled as vector `index`, or, without one, a raw write.
  void message(const std::string& device, std::uint64_t address, std::uint32_t data, std::optional<unsigned> index) {
    recorder.begin_access(platform.node(device), index ? AccessSource::msi : AccessSource::raw_write, now_, 4);
    const Access access = dma_write(address, 4);
    const platforms::Walk way = platform.walk(device, access, data);
    recorder.on_tlp({access, way.landing, way.path, index.value_or(0), data});
    end();
  }

  const Results& results() { return recorder.finish(now_); }

  Booted platform;
  Recorder recorder;

 private:
  void end() {
    recorder.end_access();
    now_ = now_ + Duration::nanoseconds(100);
  }

  Duration now_;
};

std::uint64_t landed(const Results& results, LandingKind kind) {
  return results.landed[static_cast<std::size_t>(kind)];
}

constexpr std::uint64_t gpu_bar = 0x9010'0000;

}  // namespace

TEST_CASE("Equal collisions are folded by page, with a count and the first and last time", "[analysis]") {
  Recording recording;
  recording.write("nic0", gpu_bar);
  recording.write("nic0", gpu_bar + 0xFC0);
  recording.write("nic0", gpu_bar + 0x1000);
  recording.write("nic0", gpu_bar + 0x80);
  const Results& results = recording.results();
  CHECK(results.collisions_total == 4);
  CHECK(results.collisions_by_kind[static_cast<std::size_t>(CollisionKind::peer_hijack)] == 4);
  REQUIRE(results.collisions.size() == 2);
  CHECK(results.collisions[0].count == 3);
  CHECK(results.collisions[0].first == Duration::nanoseconds(0));
  CHECK(results.collisions[0].last == Duration::nanoseconds(300));
  CHECK(results.collisions[0].example.access.address == BusAddr{gpu_bar});
  CHECK(results.collisions[1].count == 1);
  CHECK(results.collisions[1].first == Duration::nanoseconds(200));
}

TEST_CASE("Collisions of other devices, kinds and rules are kept apart", "[analysis]") {
  Recording recording{{"host_bridges.pcie0.peer_to_peer=allowed"}};
  recording.write("nic0", gpu_bar);
  recording.write("ssd0", gpu_bar);
  const auto page = *Range<Iova>::from_size(Iova{gpu_bar}, page_4k);
  recording.platform.system.unmap(recording.platform.node("nic0"), page, software::Invalidate::yes, Duration{});
  recording.write("nic0", gpu_bar);
  const Results& results = recording.results();
  REQUIRE(results.collisions.size() == 3);
  CHECK(results.collisions[0].kind == CollisionKind::peer_hijack);
  CHECK(results.collisions[0].example.landing.rule == &pcie::rules::switch_direct_peer);
  CHECK(results.collisions[1].kind == CollisionKind::isolation_breach);
  CHECK(results.collisions[1].example.landing.rule == &pcie::rules::host_bridge_peer);
  CHECK(results.collisions[2].kind == CollisionKind::isolation_breach);
  CHECK(results.collisions[2].example.device == recording.platform.node("nic0"));
}

TEST_CASE("The same page under another rule is another collision", "[analysis]") {
  Recording recording;
  recording.write("nic0", 0x30'0000);
  recording.send("nic0", Operation::read, 0x30'0000, 64);
  // Reasons 5 and 6 of the VT-d specification: no right to write, no right to read.
  CHECK(recording.results().collisions.size() == 2);
}

TEST_CASE("Unfolded, every collision stands by itself", "[analysis]") {
  Recording recording{{}, true};
  for (int i = 0; i < 3; ++i)
    recording.write("nic0", gpu_bar, 128);
  const Results& results = recording.results();
  REQUIRE(results.collisions.size() == 3);
  CHECK(results.collisions_total == 3);
  for (const Collision& collision : results.collisions) {
    CHECK(collision.count == 1);
    CHECK(collision.first == collision.last);
    CHECK(collision.example_size == 128);
  }
  CHECK(results.collisions[2].first == Duration::nanoseconds(200));
}

TEST_CASE("An access of several TLPs that collide alike counts once and spans them", "[analysis]") {
  Recording recording;
  // 5 TLPs over a page border.
  recording.write("nic0", gpu_bar + 0xF80, 320);
  const Results& results = recording.results();
  CHECK(results.collisions_total == 1);
  REQUIRE(results.collisions.size() == 1);
  CHECK(results.collisions[0].count == 1);
  CHECK(results.collisions[0].example.access.address == BusAddr{gpu_bar + 0xF80});
  CHECK(results.collisions[0].example_size == 320);
  CHECK(results.devices.at(recording.platform.node("nic0")).tlps == 5);
  CHECK(results.devices.at(recording.platform.node("nic0")).collisions == 1);
}

TEST_CASE("Later accesses leave the example as the first one was", "[analysis]") {
  Recording recording;
  recording.write("nic0", gpu_bar, 128);
  recording.write("nic0", gpu_bar, 256);
  const Results& results = recording.results();
  REQUIRE(results.collisions.size() == 1);
  CHECK(results.collisions[0].count == 2);
  CHECK(results.collisions[0].example_size == 128);
}

TEST_CASE("Of an access half in memory and half in a peer only the peer's half collides", "[analysis]") {
  // The second page of the pool's IOVAs is the accelerator's BAR.
  Recording recording{{"software.domains.user.mappings=[{iova: 0x900f_f000, buffer: pool, size: 8KiB}]",
                       "devices.nic0.bars=[{bar: 0, size: 64KiB}]", "software.interrupts=[]"}};
  recording.write("nic0", 0x900F'FF80, 256);
  const Results& results = recording.results();
  CHECK(results.accesses == 1);
  REQUIRE(results.collisions.size() == 1);
  CHECK(results.collisions[0].example.access.address == BusAddr{gpu_bar});
  CHECK(results.collisions[0].example_size == 128);
  // The access counts where it collided, not where it began.
  CHECK(landed(results, LandingKind::peer) == 1);
  CHECK(landed(results, LandingKind::memory) == 0);
}

TEST_CASE("An access that collides in two ways counts as two collisions, and where the first one landed",
          "[analysis]") {
  // nic0 needs no window, so the page before the accelerator's BAR goes up to the IOMMU, where it is not mapped.
  Recording recording{{"software.domains.user.mappings=[{iova: 0x9010_0000, buffer: pool, size: 4KiB}]",
                       "devices.nic0.bars=[{bar: 0, size: 64KiB}]", "software.interrupts=[]"}};
  recording.write("nic0", gpu_bar - 128, 256);
  const Results& results = recording.results();
  CHECK(results.accesses == 1);
  CHECK(results.collisions_total == 2);
  REQUIRE(results.collisions.size() == 2);
  CHECK(results.collisions[0].kind == CollisionKind::translation_fault);
  CHECK(results.collisions[0].example_size == 128);
  CHECK(results.collisions[1].kind == CollisionKind::peer_hijack);
  CHECK(results.collisions[1].example_size == 128);
  CHECK(landed(results, LandingKind::iommu_fault) == 1);
  CHECK(landed(results, LandingKind::peer) == 0);
}

TEST_CASE("Each access counts once, with its bytes, where it landed", "[analysis]") {
  Recording recording;
  recording.write("nic0", 0x10'0000, 4096);
  recording.send("ssd0", Operation::read, 0x10'0000, 100);
  recording.send("nic0", Operation::read, 0x10'0000, 0);
  recording.write("nic0", gpu_bar);
  recording.write("ssd0", 0x70'0000);
  recording.message("nic0", 0xFEE0'2000, 0x41, 1);
  recording.recorder.count_operation();
  const Results& results = recording.results();
  CHECK(results.operations == 1);
  CHECK(results.accesses == 6);
  CHECK(results.bytes == 4096 + 100 + 0 + 64 + 64 + 4);
  CHECK(landed(results, LandingKind::memory) == 3);
  CHECK(landed(results, LandingKind::peer) == 1);
  CHECK(landed(results, LandingKind::iommu_fault) == 1);
  CHECK(landed(results, LandingKind::interrupt) == 1);
  CHECK(results.simulated == Duration::nanoseconds(600));
  const DeviceSummary& ssd = results.devices.at(recording.platform.node("ssd0"));
  CHECK(ssd.accesses == 2);
  CHECK(ssd.bytes == 164);
  CHECK(ssd.tlps == 3);
  CHECK(ssd.landed[static_cast<std::size_t>(LandingKind::memory)] == 1);
  // PCIe base specification, 2.2: two reads of a 12-byte header, one write of 64 bytes, each with 8 bytes of framing.
  CHECK(ssd.link_bytes == 20 + 20 + 84);
  CHECK(results.devices.at(recording.platform.node("gpu0")).accesses == 0);
}

TEST_CASE("Faults are folded by device, page and reason", "[analysis]") {
  Recording recording;
  recording.write("nic0", 0x30'0000);
  recording.write("nic0", 0x30'0FC0);
  recording.write("nic0", 0x30'1000);
  recording.send("nic0", Operation::read, 0x30'0000, 64);
  recording.write("ssd0", 0x30'0000);
  const Results& results = recording.results();
  REQUIRE(results.faults.size() == 4);
  CHECK(results.faults[0].count == 2);
  CHECK(results.faults[0].first == Duration::nanoseconds(0));
  CHECK(results.faults[0].example.landing.fault_reason == 5);
  CHECK(results.faults[1].count == 1);
  CHECK(results.faults[2].example.landing.fault_reason == 6);
  CHECK(results.faults[3].example.device == recording.platform.node("ssd0"));
}

TEST_CASE("Interrupts are folded by device, vector and destination", "[analysis]") {
  Recording recording;
  recording.message("nic0", 0xFEE0'2000, 0x41, 1);
  recording.message("nic0", 0xFEE0'2000, 0x41, 1);
  recording.message("nic0", 0xFEE0'3000, 0x41, std::nullopt);
  recording.message("ssd0", 0xFEE0'2000, 0x41, std::nullopt);
  const Results& results = recording.results();
  REQUIRE(results.interrupts.size() == 3);
  CHECK(results.interrupts[0].count == 2);
  CHECK(results.interrupts[0].vector == 0x41);
  CHECK(results.interrupts[0].destination == 2);
  CHECK(results.interrupts[1].destination == 3);
  CHECK(results.interrupts[2].device == recording.platform.node("ssd0"));
  // The two that no driver programmed are forged.
  CHECK(results.collisions_by_kind[static_cast<std::size_t>(CollisionKind::interrupt_forged)] == 2);
}

TEST_CASE("A collision has the advice of its first access", "[analysis]") {
  Recording recording;
  recording.write("nic0", gpu_bar);
  const Results& results = recording.results();
  REQUIRE(results.collisions.size() == 1);
  REQUIRE(results.collisions[0].remedies.size() == 3);
  CHECK(results.collisions[0].remedies[0].action == "replace-port");
}

TEST_CASE("The digest tells what memory and BARs hold in the end", "[analysis]") {
  const auto digest = [](bool memory, bool bar) {
    Recording recording;
    const std::uint32_t value = 1;
    if (memory) recording.platform.bus.store32(PhysAddr{0x1000'0000}, value);
    if (bar) recording.platform.bus.store32(PhysAddr{0x9010'0000}, value);
    return recording.results().memory_digest;
  };
  CHECK(digest(false, false) == digest(false, false));
  CHECK(digest(true, false) != digest(false, false));
  CHECK(digest(false, true) != digest(false, false));
  CHECK(digest(true, false) != digest(false, true));
}
