// SPDX-License-Identifier: Apache-2.0
// Remedies that choose another address.
// Oracle: ranges and addresses come from the platform's text.
#include "unit/analysis/advice.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::analysis;
using namespace iommusim::test;

namespace {

const Access into_gpu = dma_write(0x9010'0040);

}  // namespace

TEST_CASE("A remapped buffer lies above every window, BAR and mapping, on a whole GiB", "[analysis]") {
  const std::string far_gpu =
      "devices.gpu0.bars=[{bar: 2, base: 0x38_0000_0000, size: 8GiB, type: 64-bit, "
      "prefetchable: true}]";
  const std::string windows =
      "host_bridges.pcie0.windows=[{base: 0x9000_0000, size: 256MiB}, {base: 0x38_0000_0000, "
      "size: 64GiB}]";
  const std::string mappings = "software.domains.user.mappings=[{iova: 0x38_0000_0000, buffer: ring}";
  Booted platform{{far_gpu, windows, mappings + "]"}};
  const Access access = dma_write(0x38'0000'0000);
  // The BAR ends at 3A_0000_0000h.
  CHECK(advise(platform, "nic0", access).text("remap").find("from 0x3a00000000 upwards") != std::string::npos);
  Booted mapped_above{{far_gpu, windows, mappings + ", {iova: 0x3a_0000_0000, buffer: pool, size: 4KiB}]"}};
  CHECK(advise(mapped_above, "nic0", access).text("remap").find("from 0x3a40000000 upwards") != std::string::npos);
  // A window without a BAR takes addresses, too: this one ends at 3C_0000_0000h.
  Booted window_above{
      {far_gpu, windows, mappings + "]", "devices.rp1.prefetchable_window={base: 0x3b_0000_0000, size: 4GiB}"}};
  CHECK(advise(window_above, "nic0", access).text("remap").find("from 0x3c00000000 upwards") != std::string::npos);
}

TEST_CASE("No IOVA is advised that the domain's tables do not reach, but room below the windows", "[analysis]") {
  // Three levels reach 39 bits; the window ends there. The largest gap is the one below the window.
  const std::vector<std::string> settings{
      "devices.gpu0.bars=[{bar: 2, base: 0x7e_0000_0000, size: 8GiB, type: 64-bit, prefetchable: true}]",
      "host_bridges.pcie0.windows=[{base: 0x9000_0000, size: 256MiB}, {base: 0x7e_0000_0000, size: 8GiB}]",
      "software.domains.user.levels=3"};
  const auto mapped_at = [&settings](const std::string& iova) {
    std::vector<std::string> all = settings;
    all.push_back("software.domains.user.mappings=[{iova: " + iova + ", buffer: ring}]");
    return all;
  };
  Booted platform{mapped_at("0x7e_0000_0000")};
  CHECK(advise(platform, "nic0", dma_write(0x7E'0000'0000)).text("remap") ==
        "Map ring at an IOVA from 0x100000000 to 0x7dffffffff, where no window of the fabric and no mapping is");
  Booted applied{mapped_at("0x1_0000_0000")};
  CHECK(applied.walk("nic0", dma_write(0x1'0000'0000)).landing.kind == LandingKind::memory);
}

TEST_CASE("No IOVA is advised outside the inbound windows of the host bridge", "[analysis]") {
  const std::string inbound = "host_bridges.pcie0.inbound=[{base: 0, size: 3GiB}]";
  Booted platform{{inbound}};
  // The fabric's windows begin at 90000000h, the mappings end below 40000000h.
  CHECK(advise(platform, "nic0", into_gpu).text("remap") ==
        "Map pool at an IOVA from 0x40000000 to 0x8fffffff, where no window of the fabric and no mapping is");
  Booted applied{{inbound, "software.domains.user.mappings=[{iova: 0x4000_0000, buffer: pool}]"}};
  CHECK(applied.walk("nic0", dma_write(0x4000'0040)).landing.kind == LandingKind::memory);
  // Of what is let in the fabric takes all but 1 MiB: there is no room for 2.
  Booted full{{"host_bridges.pcie0.inbound=[{base: 0x9000_0000, size: 4MiB}]"}};
  CHECK(advise(full, "nic0", into_gpu).text("remap").empty());
}

TEST_CASE("An inbound window with an offset is told as what to map and what the device sends", "[analysis]") {
  const std::string inbound = "host_bridges.pcie0.inbound=[{base: 0x9000_0000, size: 512MiB, physical: 0x1000_0000}]";
  Booted platform{{inbound, "software.domains.user.mappings=[{iova: 0x1010_0000, buffer: pool, size: 1MiB}]"}};
  const Advice advice = advise(platform, "nic0", into_gpu);
  CHECK(advice.kind == CollisionKind::peer_hijack);
  // BARs and bridge windows end at 90301000h; 90310000h and what follows is free on the bus.
  const std::string text = advice.text("remap");
  CHECK(text.find("; nic0 sends 0x") != std::string::npos);
  Booted applied{{inbound, "software.domains.user.mappings=[{iova: 0x2000_0000, buffer: pool, size: 1MiB}]"}};
  CHECK(applied.walk("nic0", dma_write(0xA000'0000)).landing.kind == LandingKind::memory);
}

TEST_CASE("No IOVA is advised that a device of the domain cannot send", "[analysis]") {
  for (const std::string narrow : {"nic0", "gpu0"}) {
    Booted platform{{"devices." + narrow + ".dma_bits=32", "software.domains.user.devices=[nic0, gpu0]"}};
    CHECK(advise(platform, "nic0", into_gpu).text("remap") ==
          "Map pool at an IOVA from 0x40000000 to 0x8fffffff, where no window of the fabric and no mapping is");
  }
}

TEST_CASE("A mapping beyond the device's address bits is out of its reach", "[analysis]") {
  const std::string mapping = "software.domains.user.mappings=[{iova: 0x1_0000_0000, buffer: ring}]";
  Booted platform{{"devices.nic0.dma_bits=32", mapping}};
  const Advice advice = advise(platform, "nic0", dma_write(0x1'0000'0000));
  CHECK(advice.kind == CollisionKind::window_hole);
  CHECK(advice.text("reserve-iova") ==
        "Keep the IOVAs of domain user below 0x100000000: nic0 has 32 address bits, and its driver must say so in its "
        "DMA mask");
  CHECK(advice.text("remap").find("Map ring at an IOVA from 0x40000000 ") == 0);
  Booted wide{{mapping}};
  CHECK(wide.walk("nic0", dma_write(0x1'0000'0000)).landing.kind == LandingKind::memory);
}

TEST_CASE("A buffer in the interrupt window is to keep out of it", "[analysis]") {
  Booted platform{{"software.domains.user.mappings=[{iova: 0xfee0_0000, buffer: ring, size: 1MiB}]"}};
  for (const Access& access : {dma_write(0xFEE0'0000), dma_write(0xFEE0'1000, 4), dma_read(0xFEE0'0000)}) {
    const Advice advice = advise(platform, "nic0", access);
    CHECK(advice.kind == CollisionKind::interrupt_swallow);
    CHECK(advice.actions() == Actions{"reserve-iova"});
    CHECK(advice.text("reserve-iova").find("the IOVAs of domain user out of 0xfee00000-0xfeefffff: ") !=
          std::string::npos);
  }
}

TEST_CASE("An address of the interrupt window is not to be mapped, but to be kept out of", "[analysis]") {
  Booted platform;
  const Advice write = advise(platform, "nic0", dma_write(0xFEE0'0000));
  CHECK(write.kind == CollisionKind::translation_fault);
  CHECK(write.actions() == Actions{"reserve-iova"});
  const Advice read = advise(platform, "nic0", dma_read(0xFEE0'0000));
  CHECK(read.kind == CollisionKind::translation_fault);
  CHECK(read.actions() == Actions{"reserve-iova"});
}

TEST_CASE("An address outside the inbound windows is to move into one of them", "[analysis]") {
  Booted platform{
      {"host_bridges.pcie0.inbound=[{base: 0x4000_0000, size: 256MiB, physical: 0x0}, "
       "{base: 0x6000_0000, size: 16MiB}]"}};
  const Advice advice = advise(platform, "nic0", dma_write(0x10'0000));
  CHECK(advice.kind == CollisionKind::window_hole);
  CHECK(advice.actions() == Actions{"reserve-iova", "remap"});
  CHECK(advice.text("reserve-iova") ==
        "Keep the IOVAs of domain user inside the inbound windows of pcie0: "
        "0x40000000-0x4fffffff, 0x60000000-0x60ffffff");
}

TEST_CASE("An address beyond the tables' width is to stay within", "[analysis]") {
  Booted platform;
  const Advice advice = advise(platform, "nic0", dma_write(std::uint64_t{1} << 50));
  CHECK(advice.record.landing.fault_reason == 4);
  CHECK(advice.actions() == Actions{"reserve-iova"});
  CHECK(advice.text("reserve-iova") ==
        "Keep the IOVAs of domain user below 0x1000000000000: its tables translate 48 address bits");
}

TEST_CASE("Memory in an identity domain ends where the banks end", "[analysis]") {
  Booted platform{{"software.domains=[{name: all, type: identity, devices: [nic0]}]"}};
  CHECK(advise(platform, "nic0", dma_read(0x9'0000'0000)).text("reserve-iova") ==
        "Keep the addresses of nic0 inside memory: 0x0-0x7fffffff");
}
