// SPDX-License-Identifier: Apache-2.0
// Oracle: the promise that the map of a platform with 256 functions takes under one second.
#include "analysis/device_map.h"
#include "platforms/loader.h"
#include "platforms/machine_bus.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <ctime>
#include <string>

using namespace iommusim;

namespace {

constexpr unsigned root_ports = 8;
constexpr unsigned ports_of_switch = 4;
constexpr unsigned functions_of_device = 8;

/// Root ports with a switch each, and below every port of a switch a device of eight functions: 256 endpoints, each
/// with a BAR and a domain of its own.
std::string platform_of_256_functions() {
  std::string text =
      "platform: many\n"
      "memory: [{name: dram, base: 0, size: 2GiB}]\n"
      "host_bridges:\n"
      "  - name: pcie0\n"
      "    windows: [{base: 0x9000_0000, size: 512MiB}]\n"
      "    iommu: dmar0\n"
      "    devices:\n";
  std::string domains;
  unsigned device = 0;
  unsigned function_number = 0;
  for (unsigned root = 0; root < root_ports; ++root) {
    text += fmt::format("      - name: rp{0}\n        type: root-port\n        at: {1:02x}.0\n        devices:\n", root,
                        root + 1);
    text += fmt::format("          - name: up{}\n            type: upstream-port\n            devices:\n", root);
    for (unsigned port = 0; port < ports_of_switch; ++port, ++device) {
      text += fmt::format(
          "              - name: dp{}\n                type: downstream-port\n                at: {:02x}.0\n"
          "                acs: linux\n                devices:\n",
          device, port);
      for (unsigned function = 0; function < functions_of_device; ++function, ++function_number) {
        text += fmt::format(
            "                  - {{name: ep{0}, type: endpoint, at: 00.{1}, bars: [{{bar: 0, base: {2:#x}, size: "
            "64KiB}}]}}\n",
            function_number, function, 0x9000'0000 + device * 0x10'0000 + function * 0x1'0000);
        domains += fmt::format(
            "    - {{name: d{0}, type: dma, devices: [ep{0}], mappings: [{{iova: 0x10_0000, physical: {1:#x}, size: "
            "64KiB}}]}}\n",
            function_number, 0x100'0000 + function_number * 0x1'0000);
      }
    }
  }
  return text + "iommus: [{name: dmar0, type: vt-d, registers: 0xfed9_0000}]\nsoftware:\n  domains:\n" + domains;
}

}  // namespace

TEST_CASE("The map of a platform with 256 functions takes under one second", "[map]") {
  const platforms::Description description = platforms::load_platform_text(platform_of_256_functions(), "many.yaml");
  platforms::Machine machine{description};
  platforms::MachineBus bus{machine};
  platforms::OperatingSystem system{machine, bus};
  system.boot();
  std::vector<pcie::NodeIndex> devices;
  for (const platforms::Device& device : machine.devices())
    devices.push_back(device.node);
  REQUIRE(devices.size() == 256);

  // Processor time: other work on the machine is not ours.
  const std::clock_t begin = std::clock();
  const auto maps = analysis::map_devices(machine, system, devices);
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  WARN("256 functions in " << seconds << " s");
  CHECK(maps.size() == 256);
  for (const analysis::DeviceMap& map : maps)
    CHECK(map.rows.size() > 3);
#ifdef NDEBUG
  CHECK(seconds < 1.0);
#endif
}
