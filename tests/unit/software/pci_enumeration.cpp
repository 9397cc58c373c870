// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 7.5.1.2.1 (BARs), 7.5.1.3.8 and 7.5.1.3.9 (windows), 9.3.3.14 (VF BARs); addresses
// placed by hand, registers read at their offsets.
#include "software/pci_enumeration.h"

#include "pcie/capability_list.h"
#include "software/enumeration_error.h"
#include "support/tree_bus.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::software;
using pcie::BarConfig;
using pcie::NodeIndex;
using pcie::PortType;
using tests::TreeBus;

namespace {

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = 1024 * kib;
constexpr std::uint64_t gib = 1024 * mib;

BarConfig bar_32(unsigned index, std::uint64_t size, bool prefetchable = false) {
  return {index, size, false, prefetchable};
}
BarConfig bar_64(unsigned index, std::uint64_t size, bool prefetchable = true) {
  return {index, size, true, prefetchable};
}

/// 256 MiB below 4 GiB and 64 GiB above.
PciRoot usual_root() {
  return {
      0, {0, 255}, {{BusAddr{0x9000'0000}, BusAddr{0x9FFF'FFFF}}, {BusAddr{0x38'0000'0000}, BusAddr{0x47'FFFF'FFFF}}}};
}

constexpr RequesterId port_1{0, 1, 0};
constexpr RequesterId below_port_1{1, 0, 0};

std::uint64_t bar_64_at(TreeBus& bus, RequesterId id, unsigned offset) {
  return std::uint64_t{bus.config_read(0, id, offset + 4, 4)} << 32 | (bus.config_read(0, id, offset, 4) & ~0xFU);
}
std::uint32_t bar_32_at(TreeBus& bus, RequesterId id, unsigned offset) {
  return bus.config_read(0, id, offset, 4) & ~0xFU;
}
/// Base in bits 15:0 and limit in 31:16.
std::uint32_t memory_window(TreeBus& bus, RequesterId port) {
  return bus.config_read(0, port, 0x20, 4);
}
std::uint64_t prefetchable_base(TreeBus& bus, RequesterId port) {
  return std::uint64_t{bus.config_read(0, port, 0x28, 4)} << 32 | (bus.config_read(0, port, 0x24, 2) & 0xFFF0U) << 16;
}
std::uint64_t prefetchable_limit(TreeBus& bus, RequesterId port) {
  return std::uint64_t{bus.config_read(0, port, 0x2C, 4)} << 32 |
         ((bus.config_read(0, port, 0x26, 2) & 0xFFF0U) << 16 | 0xF'FFFFU);
}

}  // namespace

TEST_CASE("Behind a bridge only 64-bit prefetchable BARs go into the prefetchable window", "[software]") {
  TreeBus bus;
  bus.endpoint(bus.root_port(1),
               {bar_32(0, 4 * kib), bar_32(1, 64 * kib, true), bar_64(2, 8 * mib, false), bar_64(4, 2 * gib)});
  enumerate_pci(bus, usual_root());
  CHECK(bar_64_at(bus, below_port_1, 0x18) == 0x9000'0000);
  CHECK(bar_32_at(bus, below_port_1, 0x14) == 0x9080'0000);
  CHECK(bar_32_at(bus, below_port_1, 0x10) == 0x9081'0000);
  CHECK(memory_window(bus, port_1) == 0x9080'9000);
  CHECK(bar_64_at(bus, below_port_1, 0x20) == 0x38'0000'0000);
  CHECK(prefetchable_base(bus, port_1) == 0x38'0000'0000);
  CHECK(prefetchable_limit(bus, port_1) == 0x38'7FFF'FFFF);
}

TEST_CASE("On the root bus every 64-bit BAR may lie above 4 GiB", "[software]") {
  TreeBus bus;
  bus.add(NodeIndex::none, 0x18, [] {
    pcie::FunctionConfig config;
    config.type = PortType::root_complex_endpoint;
    config.bars = {bar_64(0, 16 * kib, false), bar_32(2, 4 * kib, true)};
    return config;
  }());
  enumerate_pci(bus, usual_root());
  CHECK(bar_64_at(bus, {0, 3, 0}, 0x10) == 0x38'0000'0000);
  CHECK(bar_32_at(bus, {0, 3, 0}, 0x18) == 0x9000'0000);
}

TEST_CASE("Without room above 4 GiB prefetchable windows come below", "[software]") {
  TreeBus bus;
  bus.endpoint(bus.root_port(1), {bar_32(0, 1 * mib), bar_64(2, 16 * mib)});
  PciRoot root = usual_root();
  root.windows.pop_back();
  enumerate_pci(bus, root);
  CHECK(bar_32_at(bus, below_port_1, 0x10) == 0x9000'0000);
  CHECK(bar_64_at(bus, below_port_1, 0x18) == 0x9100'0000);
  CHECK(prefetchable_base(bus, port_1) == 0x9100'0000);
  CHECK(prefetchable_limit(bus, port_1) == 0x91FF'FFFF);
}

TEST_CASE("Nothing is placed in the interrupt window that a host bridge's window covers", "[software]") {
  // 0xFEE0_0000 to 0xFEEF_FFFF belongs to interrupts (Intel SDM volume 3, 11.11.1).
  const Range<BusAddr> interrupts{BusAddr{0xFEE0'0000}, BusAddr{0xFEEF'FFFF}};
  PciRoot root = usual_root();
  root.windows = {{BusAddr{0xFEC0'0000}, BusAddr{0xFF7F'FFFF}}};
  const auto boot = [&root](TreeBus& bus) {
    bus.endpoint(bus.root_port(1), {bar_32(0, 4 * mib)});
    bus.endpoint(bus.root_port(2), {bar_32(0, 2 * mib)});
    bus.endpoint(bus.root_port(3), {bar_32(0, 1 * mib)});
    enumerate_pci(bus, root);
  };
  SECTION("on x86") {
    TreeBus bus;
    root.interrupt_window = interrupts;
    boot(bus);
    CHECK(memory_window(bus, {0, 1, 0}) == 0xFF30'FF00);
    CHECK(memory_window(bus, {0, 2, 0}) == 0xFED0'FEC0);
    CHECK(memory_window(bus, {0, 3, 0}) == 0xFF40'FF40);
    CHECK(bar_32_at(bus, {3, 0, 0}, 0x10) == 0xFF40'0000);
  }
  SECTION("where interrupts have no window") {
    TreeBus bus;
    boot(bus);
    CHECK(memory_window(bus, {0, 1, 0}) == 0xFEF0'FEC0);
    CHECK(bar_32_at(bus, {2, 0, 0}, 0x10) == 0xFF00'0000);
  }
  SECTION("and what finds no room beside it is refused") {
    TreeBus bus;
    root.interrupt_window = interrupts;
    root.windows = {interrupts};
    CHECK_THROWS_AS(boot(bus), EnumerationError);
  }
}

TEST_CASE("The largest alignment comes first, also across bridges", "[software]") {
  TreeBus bus;
  bus.endpoint(bus.root_port(1), {bar_32(0, 1 * mib)});
  bus.endpoint(bus.root_port(2), {bar_32(0, 32 * mib)});
  bus.endpoint(bus.root_port(3), {bar_32(0, 1 * mib), bar_32(1, 2 * mib)});
  enumerate_pci(bus, usual_root());
  CHECK(memory_window(bus, {0, 2, 0}) == 0x91F0'9000);
  CHECK(bar_32_at(bus, {3, 0, 0}, 0x14) == 0x9200'0000);
  CHECK(bar_32_at(bus, {3, 0, 0}, 0x10) == 0x9220'0000);
  CHECK(memory_window(bus, {0, 3, 0}) == 0x9220'9200);
  CHECK(memory_window(bus, {0, 1, 0}) == 0x9230'9230);
}

TEST_CASE("Windows of a switch hold those of its ports and its own BAR stands outside them", "[software]") {
  TreeBus bus;
  const NodeIndex top = bus.port(PortType::upstream_port, bus.root_port(1), 0, {bar_32(0, 256 * kib)});
  bus.endpoint(bus.port(PortType::downstream_port, top, 0x00), {bar_32(0, 128)});
  bus.endpoint(bus.port(PortType::downstream_port, top, 0x08), {bar_32(0, 4 * mib)});
  enumerate_pci(bus, usual_root());
  // Bus 2: 4 MiB, then 1 MiB. Bus 1: these 5 MiB, then the switch's BAR.
  CHECK(memory_window(bus, {2, 1, 0}) == 0x9030'9000);
  CHECK(memory_window(bus, {2, 0, 0}) == 0x9040'9040);
  CHECK(memory_window(bus, {1, 0, 0}) == 0x9040'9000);
  CHECK(bar_32_at(bus, {1, 0, 0}, 0x10) == 0x9050'0000);
  CHECK(memory_window(bus, port_1) == 0x9050'9000);
}

TEST_CASE("A window that nothing needs stays closed", "[software]") {
  TreeBus bus;
  bus.endpoint(bus.root_port(1));
  bus.config_write(0, port_1, 0x20, 4, 0x9FF0'9000);
  enumerate_pci(bus, usual_root());
  CHECK((memory_window(bus, port_1) & 0xFFFF) > memory_window(bus, port_1) >> 16);
  CHECK(prefetchable_base(bus, port_1) > prefetchable_limit(bus, port_1));
}

TEST_CASE("Behind a bridge without a 64-bit prefetchable window everything lies below 4 GiB", "[software]") {
  TreeBus bus;
  const NodeIndex root = bus.root_port(1);
  pcie::FunctionConfig narrow;
  narrow.type = PortType::pci_bridge;
  narrow.vendor_id = 0x1234;
  pcie::ConfigSpace config = pcie::build_config_space(narrow);
  config.define({0x24, 2, 0xFFF0, 0xFFF0});
  config.define({0x26, 2, 0x0000, 0xFFF0});
  const NodeIndex bridge = bus.tree().add(PortType::pci_bridge, root, 0, std::move(config));
  bus.endpoint(bus.port(PortType::pci_bridge, bridge), {bar_64(0, 1 * mib)});
  enumerate_pci(bus, usual_root());
  // The bridge below has a wide window and uses it, inside the memory window of the one above.
  CHECK(bar_64_at(bus, {3, 0, 0}, 0x10) == 0x9000'0000);
  CHECK(prefetchable_base(bus, {2, 0, 0}) == 0x9000'0000);
  CHECK(memory_window(bus, {1, 0, 0}) == 0x9000'9000);
  CHECK(memory_window(bus, port_1) == 0x9000'9000);
}

TEST_CASE("A VF BAR takes a slice for each virtual function and is aligned to one", "[software]") {
  TreeBus bus;
  pcie::FunctionConfig physical;
  physical.bars = {bar_64(0, 16 * kib)};
  physical.sriov = pcie::SriovConfig{};
  physical.sriov->total_vfs = 24;
  physical.sriov->first_vf_offset = 1;
  physical.sriov->vf_stride = 1;
  physical.sriov->vf_bars = {bar_64(0, 64 * kib), bar_32(3, 16 * kib)};
  const NodeIndex device = bus.add(bus.root_port(1), 0, physical);
  enumerate_pci(bus, usual_root());
  const auto sriov = pcie::find_extended_capability(pcie::reader_of(bus.tree()[device].config),
                                                    pcie::ExtendedCapabilityId::single_root_io_virtualization);
  REQUIRE(sriov.has_value());
  CHECK(bar_64_at(bus, below_port_1, *sriov + 0x24) == 0x38'0000'0000);
  // 24 slices of 64 KiB.
  CHECK(bar_64_at(bus, below_port_1, 0x10) == 0x38'0018'0000);
  CHECK(prefetchable_limit(bus, port_1) == 0x38'001F'FFFF);
  CHECK(bar_32_at(bus, below_port_1, *sriov + 0x30) == 0x9000'0000);
  CHECK(memory_window(bus, port_1) == 0x9000'9000);
}

TEST_CASE("Address 0 is not used: it would mean that nobody placed the BAR", "[software]") {
  TreeBus bus;
  bus.endpoint(bus.root_port(1), {bar_32(0, 4 * kib)});
  enumerate_pci(bus, {0, {0, 255}, {{BusAddr{0}, BusAddr{0x0FFF'FFFF}}}});
  CHECK(bar_32_at(bus, below_port_1, 0x10) == 0x10'0000);
}

TEST_CASE("Afterwards everything decodes memory", "[software]") {
  TreeBus bus;
  bus.endpoint(bus.root_port(1), {bar_32(0, 4 * kib)});
  enumerate_pci(bus, usual_root());
  CHECK(bus.config_read(0, port_1, 0x04, 2) == 0x2);
  CHECK(bus.config_read(0, below_port_1, 0x04, 2) == 0x2);
}

TEST_CASE("Enumerating again gives the same", "[software]") {
  TreeBus bus;
  const NodeIndex top = bus.port(PortType::upstream_port, bus.root_port(1));
  bus.endpoint(bus.port(PortType::downstream_port, top, 0x00), {bar_32(0, 4 * kib), bar_64(2, 1 * gib)});
  bus.endpoint(bus.port(PortType::downstream_port, top, 0x08), {bar_64(2, 2 * gib)});
  const auto image = [&] {
    std::vector<std::uint32_t> words;
    for (std::size_t i = 0; i < bus.tree().size(); ++i)
      for (unsigned offset = 0; offset < 0x100; offset += 4)
        words.push_back(bus.tree()[static_cast<NodeIndex>(i)].config.read(offset, 4));
    return words;
  };
  enumerate_pci(bus, usual_root());
  const auto first = image();
  enumerate_pci(bus, usual_root());
  CHECK(image() == first);
}

TEST_CASE("A BAR that is larger than any window is named with what it needs", "[software]") {
  TreeBus bus;
  bus.endpoint(bus.root_port(1), {bar_64(0, 1 * mib), bar_64(2, 128 * gib)});
  CHECK_THROWS_WITH(enumerate_pci(bus, usual_root()),
                    "01:00.0: BAR 2 of 128 GiB without room in the window of 00:01.0; it needs a window of the host "
                    "bridge with 131073 MiB free, aligned to 128 GiB");
}

TEST_CASE("A BAR that is not prefetchable needs room below 4 GiB", "[software]") {
  TreeBus bus;
  bus.endpoint(bus.root_port(1), {bar_64(0, 1 * gib, false)});
  CHECK_THROWS_WITH(enumerate_pci(bus, usual_root()),
                    "01:00.0: BAR 0 of 1 GiB without room in the window of 00:01.0; it needs a window of the host "
                    "bridge with 1 GiB free below 4 GiB, aligned to 1 GiB");
}

TEST_CASE("Of many devices the one that is too many is named", "[software]") {
  TreeBus bus;
  for (std::uint8_t device = 1; device <= 5; ++device)
    bus.endpoint(bus.root_port(device), {bar_32(0, 64 * mib)});
  CHECK_THROWS_WITH(enumerate_pci(bus, usual_root()), Catch::Matchers::StartsWith("05:00.0: BAR 0 of 64 MiB"));
}

TEST_CASE("Sizes that add up to more than 2^64 find no room", "[software]") {
  TreeBus bus;
  bus.endpoint(bus.root_port(1), {bar_64(0, std::uint64_t{1} << 63), bar_64(2, std::uint64_t{1} << 63)});
  PciRoot root = usual_root();
  root.windows = {Range<BusAddr>::everything()};
  CHECK_THROWS_AS(enumerate_pci(bus, root), EnumerationError);
  TreeBus other;
  pcie::FunctionConfig physical;
  physical.sriov = pcie::SriovConfig{};
  physical.sriov->total_vfs = 0xF0;
  physical.sriov->first_vf_offset = 1;
  physical.sriov->vf_stride = 1;
  physical.sriov->vf_bars = {bar_64(0, std::uint64_t{1} << 63)};
  other.add(other.root_port(1), 0, physical);
  CHECK_THROWS_AS(enumerate_pci(other, root), EnumerationError);
}
