// SPDX-License-Identifier: Apache-2.0
// Oracle: the platform's text; what software set up is asked of the hardware, which knows nothing of the software.
#include "platforms/operating_system.h"

#include "interrupts/msi_source.h"
#include "software/driver_error.h"
#include "support/error_text.h"
#include "support/small_platforms.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using namespace iommusim::test;
using software::DriverError;

namespace {

Range<Iova> pages(std::uint64_t iova, std::uint64_t size = page_4k) {
  return *Range<Iova>::from_size(Iova{iova}, size);
}

class Bars final : public interrupts::BarReader {
 public:
  explicit Bars(const pcie::BarMemory& bars) : bars_{bars} {}
  bool read_bar(std::uint8_t bar, std::uint64_t offset, void* to, std::size_t size) const override {
    return bars_.read(bar, offset, to, size);
  }

 private:
  const pcie::BarMemory& bars_;
};

interrupts::MsiRequest message_of(const Booted& platform, const std::string& device, unsigned vector) {
  return interrupts::request_msi(platform.machine.topology()[platform.node(device)].config,
                                 Bars{*platform.machine.find_device(device)->bars}, vector);
}

/// A request of nic0 that fills the unit's caches.
iommu::Outcome translate(Booted& platform, std::uint64_t iova, Operation operation = Operation::write) {
  iommu::TranslationRequest request;
  request.requester = RequesterId{3, 0, 0};
  request.operation = operation;
  request.address = Iova{iova};
  request.size = 64;
  return platform.machine.iommu(0).translate(request, platform.fetches).outcome;
}

}  // namespace

TEST_CASE("Mappings of the description translate, with their rights and for their devices only", "[os]") {
  Booted platform;
  CHECK(platform.walk("nic0", dma_write(0x10'0000)).landing.address == 0x1000'0000);
  CHECK(platform.walk("nic0", dma_write(0x2F'FFC0)).landing.address == 0x101F'FFC0);
  CHECK(platform.walk("nic0", dma_write(0x30'0000)).landing.kind == LandingKind::iommu_fault);
  CHECK(platform.walk("nic0", dma_read(0x90'0000)).landing.address == 0x1200'0000);
  CHECK(platform.walk("nic0", dma_write(0x90'0000)).landing.kind == LandingKind::iommu_fault);
  CHECK(platform.walk("ssd0", dma_write(0x10'0000)).landing.address == 0x1200'0000);
  CHECK(platform.walk("gpu0", dma_write(0x10'0000)).landing.kind == LandingKind::iommu_fault);
}

TEST_CASE("A device in an identity domain reaches memory at its physical address, with pass-through or without",
          "[os]") {
  for (const std::string pass_through : {"true", "false"}) {
    CAPTURE(pass_through);
    Booted platform{{"iommus.dmar0.pass_through=" + pass_through,
                     "software.domains=[{name: all, type: identity, devices: [nic0]}]"}};
    CHECK(platform.walk("nic0", dma_write(0x1234'5640)).landing.address == 0x1234'5640);
    CHECK(platform.system.domain_of(platform.node("nic0"))->space.live_ranges() == 0);
  }
}

TEST_CASE("A device in a blocked domain reaches nothing", "[os]") {
  Booted platform{{"software.domains=[{name: off, type: blocked, devices: [nic0]}]"}};
  CHECK(platform.walk("nic0", dma_read(0x1000'0000)).landing.kind == LandingKind::iommu_fault);
  CHECK(platform.system.domain_of(platform.node("nic0"))->description->name == "off");
  CHECK(platform.system.domain_of(platform.node("ssd0")) == nullptr);
}

TEST_CASE("A domain's tables are as deep as described, by default as deep as the unit has them", "[os]") {
  Booted three{{"software.domains.user.levels=3"}};
  three.walk("nic0", dma_write(0x10'0000));
  CHECK(three.fetches.size() == 2 + 3);
  CHECK(three.system.iova_width(*three.system.domain_of(three.node("nic0"))) == 39);
  Booted deepest;
  deepest.walk("nic0", dma_write(0x10'0000));
  CHECK(deepest.fetches.size() == 2 + 4);
  CHECK(deepest.system.iova_width(*deepest.system.domain_of(deepest.node("nic0"))) == 48);
}

TEST_CASE("MSI-X messages stand in the device's table, through its BAR", "[os]") {
  const Booted platform;
  CHECK(message_of(platform, "nic0", 1).state == interrupts::MsiState::enabled);
  // Intel SDM volume 3, 11.11: 0xFEE in bits 31:20, APIC ID in 19:12; fixed delivery, edge: the data is the vector.
  CHECK(message_of(platform, "nic0", 1).message == interrupts::MsiMessage{BusAddr{0xFEE0'2000}, 0x41});
  CHECK(message_of(platform, "nic0", 0).state == interrupts::MsiState::masked);
  CHECK(message_of(platform, "gpu0", 0).state == interrupts::MsiState::disabled);
  REQUIRE(platform.system.programmed().size() == 1);
  CHECK(platform.system.programmed_for(platform.node("nic0"), 1)->message.data == 0x41);
  CHECK(platform.system.programmed_for(platform.node("nic0"), 0) == nullptr);
}

TEST_CASE("An MSI-X table is reached where the outbound window shows its BAR to processors", "[os]") {
  const Booted platform{
      {"host_bridges.pcie0.windows=[{base: 0x40_9000_0000, size: 256MiB, bus: 0x9000_0000}]", "software.domains=[]"}};
  CHECK(message_of(platform, "nic0", 1).message.data == 0x41);
}

TEST_CASE("MSI vectors are programmed in any order of the description, in a power of two", "[os]") {
  const Booted platform{
      {"software.interrupts=[{device: gpu0, index: 2, vector: 0x52}, {device: gpu0, index: 0, "
       "vector: 0x50}, {device: gpu0, index: 1, vector: 0x51}]"}};
  for (unsigned vector = 0; vector < 4; ++vector)
    CHECK(message_of(platform, "gpu0", vector).message == interrupts::MsiMessage{BusAddr{0xFEE0'0000}, 0x50 + vector});
  CHECK(platform.system.programmed_for(platform.node("gpu0"), 2) != nullptr);
  CHECK(platform.system.programmed_for(platform.node("gpu0"), 3) == nullptr);
}

TEST_CASE("MSI vectors that a function cannot count up to are refused", "[os]") {
  const auto boot_with = [](const std::string& interrupts) {
    return support::error_text([&] { Booted{{"software.interrupts=[" + interrupts + "]"}}; });
  };
  CHECK_FALSE(boot_with("{device: gpu0, index: 1, vector: 0x51}").empty());
  CHECK_FALSE(boot_with("{device: gpu0, index: 0, vector: 0x50}, {device: gpu0, index: 1, vector: 0x53}").empty());
  CHECK_FALSE(
      boot_with("{device: gpu0, index: 0, vector: 0x50, apic_id: 1}, {device: gpu0, index: 1, vector: 0x51}").empty());
  CHECK_FALSE(boot_with("{device: gpu0, index: 0, vector: 0x51}, {device: gpu0, index: 1, vector: 0x52}").empty());
  CHECK(boot_with("{device: gpu0, index: 0, vector: 0x50}, {device: gpu0, index: 1, vector: 0x51}").empty());
}

TEST_CASE("The operating system's tables are not for devices", "[os]") {
  // By default the highest 64 MiB: from 7C00_0000h.
  Booted platform;
  const auto map_to = [&platform](std::uint64_t physical) {
    platform.system.map(platform.node("nic0"), {pages(0x50'0000), PhysAddr{physical}, {}, {}}, Duration{});
  };
  CHECK_THROWS_AS(map_to(0x7C00'0000), DriverError);
  CHECK_THROWS_AS(map_to(0x7FFF'F000), DriverError);
  CHECK(platform.walk("nic0", dma_read(0x50'0000)).landing.kind == LandingKind::iommu_fault);
  map_to(0x7BFF'F000);
  CHECK(platform.walk("nic0", dma_read(0x50'0000)).landing.address == 0x7BFF'F000);

  const std::string error = support::error_text([] {
    Booted{{"software.os_memory={base: 0x2000_0000, size: 1MiB}",
            "software.domains.user.mappings=[{iova: 0x10_0000, physical: 0x2000_0000, size: 4KiB}]"}};
  });
  CHECK(error.find("small.yaml: ") == 0);
  CHECK(error.find("0x20000000 lies in the memory that the operating system keeps") != std::string::npos);
}

TEST_CASE("Tables lie in the memory that the description names for them", "[os]") {
  Booted platform{{"software.os_memory={base: 0x2000_0000, size: 1MiB}"}};
  platform.walk("nic0", dma_read(0x10'0000));
  REQUIRE(platform.fetches.size() != 0);
  for (const iommu::Fetch& fetch : platform.fetches)
    CHECK(Range<PhysAddr>{PhysAddr{0x2000'0000}, PhysAddr{0x200F'FFFF}}.contains(fetch.address));
}

TEST_CASE("map makes an address reach memory, unmap ends that", "[os]") {
  Booted platform;
  const pcie::NodeIndex nic = platform.node("nic0");
  platform.system.map(nic, {pages(0x50'0000, 0x3000), PhysAddr{0x1100'0000}, {true, false}, {}}, Duration{});
  CHECK(translate(platform, 0x50'2000, Operation::read) == iommu::Outcome::translated);
  CHECK(translate(platform, 0x50'2000, Operation::write) == iommu::Outcome::fault);
  platform.system.unmap(nic, pages(0x50'2000), software::Invalidate::yes, Duration::nanoseconds(9));
  CHECK(translate(platform, 0x50'2000, Operation::read) == iommu::Outcome::fault);
  CHECK(translate(platform, 0x50'1FC0, Operation::read) == iommu::Outcome::translated);
  const software::Intent past = platform.system.domain_of(nic)->space.lookup(Iova{0x50'2000});
  CHECK(past.state == software::MappingState::past);
  CHECK(past.until == Duration::nanoseconds(9));
}

TEST_CASE("Without an invalidation a cached translation outlives its mapping, until there is one", "[os]") {
  Booted platform;
  const pcie::NodeIndex nic = platform.node("nic0");
  REQUIRE(translate(platform, 0x10'0000) == iommu::Outcome::translated);
  platform.system.unmap(nic, pages(0x10'0000), software::Invalidate::no, Duration{});
  CHECK(translate(platform, 0x10'0000) == iommu::Outcome::translated);
  platform.system.invalidate(nic, pages(0x10'0000));
  CHECK(translate(platform, 0x10'0000) == iommu::Outcome::fault);
}

TEST_CASE("What software cannot do is refused and changes nothing", "[os]") {
  Booted platform;
  OperatingSystem& system = platform.system;
  const pcie::NodeIndex nic = platform.node("nic0");
  const software::NewMapping again{pages(0x10'0000), PhysAddr{0x1300'0000}, {}, {}};
  CHECK_THROWS_AS(system.map(nic, again, Duration{}), DriverError);
  CHECK(system.domain_of(nic)->space.lookup(Iova{0x10'0000}).physical == PhysAddr{0x1000'0000});
  CHECK_THROWS_AS(system.unmap(nic, pages(0x40'0000), software::Invalidate::yes, Duration{}), DriverError);
  CHECK_THROWS_AS(system.map(nic, {pages(std::uint64_t{1} << 48), PhysAddr{0x1300'0000}, {}, {}}, Duration{}),
                  DriverError);
  // gpu0 is in no domain.
  const pcie::NodeIndex gpu = platform.node("gpu0");
  CHECK_THROWS_AS(system.map(gpu, {pages(0), PhysAddr{0x1300'0000}, {}, {}}, Duration{}), DriverError);
  CHECK_THROWS_AS(system.unmap(gpu, pages(0), software::Invalidate::yes, Duration{}), DriverError);
  CHECK_THROWS_AS(system.invalidate(gpu, pages(0)), DriverError);
}

TEST_CASE("Identity and blocked domains have no mappings to change", "[os]") {
  for (const std::string type : {"identity", "blocked"}) {
    CAPTURE(type);
    Booted platform{{"software.domains=[{name: d, type: " + type + ", devices: [nic0]}]"}};
    const pcie::NodeIndex nic = platform.node("nic0");
    CHECK_THROWS_AS(platform.system.map(nic, {pages(0), PhysAddr{0x1300'0000}, {}, {}}, Duration{}), DriverError);
    CHECK_THROWS_AS(platform.system.unmap(nic, pages(0), software::Invalidate::yes, Duration{}), DriverError);
    CHECK(platform.system.domain_of(nic)->space.live_ranges() == 0);
  }
}

TEST_CASE("The devices of a domain are behind one IOMMU", "[os]") {
  const std::string second_bridge =
      "host_bridges=[{name: a, buses: [0, 15], iommu: dmar0, devices: [{name: nic0, type: root-complex-endpoint, at: "
      "01.0}]}, {name: b, buses: [16, 31], iommu: dmar1, devices: [{name: ssd0, type: root-complex-endpoint, at: "
      "01.0}]}]";
  const std::string iommus =
      "iommus=[{name: dmar0, type: vt-d, registers: 0xfed9_0000}, {name: dmar1, type: vt-d, registers: 0xfed8_0000}]";
  const std::string both = "software.domains=[{name: both, type: dma, devices: [nic0, ssd0]}]";
  const std::string error = support::error_text([&] {
    Booted{{second_bridge, iommus, both, "software.interrupts=[]"}};
  });
  CHECK(error == "small.yaml: domain both: its devices must be behind one IOMMU");

  Booted apart{{second_bridge, iommus, "software.interrupts=[]",
                "software.domains=[{name: n, type: dma, devices: [nic0], mappings: [{iova: 0x1000, buffer: queue}]}, "
                "{name: s, type: dma, devices: [ssd0], mappings: [{iova: 0x2000, buffer: queue}]}]"}};
  CHECK(apart.walk("nic0", dma_read(0x1000)).landing.address == 0x1200'0000);
  CHECK(apart.walk("ssd0", dma_read(0x2000)).landing.address == 0x1200'0000);
  CHECK(apart.walk("ssd0", dma_read(0x1000)).landing.where == apart.machine.iommu_id(1));
}

TEST_CASE("A domain needs an IOMMU, even without devices", "[os]") {
  const auto boot = [] {
    Booted{{"host_bridges.pcie0.iommu=none", "iommus=[]", "software.domains=[{name: empty, type: dma}]"}};
  };
  CHECK(support::error_text(boot) == "small.yaml: domain empty: there is no IOMMU that could keep it");
  const Booted with_iommu{{"software.domains=[{name: empty, type: dma, mappings: [{iova: 0x1000, buffer: queue}]}]"}};
  CHECK(with_iommu.system.domains()[0]->space.live_ranges() == 1);
}

TEST_CASE("Buffers are found by name", "[os]") {
  const Booted platform;
  CHECK(platform.system.find_buffer("pool") == std::size_t{1});
  CHECK(platform.system.find_buffer("pools") == std::nullopt);
  CHECK(platform.system.buffers()[1].range.first == PhysAddr{0x1100'0000});
}

TEST_CASE("Software goes on through another bus when it is told to", "[os]") {
  Booted platform;
  /// Counts what reaches the machine.
  class Counting final : public software::CpuBus {
   public:
    explicit Counting(software::CpuBus& behind) : behind_{behind} {}
    void load(PhysAddr address, void* to, std::size_t size) override { behind_.load(address, to, size); }
    void store(PhysAddr address, const void* from, std::size_t size) override {
      ++stores;
      behind_.store(address, from, size);
    }
    std::uint32_t config_read(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width) override {
      return behind_.config_read(segment, function, offset, width);
    }
    void config_write(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width,
                      std::uint32_t value) override {
      behind_.config_write(segment, function, offset, width, value);
    }
    unsigned stores = 0;

   private:
    software::CpuBus& behind_;
  } counting{platform.bus};
  platform.system.use_bus(counting);
  platform.system.map(platform.node("nic0"), {pages(0x50'0000), PhysAddr{0x1300'0000}, {}, {}}, Duration{});
  CHECK(counting.stores != 0);
  CHECK(platform.walk("nic0", dma_read(0x50'0000)).landing.address == 0x1300'0000);
}

TEST_CASE("Memory that is too small for the tables is an error at its size", "[os]") {
  const std::string error = support::error_text([&] { Booted{{"software.os_memory={base: 0, size: 4KiB}"}}; });
  CHECK(error ==
        "--set software.os_memory={base: 0, size: 4KiB}: software.os_memory.size: found 4 KiB, expected room "
        "for the tables of all domains");
}

TEST_CASE("A hypervisor that keeps firmware's memory maps users' memory around it", "[os]") {
  const std::string regions =
      "iommus.dmar0.rmrrs=[{base: 0x1400_1000, size: 8KiB, devices: [nic0]}, "
      "{base: 0x1400_2000, size: 8KiB, devices: [nic0, gpu0]}]";
  Booted platform{{regions,
                   "software.domains.user={name: user, type: unmanaged, devices: [nic0], reserved_memory: "
                   "kept, mappings: [{iova: 0x1400_0000, buffer: ring, size: 32KiB}]}"}};
  const auto lands_at = [&platform](std::uint64_t iova) {
    return platform.walk("nic0", dma_write(iova)).landing.address;
  };
  CHECK(lands_at(0x1400'0FC0) == 0x1000'0FC0);
  CHECK(lands_at(0x1400'1000) == 0x1400'1000);
  CHECK(lands_at(0x1400'3FC0) == 0x1400'3FC0);
  CHECK(lands_at(0x1400'4000) == 0x1000'4000);
  // What the user unmaps and maps again changes nothing for firmware.
  const pcie::NodeIndex nic = platform.node("nic0");
  platform.system.unmap(nic, pages(0x1400'0000, 0x8000), software::Invalidate::yes, Duration{});
  CHECK(lands_at(0x1400'1000) == 0x1400'1000);
  CHECK(platform.walk("nic0", dma_write(0x1400'4000)).landing.kind == LandingKind::iommu_fault);
  platform.system.map(nic, {pages(0x1400'3000, 0x2000), PhysAddr{0x1100'0000}, {}, std::nullopt}, Duration{});
  CHECK(lands_at(0x1400'3000) == 0x1400'3000);
  CHECK(lands_at(0x1400'4000) == 0x1100'1000);
  // Of software's own memory it keeps nothing.
  CHECK_THAT(support::error_text([] {
               Booted{{"iommus.dmar0.rmrrs=[{base: 0x7fff_f000, size: 4KiB, devices: [nic0]}]",
                       "software.domains.user={name: user, type: unmanaged, devices: [nic0], reserved_memory: kept}"}};
             }),
             Catch::Contains("lies in the memory that the operating system keeps"));
}
