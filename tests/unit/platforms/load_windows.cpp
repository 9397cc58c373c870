// SPDX-License-Identifier: Apache-2.0
// Oracle: windows on paper; PCIe base specification, 7.5.1.3.8 and 7.5.1.3.9.
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using test::check_error;
using test::edited;
using test::load;

namespace {

using Window = Range<BusAddr>;

const std::string rp0 = "host_bridges.pcie0.devices.rp0.";

}  // namespace

TEST_CASE("A window that is not given is the smallest around what is below", "[platforms]") {
  const Description d = load({{"{bar: 0, base: 0x9000_0000, size: 1MiB}",
                               "{bar: 0, base: 0x9010_0000, size: 1MiB}, {bar: 1, base: 0x9030_4000, size: 4KiB}"}});
  const FunctionDescription& nic_port = d.host_bridges[0].functions[0];
  CHECK(nic_port.window == Window{BusAddr{0x9010'0000}, BusAddr{0x903F'FFFF}});
  CHECK_FALSE(nic_port.prefetchable_window.has_value());
  const FunctionDescription& gpu_port = d.host_bridges[0].functions[1];
  CHECK_FALSE(gpu_port.window.has_value());
  CHECK(gpu_port.prefetchable_window == Window{BusAddr{0x38'0000'0000}, BusAddr{0x39'FFFF'FFFF}});
}

TEST_CASE("A given window is kept, and the other one is derived from what it leaves", "[platforms]") {
  const Description d = load({{"at: 01.0", "at: 01.0\n        prefetchable_window: {base: 0x9000_0000, size: 4MiB}"}});
  const FunctionDescription& port = d.host_bridges[0].functions[0];
  CHECK(port.prefetchable_window == Window{BusAddr{0x9000'0000}, BusAddr{0x903F'FFFF}});
  CHECK_FALSE(port.window.has_value());
}

TEST_CASE("A window above a switch holds the windows below it", "[platforms]") {
  const Description d =
      load({{"          - name: nic0",
             "          - name: sw0\n            type: upstream-port\n            at: 00.1\n            devices:\n"
             "              - {name: dp0, type: downstream-port, at: 00.0, window: {base: 0x9800_0000, size: "
             "16MiB}}\n"
             "          - name: nic0"}});
  const FunctionDescription& port = d.host_bridges[0].functions[0];
  CHECK(port.children[0].window == Window{BusAddr{0x9800'0000}, BusAddr{0x98FF'FFFF}});
  CHECK(port.window == Window{BusAddr{0x9000'0000}, BusAddr{0x98FF'FFFF}});
}

TEST_CASE("A window has a granularity of 1 MiB", "[platforms]") {
  check_error(edited({{"at: 01.0", "at: 01.0\n        window: {base: @0x9008_0000, size: 1MiB}"},
                      {"{bar: 0, base: 0x9000_0000, size: 1MiB}", "{bar: 0, size: 1MiB}"}}),
              rp0 + "window.base: found 0x90080000, expected a multiple of 1 MiB");
  check_error(edited({{"at: 01.0", "at: 01.0\n        window: {base: 0x9000_0000, size: @0x18_0000}"}}),
              rp0 + "window.size: found 0x180000, expected a multiple of 1 MiB");
}

TEST_CASE("The memory window has 32 address bits", "[platforms]") {
  check_error(edited({{"at: 02.0", "at: 02.0\n        window: @{base: 0x38_0000_0000, size: 8GiB}"}}),
              "host_bridges.pcie0.devices.rp1.window: found 0x3800000000-0x39ffffffff, expected addresses "
              "below 4 GiB "
              "(prefetchable_window has 64 address bits)");
}

TEST_CASE("A window lies inside the windows of the host bridge", "[platforms]") {
  check_error(edited({{"at: 01.0", "at: 01.0\n        window: @{base: 0x9000_0000, size: 512MiB}"}}),
              rp0 +
                  "window: found 0x90000000-0xafffffff, which is outside the windows of 'pcie0', expected addresses "
                  "inside a window of that host bridge");
}

TEST_CASE("A window lies inside the windows of the port above", "[platforms]") {
  check_error(edited({{"at: 01.0", "at: 01.0\n        window: {base: 0x9000_0000, size: 16MiB}"},
                      {"          - name: nic0",
                       "          - name: sw0\n            type: upstream-port\n            at: 00.1\n"
                       "            window: @{base: 0x9800_0000, size: 16MiB}\n          - name: nic0"}}),
              rp0 +
                  "devices.sw0.window: found 0x98000000-0x98ffffff, which is outside the windows of 'rp0', "
                  "expected addresses "
                  "inside window or prefetchable_window of that port");
}

TEST_CASE("Windows of siblings share no address", "[platforms]") {
  check_error(edited({{"at: 02.0", "at: 02.0\n        window: @{base: 0x9000_0000, size: 2MiB}"}}),
              "host_bridges.pcie0.devices.rp1.window: found 0x90000000-0x901fffff, which meets " + rp0 +
                  "window, expected addresses that nothing else on the bus claims");
}

TEST_CASE("A window is a range or closed", "[platforms]") {
  check_error(edited({{"at: 02.0", "at: 02.0\n        window: @none"}}),
              "host_bridges.pcie0.devices.rp1.window: found 'none', expected 'closed' or a map with the keys "
              "base and "
              "size");
}
