// SPDX-License-Identifier: Apache-2.0
// Oracle: the rules of docs/map.md; addresses by hand
// from platforms/two-gpus-one-switch.yaml.
#include "analysis/device_map.h"
#include "analysis/linux_view.h"
#include "analysis/map_report.h"
#include "platforms/loader.h"
#include "platforms/machine_bus.h"
#include "support/source_dir.h"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace iommusim;
using namespace iommusim::analysis;

namespace {

const std::string two_gpus = tests::source_dir() + "/platforms/two-gpus-one-switch.yaml";
const std::vector<std::string> switch_acs{"devices.sw0-dp0.acs=linux"};
const std::vector<std::string> all_acs{"devices.sw0-dp0.acs=linux", "devices.rp0.acs=linux"};

/// gpu1's BAR 2, and what gpu0's tables map there.
constexpr BusAddr peer_bar{0x3C'0000'0000};
constexpr BusAddr beyond_mapping{0x3C'0400'0000};

struct Booted {
  explicit Booted(const std::vector<std::string>& settings = {}, const std::string& platform = two_gpus)
      : description{load(settings, platform)} {
    system.boot();
  }

  static platforms::Description load(const std::vector<std::string>& settings, const std::string& platform) {
    std::vector<platforms::Override> overrides;
    for (const std::string& setting : settings)
      overrides.push_back(platforms::parse_override(setting));
    return platforms::load_platform(platform, overrides);
  }

  DeviceMap map(const std::string& device) {
    return map_devices(machine, system, {machine.find_function(device)}).front();
  }
  std::string text(const Outcome& outcome) {
    return std::string{to_string(outcome.kind)} + ": " + detail_of(outcome, machine) + " [" +
           std::string{outcome.rule->id} + "]";
  }

  platforms::Description description;
  platforms::Machine machine{description};
  platforms::MachineBus bus{machine};
  platforms::OperatingSystem system{machine, bus};
};

const MapRow& row_at(const DeviceMap& map, BusAddr address) {
  for (const MapRow& row : map.rows)
    if (row.range.contains(address)) return row;
  FAIL("no row");
  return map.rows.front();
}

}  // namespace

TEST_CASE("Without ACS the peer's BAR is the peer's, whatever is mapped, and unsafe for users", "[map]") {
  Booted machine;
  const DeviceMap map = machine.map("gpu0");
  const MapRow& row = row_at(map, peer_bar);
  CHECK(row.range == Range<BusAddr>{peer_bar, BusAddr{0x3F'FFFF'FFFF}});
  CHECK(machine.text(row.write) == "peer: gpu1 BAR 2 + 0x0 [switch.direct-peer]");
  CHECK(machine.text(row.read) == "peer: gpu1 BAR 2 + 0x0 [switch.direct-peer]");
  CHECK_FALSE(row.dma_api);
  CHECK(row.vfio);
  CHECK(row.iommufd);
  CHECK(row.verdict == Verdict::unsafe);
}

TEST_CASE("Redirected requests end at a root port without Upstream Forwarding", "[map]") {
  Booted machine{switch_acs};
  const DeviceMap map = machine.map("gpu0");
  const MapRow& row = row_at(map, peer_bar);
  CHECK(machine.text(row.write) == "rejected: rp0 drops it, after acs.p2p-request-redirect at sw0-dp0 [port.u-turn]");
  CHECK(row.verdict == Verdict::unsafe);
}

TEST_CASE("With ACS on the whole way the tables decide: memory where mapped, else a fault, and both are safe",
          "[map]") {
  Booted machine{all_acs};
  const DeviceMap map = machine.map("gpu0");
  const MapRow& mapped = row_at(map, peer_bar);
  CHECK(mapped.range == Range<BusAddr>{peer_bar, beyond_mapping - 1});
  CHECK(machine.text(mapped.write) ==
        "memory: dram-high 0x120000000, after acs.p2p-request-redirect at sw0-dp0 [vtd.second-stage]");
  CHECK(mapped.verdict == Verdict::agree);
  const MapRow& unmapped = row_at(map, beyond_mapping);
  CHECK(unmapped.write.kind == LandingKind::iommu_fault);
  CHECK(unmapped.write.fault_reason == 5);
  CHECK(unmapped.read.fault_reason == 6);
  CHECK(unmapped.write.redirect != nullptr);
  CHECK(unmapped.verdict == Verdict::agree);
}

TEST_CASE("A peer's BAR that software mapped is reached by reflection and is safe", "[map]") {
  for (const auto& settings : {std::vector<std::string>{}, all_acs}) {
    Booted machine{settings};
    const DeviceMap map = machine.map("gpu0");
    const MapRow& row = row_at(map, BusAddr{0x50'0000'0000});
    CHECK(row.range == Range<BusAddr>{BusAddr{0x50'0000'0000}, BusAddr{0x50'00FF'FFFF}});
    CHECK(machine.text(row.write) == "peer: gpu1 BAR 2 + 0x10000000 [vtd.second-stage]");
    CHECK(row.verdict == Verdict::agree);
  }
}

TEST_CASE("Every combination of Request Redirect and Upstream Forwarding gives what the rules say", "[map]") {
  const auto port = [](const std::string& name, bool redirect, bool forward) {
    std::string enabled;
    if (redirect) enabled += "p2p-request-redirect";
    if (forward) enabled += (enabled.empty() ? "" : ", ") + std::string{"upstream-forwarding"};
    return "devices." + name + ".acs={capable: [p2p-request-redirect, upstream-forwarding], enabled: [" + enabled +
           "]}";
  };
  for (unsigned bits = 0; bits < 16; ++bits) {
    const bool redirect = (bits & 1) != 0;
    const bool root_forwards = (bits & 2) != 0;
    Booted machine{{port("sw0-dp0", redirect, (bits & 4) != 0), port("rp0", (bits & 8) != 0, root_forwards)}};
    const DeviceMap map = machine.map("gpu0");
    const MapRow& row = row_at(map, peer_bar);
    INFO("redirect " << redirect << ", root port forwards " << root_forwards << ", bits " << bits);
    const LandingKind expected = !redirect        ? LandingKind::peer
                                 : !root_forwards ? LandingKind::rejected
                                                  : LandingKind::memory;
    CHECK(row.write.kind == expected);
    CHECK(row.read.kind == expected);
    // Its own BAR is behind its own port: it never comes back without Upstream Forwarding on the whole way.
    const MapRow& own = row_at(map, BusAddr{0x38'0000'0000});
    const bool leaves = (bits & 4) != 0 && root_forwards;
    CHECK(own.write.kind == (leaves ? LandingKind::iommu_fault : LandingKind::rejected));
  }
}

TEST_CASE("The interrupt window takes doublewords for interrupts and refuses reads, and everybody knows", "[map]") {
  Booted machine;
  const DeviceMap map = machine.map("nic0");
  const MapRow& row = row_at(map, BusAddr{0xFEE0'0000});
  CHECK(row.range == Range<BusAddr>{BusAddr{0xFEE0'0000}, BusAddr{0xFEEF'FFFF}});
  CHECK(row.write.kind == LandingKind::interrupt);
  CHECK(row.read.kind == LandingKind::iommu_fault);
  CHECK_FALSE((row.dma_api || row.vfio || row.iommufd));
  CHECK(row.verdict == Verdict::agree);
}

TEST_CASE("The map ends where the device's addresses end", "[map]") {
  Booted machine{{"devices.nic0.dma_bits=32"}};
  CHECK(machine.map("nic0").rows.back().range.last == BusAddr{0xFFFF'FFFF});
  CHECK(machine.map("gpu0").rows.back().range.last == BusAddr{0x7FFF'FFFF'FFFF});
  Booted wide{{"devices.nic0.dma_bits=64"}};
  CHECK(wide.map("nic0").rows.back().range.last == BusAddr{~std::uint64_t{0}});
}

TEST_CASE("A read-only mapping is memory to reads and a fault to writes, in one row", "[map]") {
  Booted machine{{"software.domains.nic-driver.mappings.0.access=read"}};
  const DeviceMap map = machine.map("nic0");
  const MapRow& row = row_at(map, BusAddr{0xFFE0'0000});
  CHECK(row.range == Range<BusAddr>{BusAddr{0xFFE0'0000}, BusAddr{0xFFFF'FFFF}});
  CHECK(machine.text(row.read) == "memory: dram-high 0x140000000 [vtd.second-stage]");
  CHECK(row.write.fault_reason == 5);
  CHECK(&principal(row) == &row.read);
  CHECK(row.verdict == Verdict::agree);
}

TEST_CASE("Without an IOMMU memory is where it is, peers are unsafe for nobody, and there is no group", "[map]") {
  Booted machine{{"host_bridges.pcie0.iommu=none", "iommus=[]", "software.domains=[]"}};
  const DeviceMap map = machine.map("nic0");
  CHECK_FALSE(map.group.has_value());
  CHECK(map.reserved_regions.size() == 0);
  const MapRow& memory = row_at(map, BusAddr{0x1'0000'0000});
  CHECK(machine.text(memory.write) == "memory: dram-high 0x100000000 [system.memory]");
  CHECK(memory.dma_api);
  CHECK_FALSE(memory.vfio);
  CHECK(memory.verdict == Verdict::agree);
  CHECK(row_at(map, peer_bar).verdict == Verdict::agree);
}

TEST_CASE("An RMRR shows in the group's file, users leave it alone, and the kernel's domain has it one to one",
          "[map]") {
  Booted machine{{"devices.sw0-dp2.acs=linux", "devices.rp0.acs=linux",
                  "iommus.dmar0.rmrrs=[{base: 0x7b00_0000, size: 1MiB, devices: [nic0, gpu0]}]"}};
  const DeviceMap map = machine.map("nic0");
  REQUIRE(map.reserved_regions.size() == 2);
  CHECK(software::sysfs_line(*map.reserved_regions.begin()) == "0x000000007b000000 0x000000007b0fffff direct");
  const MapRow& row = row_at(map, BusAddr{0x7B00'0000});
  CHECK(row.range == Range<BusAddr>{BusAddr{0x7B00'0000}, BusAddr{0x7B0F'FFFF}});
  CHECK(machine.text(row.write) == "memory: dram-low 0x7b000000 [vtd.second-stage]");
  CHECK_FALSE((row.dma_api || row.vfio || row.iommufd));
  CHECK(row.verdict == Verdict::wasted);
  // A user's domain holds what the user mapped, and nothing else.
  CHECK(row_at(machine.map("gpu0"), BusAddr{0x7B00'0000}).write.kind == LandingKind::iommu_fault);
}

TEST_CASE("The map shows whose memory stands where firmware has its own", "[map][firmware]") {
  const std::string region = "iommus.dmar0.rmrrs=[{base: 0x7b00_0000, size: 1MiB, devices: [gpu0]}]";
  const auto conflicts = [&region](const std::string& domain) {
    Booted machine{{"devices.sw0-dp2.acs=linux", "devices.rp0.acs=linux", region,
                    "software.domains=[{name: guest, devices: [gpu0], " + domain + "}]"}};
    const auto json = to_json({machine.map("gpu0")}, machine.machine)["devices"]["gpu0"]["firmware_memory"];
    REQUIRE(json.size() == 1);
    CHECK(json[0]["start"] == "0x7b000000");
    CHECK(json[0]["end"] == "0x7b0fffff");
    CHECK(json[0]["type"] == "direct-relaxable");
    std::vector<std::string> texts;
    for (const auto& conflict : json[0]["conflicts"])
      texts.push_back(conflict["text"]);
    return texts;
  };
  using Texts = std::vector<std::string>;
  CHECK(conflicts("type: dma").empty());
  CHECK(conflicts("type: identity").empty());
  CHECK(conflicts("type: unmanaged, reserved_memory: kept").empty());
  CHECK(conflicts("type: unmanaged") ==
        Texts{"0x7b000000-0x7b0fffff ends in iommu-fault: dmar0 fault 0x5, not mapped"});
  const std::string guest = "mappings: [{iova: 0x7afe_0000, physical: 0x1_2000_0000, size: 256KiB}]";
  CHECK(conflicts("type: unmanaged, reserved_memory: kept, " + guest) ==
        Texts{"at 0x7b000000-0x7b01ffff the domain has memory 0x120020000 (gpu0-data + 0x20000), which its devices do "
              "not reach"});
  CHECK(conflicts("type: unmanaged, " + guest) ==
        Texts{"0x7b000000-0x7b01ffff leads to memory 0x120020000 (gpu0-data + 0x20000)",
              "0x7b020000-0x7b0fffff ends in iommu-fault: dmar0 fault 0x5, not mapped"});
  CHECK(
      conflicts("type: unmanaged, mappings: [{iova: 0x7b00_0000, physical: 0x7b00_0000, size: 1MiB, access: write}]") ==
      Texts{"0x7b000000-0x7b0fffff ends in iommu-fault: dmar0 fault 0x6, not mapped"});
}

TEST_CASE("The map shows which mappings of a user VFIO would refuse, whatever hardware does with them", "[map]") {
  const auto refused = [](const std::string& device, const std::string& type) {
    Booted machine{{"devices.sw0-dp2.acs=linux", "devices.rp0.acs=linux",
                    "iommus.dmar0.rmrrs=[{base: 0x7b00_0000, size: 1MiB, devices: [" + device + "]}]",
                    "software.domains=[{name: guest, type: " + type + ", devices: [" + device +
                        "], mappings: [{iova: 0x7000_0000, physical: 0x1_2000_0000, size: 256MiB}, "
                        "{iova: 0x1000_0000, physical: 0x1_2000_0000, size: 4KiB}]}]"}};
    return to_json({machine.map(device)}, machine.machine)["devices"][device]["refused_by_vfio"].dump();
  };
  CHECK(refused("nic0", "unmanaged") == R"([{"start":"0x70000000","end":"0x7fffffff"}])");
  CHECK(refused("nic0", "dma") == "[]");
  // An accelerator is of the graphics class: its region is relaxable.
  CHECK(refused("gpu0", "unmanaged") == "[]");
}

TEST_CASE("ACS-027 The groups of two ports without ACS are two, and the map shows that hardware knows no border",
          "[map]") {
  Booted machine{{"devices.rp0.acs=linux"}};
  const LinuxView view{machine.machine, machine.system};
  const auto gpu0 = machine.machine.find_function("gpu0");
  const auto gpu1 = machine.machine.find_function("gpu1");
  CHECK(*view.group_of(gpu0) != *view.group_of(gpu1));
  CHECK(row_at(machine.map("gpu0"), peer_bar).write.kind == LandingKind::peer);
}

TEST_CASE("Addresses beyond the IOMMU's width are wasted by nobody, whether or not the device has a domain", "[map]") {
  for (const unsigned width : {48U, 39U}) {
    Booted machine{{"software.domains=[]", "iommus.dmar0.guest_address_width=" + std::to_string(width),
                    "iommus.dmar0.table_levels=[3]"}};
    const DeviceMap map = machine.map("nic0");
    // Three levels of 9 bits and 12 of the page.
    const MapRow& last = row_at(map, BusAddr{0x80'0000'0000});
    CHECK(last.range == Range<BusAddr>{BusAddr{0x80'0000'0000}, BusAddr{~std::uint64_t{0}}});
    CHECK(machine.text(last.write) == "iommu-fault: dmar0 fault 0x1 [vtd.fault-0x1-root-not-present]");
    CHECK(last.verdict == Verdict::agree);
    CHECK(machine.text(row_at(map, BusAddr{0x7F'FFFF'F000}).write) ==
          "iommu-fault: dmar0 fault 0x1, not mapped [vtd.fault-0x1-root-not-present]");
  }
}

TEST_CASE("A mapping that software made to what is no memory speaks against no view", "[map]") {
  Booted machine{
      {"software.domains.nic-driver.mappings=[{iova: 0xffe0_0000, physical: 0xfed9_0000, size: 4KiB}, "
       "{iova: 0xfff0_0000, physical: 0xfee0_0000, size: 4KiB}]"}};
  const DeviceMap map = machine.map("nic0");
  CHECK(row_at(map, BusAddr{0xFFE0'0000}).write.rule->id == "system.not-a-dma-target");
  CHECK(row_at(map, BusAddr{0xFFE0'0000}).verdict == Verdict::agree);
  const MapRow& window = row_at(map, BusAddr{0xFFF0'0000});
  CHECK(machine.text(window.write) == "iommu-fault: dmar0 fault 0xe [vtd.fault-0xe-interrupt-range]");
  CHECK(window.verdict == Verdict::agree);
}

TEST_CASE("What a device with ATS is granted no right to is unmapped, and speaks against nobody", "[map]") {
  Booted machine{{"iommus.dmar0.table_levels=[3]"}, tests::source_dir() + "/platforms/device-tlb-stale.yaml"};
  const DeviceMap map = machine.map("npu0");
  const MapRow& unmapped = row_at(map, BusAddr{0x7000'0000});
  CHECK(machine.text(unmapped.write) == "rejected: npu0 drops it, not mapped [ats.translation-denied]");
  CHECK(machine.text(unmapped.read) == "rejected: npu0: unsupported request, not mapped [ats.translation-denied]");
  CHECK(unmapped.dma_api);
  CHECK(unmapped.verdict == Verdict::agree);
  // The tables have a mapping, without the right to write.
  const MapRow& read_only = row_at(map, BusAddr{0x8000'0000});
  CHECK(machine.text(read_only.write) == "rejected: npu0 drops it, not mapped [ats.translation-denied]");
  CHECK(machine.text(principal(read_only)) == "memory: dram-high 0x120000000 [vtd.translated-request]");
  CHECK(read_only.verdict == Verdict::agree);
  // Beyond three levels of tables nothing can be mapped, and nobody believes that.
  const MapRow& beyond = row_at(map, BusAddr{0x80'0000'0000});
  CHECK(machine.text(beyond.write) == "rejected: npu0 drops it [ats.translation-denied]");
  CHECK(beyond.verdict == Verdict::agree);
  const MapRow& window = row_at(map, BusAddr{0xFEE0'0000});
  CHECK(machine.text(window.read) == "rejected: npu0: unsupported request [ats.translation-denied]");
}
