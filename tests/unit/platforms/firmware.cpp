// SPDX-License-Identifier: Apache-2.0
// Oracle: the platform's text, read back from configuration space by the offsets of PCIe base specification, 7.5.1.
#include "platforms/firmware.h"

#include "pcie/capability_list.h"
#include "support/error_text.h"
#include "support/small_platforms.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using namespace iommusim::test;

namespace {

/// Configuration cycles of a machine, all of which take except those to one function.
class DeafFunction final : public software::CpuBus {
 public:
  DeafFunction(Machine& machine, RequesterId deaf) : bus_{machine}, deaf_{deaf} {}
  void load(PhysAddr address, void* to, std::size_t size) override { bus_.load(address, to, size); }
  void store(PhysAddr address, const void* from, std::size_t size) override { bus_.store(address, from, size); }
  std::uint32_t config_read(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width) override {
    return bus_.config_read(segment, function, offset, width);
  }
  void config_write(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width,
                    std::uint32_t value) override {
    if (function != deaf_) bus_.config_write(segment, function, offset, width, value);
  }

 private:
  MachineBus bus_;
  RequesterId deaf_;
};

using Window = std::optional<Range<BusAddr>>;

}  // namespace

TEST_CASE("Firmware places BARs and opens windows around them", "[firmware]") {
  const Booted platform;
  CHECK(platform.decoded("nic0").bars[0] == Window{{BusAddr{0x9000'0000}, BusAddr{0x9000'FFFF}}});
  CHECK(platform.decoded("gpu0").bars[2] == Window{{BusAddr{0x9010'0000}, BusAddr{0x901F'FFFF}}});
  CHECK(platform.decoded("dp0").windows[0] == Window{{BusAddr{0x9000'0000}, BusAddr{0x900F'FFFF}}});
  CHECK(platform.decoded("rp0").windows[0] == Window{{BusAddr{0x9000'0000}, BusAddr{0x901F'FFFF}}});
  CHECK(platform.decoded("rp0").windows[1] == std::nullopt);
}

TEST_CASE("Firmware numbers the buses that are below each port", "[firmware]") {
  const Booted platform;
  CHECK(platform.decoded("rp0").secondary_bus == 1);
  CHECK(platform.decoded("rp0").subordinate_bus == 4);
  CHECK(platform.decoded("sw0").secondary_bus == 2);
  CHECK(platform.decoded("sw0").subordinate_bus == 4);
  CHECK(platform.decoded("dp1").secondary_bus == 4);
  CHECK(platform.decoded("rp1").subordinate_bus == 5);
  // Primary bus at 18h.
  CHECK(platform.machine.topology()[platform.node("dp1")].config.read(0x18, 1) == 2);
}

TEST_CASE("Firmware sets command registers, transfer sizes and ACS as described", "[firmware]") {
  const Booted platform{{"devices.nic0.bus_master=false", "devices.gpu0.memory_space=false", "devices.dp1.acs=linux",
                         "devices.ssd0.max_payload=512", "devices.ssd0.max_read_request=4096", "software.domains=[]"}};
  CHECK_FALSE(platform.decoded("nic0").bus_master_enable);
  CHECK(platform.decoded("nic0").memory_space_enable);
  CHECK(platform.decoded("gpu0").bus_master_enable);
  CHECK_FALSE(platform.decoded("gpu0").memory_space_enable);
  // A BAR of a function that does not decode keeps its address.
  CHECK(platform.machine.topology()[platform.node("gpu0")].config.read(0x18, 4) == 0x9010'0000);
  CHECK(platform.decoded("dp1").acs == pcie::AcsControl{0x001D});
  CHECK(platform.decoded("ssd0").max_payload == 512);
  CHECK(platform.decoded("ssd0").max_read_request == 4096);
  CHECK(platform.decoded("nic0").max_payload == 256);
  CHECK(platform.decoded("nic0").max_read_request == 512);
}

TEST_CASE("PASID is enabled where the platform gives it, unless the file says no", "[firmware]") {
  // PASID Control at 6 of the capability (PCIe base specification, 7.8.9).
  const auto control = [](const std::vector<std::string>& settings) {
    const Booted platform{settings};
    const pcie::ConfigSpace& config = platform.machine.topology()[platform.node("nic0")].config;
    const auto at =
        pcie::find_extended_capability(pcie::reader_of(config), pcie::ExtendedCapabilityId::process_address_space_id);
    return at ? std::optional{config.read(*at + 6, 2)} : std::nullopt;
  };
  CHECK(control({}) == std::nullopt);
  CHECK(control({"devices.nic0.pasid={execute: true}"}) == 1U);
  CHECK(control({"devices.nic0.pasid={enabled: false}"}) == 0U);
}

TEST_CASE("MSI has masks and pending bits where the platform gives them", "[firmware]") {
  // Per-vector masking capable: bit 8 of Message Control (PCIe base specification, 7.7.1.2).
  const auto control = [](const std::vector<std::string>& settings) {
    const Booted platform{settings};
    const pcie::ConfigSpace& config = platform.machine.topology()[platform.node("gpu0")].config;
    return config.read(*pcie::find_capability(pcie::reader_of(config), pcie::CapabilityId::msi) + 2, 2);
  };
  CHECK((control({}) & 0x100) == 0);
  CHECK((control({"devices.gpu0.msi={vectors: 4, maskable: true}"}) & 0x100) == 0x100);
}

TEST_CASE("A 64-bit BAR takes both of its registers", "[firmware]") {
  const Booted platform{
      {"devices.gpu0.bars=[{bar: 2, base: 0x38_0000_0000, size: 8GiB, type: 64-bit, prefetchable: "
       "true}]",
       "host_bridges.pcie0.windows=[{base: 0x9000_0000, size: 256MiB}, {base: 0x38_0000_0000, size: "
       "64GiB}]",
       "software.domains=[]"}};
  CHECK(platform.decoded("gpu0").bars[2] == Window{{BusAddr{0x38'0000'0000}, BusAddr{0x39'FFFF'FFFF}}});
  CHECK(platform.machine.topology()[platform.node("gpu0")].config.read(0x1C, 4) == 0x38);
  CHECK(platform.decoded("dp1").windows[1] == Window{{BusAddr{0x38'0000'0000}, BusAddr{0x39'FFFF'FFFF}}});
}

TEST_CASE("Hardware that does not take what was described is reported with its name", "[firmware]") {
  const Description description = small_description();
  Machine machine{description};
  DeafFunction bus{machine, RequesterId{4, 0, 0}};
  const std::string error = support::error_text([&] { run_firmware(description, bus); });
  CHECK(error.find("small.yaml: gpu0: ") == 0);
}
