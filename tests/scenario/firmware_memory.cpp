// SPDX-License-Identifier: Apache-2.0
// Requests of a device's own firmware, and memory that a guest has at the same addresses. Oracle: the mappings of
// platforms/rmrr-vs-guest.yaml and its twins, by hand; VT-d specification, 8.4 (RMRR).
#include "platforms/loader.h"
#include "support/played_trace.h"
#include "support/source_dir.h"

using namespace iommusim;
using namespace iommusim::tests;
using analysis::CollisionKind;

namespace {

constexpr std::uint64_t guest_ram = 0x1'0000'0000;

platforms::Description platform(const std::string& name, const std::vector<std::string>& settings = {}) {
  std::vector<platforms::Override> overrides;
  for (const std::string& setting : settings)
    overrides.push_back(platforms::parse_override(setting));
  return platforms::load_platform(source_dir() + "/platforms/" + name + ".yaml", overrides);
}

std::string trace(const std::string& name) {
  return source_dir() + "/traces/" + name + ".trace";
}

std::vector<std::uint64_t> addresses(const PlayedTrace& run) {
  std::vector<std::uint64_t> all;
  for (const Landed& landed : run.landed()) {
    CHECK(landed.landing.kind == LandingKind::memory);
    all.push_back(landed.landing.address);
  }
  return all;
}

}  // namespace

TEST_CASE("Firmware that nobody heeds writes into the guest that has its device", "[replay][firmware]") {
  PlayedTrace run{platform("rmrr-vs-guest")};
  run.play_file(trace("rmrr-vs-guest"));
  CHECK(run.collisions(CollisionKind::wrong_memory) == 4);
  CHECK(run.results().collisions_total == 4);
  for (const analysis::Collision& collision : run.results().collisions) {
    CHECK(collision.example.source == analysis::AccessSource::firmware);
    CHECK(collision.example.intent.physical.value() == collision.example.access.address.value());
    CHECK(collision.example.landing.address == guest_ram + collision.example.access.address.value());
  }
  // What the controller wrote stands in the guest's memory, until the guest's own packet; nothing in the region.
  CHECK(run.memory(guest_ram + 0x7BF0'1000, 8) != std::vector<unsigned char>(8));
  CHECK(run.memory(0x7BF0'1000, 8) == std::vector<unsigned char>(8));
}

TEST_CASE("Firmware's memory that a hypervisor keeps takes what the guest's devices write at its addresses",
          "[replay][firmware]") {
  PlayedTrace run{platform("rmrr-vs-guest-kept")};
  run.play_file(trace("rmrr-vs-guest"));
  CHECK(run.collisions(CollisionKind::wrong_memory) == 1);
  CHECK(run.results().collisions_total == 1);
  const analysis::AccessRecord& packet = run.results().collisions.front().example;
  CHECK(packet.source == analysis::AccessSource::dma);
  CHECK(packet.intent.physical.value() == guest_ram + 0x7B00'0000);
  CHECK(packet.landing.address == 0x7B00'0000);
}

TEST_CASE("A guest laid out around firmware's memory and firmware both reach their own", "[replay][firmware]") {
  PlayedTrace run{platform("rmrr-vs-guest-around")};
  run.play_file(trace("rmrr-vs-guest-around"));
  CHECK(run.results().collisions_total == 0);
  const std::vector<std::uint64_t> all = addresses(run);
  REQUIRE(all.size() > 4);
  CHECK(std::count(all.begin(), all.end(), 0x7B00'0000) == 1);
  CHECK(std::count(all.begin(), all.end(), 0x7BF0'0000) == 1);
  // The packet's first TLP, in the piece that follows at 4 GiB.
  CHECK(std::count(all.begin(), all.end(), guest_ram + 0x7B00'0000) == 1);
}

TEST_CASE("The same requests of firmware and of a driver are two collisions", "[replay][firmware]") {
  PlayedTrace run{platform("rmrr-vs-guest", {"software.domains.guest.mappings=[]"})};
  run.play(R"(
0ns  nic0 write 0x7b00_0000 64
1us  nic0 write 0x7b00_0000 64 firmware
2us  nic0 write 0x7b00_0000 64 firmware
)");
  CHECK(run.collisions(CollisionKind::translation_fault) == 3);
  REQUIRE(run.results().collisions.size() == 2);
  CHECK(run.results().collisions[0].count == 1);
  CHECK(run.results().collisions[1].count == 2);
}

TEST_CASE("What a guest unmaps does not free the memory of firmware", "[replay][firmware]") {
  PlayedTrace run{platform("rmrr-vs-guest-kept")};
  run.play(R"(
0ns  nic0 unmap 0x7afff000 8KiB
1us  nic0 write 0x7b00_0000 64 firmware
2us  nic0 write 0x7aff_f000 64
3us  nic0 map   0x7afff000 8KiB guest-ram
4us  nic0 write 0x7b00_0000 64 firmware
5us  nic0 write 0x7aff_f000 64
)");
  CHECK(run.landing(0).address == 0x7B00'0000);
  CHECK(run.landing(1).kind == LandingKind::iommu_fault);
  CHECK(run.landing(2).address == 0x7B00'0000);
  CHECK(run.landing(3).address == guest_ram);
  CHECK(run.results().collisions_total == 1);
}

TEST_CASE("A kernel's domain lets firmware go on, and a blocked one stops it", "[replay][firmware]") {
  PlayedTrace run{platform(
      "rmrr-vs-guest",
      {"software.domains=[{name: kernel, type: dma, devices: [nic0]}, {name: off, type: blocked, devices: [usb0]}]"})};
  run.play(R"(
0ns nic0 write 0x7b00_0000 64 firmware
1us usb0 read  0x7bf0_0000 64 firmware
)");
  CHECK(run.landing(0).address == 0x7B00'0000);
  CHECK(run.landing(1).kind == LandingKind::iommu_fault);
  CHECK(run.collisions(CollisionKind::translation_fault) == 1);
  CHECK(run.results().collisions_total == 1);
}
