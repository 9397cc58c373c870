// SPDX-License-Identifier: Apache-2.0
// Oracle: the position of the '@' in each text; PCIe base specification, 7.5.1.2.1.
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using test::check_error;
using test::edited;

namespace {

const std::string nic_bars = "host_bridges.pcie0.devices.rp0.devices.nic0.bars.";
const std::string gpu_bars = "host_bridges.pcie0.devices.rp1.devices.gpu0.bars.";
const std::string nic_bar = "{bar: 0, base: 0x9000_0000, size: 1MiB}";
const std::string gpu_bar = "{bar: 2, base: 0x38_0000_0000, size: 8GiB, type: 64-bit, prefetchable: true}";

}  // namespace

TEST_CASE("The size of a BAR is a power of two and at least 128 bytes", "[platforms]") {
  check_error(edited({{"size: 1MiB}", "size: @0x18_0000}"}}),
              nic_bars + "0.size: found '0x18_0000', expected a power of two, at least 128 bytes");
  check_error(edited({{"size: 1MiB}", "size: @64}"}}),
              nic_bars + "0.size: found '64', expected a power of two, at least 128 bytes");
}

TEST_CASE("A BAR is aligned to its size", "[platforms]") {
  check_error(edited({{"0x9000_0000, size: 1MiB}", "@0x9008_0000, size: 1MiB}"}}),
              nic_bars + "0.base: found '0x9008_0000', expected a multiple of its size, 0x100000");
}

TEST_CASE("A 32-bit BAR stays below 4 GiB", "[platforms]") {
  check_error(edited({{"size: 8GiB, type: 64-bit", "size: @8GiB, type: 32-bit"}}),
              gpu_bars + "0.size: found '8GiB', expected at most 2 GiB, or type: 64-bit");
  check_error(edited({{"0x38_0000_0000, size: 8GiB, type: 64-bit", "@0x38_0000_0000, size: 1GiB, type: 32-bit"}}),
              gpu_bars + "0.base: found '0x38_0000_0000', expected an address below 4 GiB, or type: 64-bit");
}

TEST_CASE("A function has six BAR registers and a 64-bit BAR takes two", "[platforms]") {
  check_error(edited({{"bar: 2", "bar: @5"}}), gpu_bars + "0.bar: found '5', expected a number from 0 to 4");
  check_error(
      edited({{gpu_bar, gpu_bar + ", @{bar: 3, size: 4KiB}"}}),
      gpu_bars + "1: found BAR register 3 a second time, expected every register once (a 64-bit BAR takes two)");
  check_error(edited({{"at: 02.0", "at: 02.0\n        bars: [{bar: @2, size: 4KiB}]"}}),
              "host_bridges.pcie0.devices.rp1.bars.0.bar: found '2', expected a number from 0 to 1");
}

TEST_CASE("Two BARs share no address", "[platforms]") {
  check_error(edited({{gpu_bar, "{bar: 0, base: @0x9000_0000, size: 4KiB}"}}),
              gpu_bars +
                  "0.base: found 0x90000000-0x90000fff, which meets BAR 0 of 'nic0', expected addresses that no "
                  "other BAR has");
  check_error(edited({{nic_bar, nic_bar + ", {bar: 1, base: @0x900f_f000, size: 4KiB}"}}),
              nic_bars +
                  "1.base: found 0x900ff000-0x900fffff, which meets BAR 0 of 'nic0', expected addresses that no "
                  "other BAR has");
}

TEST_CASE("A BAR does not lie in DRAM", "[platforms]") {
  check_error(edited({{"0x9000_0000, size: 1MiB}", "@0x4000_0000, size: 1MiB}"}}),
              nic_bars +
                  "0.base: found 0x40000000-0x400fffff, which meets the memory 'dram', expected addresses outside "
                  "all memory");
}

TEST_CASE("A BAR lies inside the windows of the port above it", "[platforms]") {
  check_error(edited({{"at: 01.0", "at: 01.0\n        window: {base: 0x9100_0000, size: 1MiB}"},
                      {"base: 0x9000_0000, size: 1MiB}", "base: @0x9000_0000, size: 1MiB}"}}),
              nic_bars +
                  "0.base: found 0x90000000-0x900fffff, which is outside the windows of 'rp0', expected addresses "
                  "inside window or prefetchable_window of that port");
  check_error(edited({{"at: 01.0", "at: 01.0\n        window: closed"},
                      {"base: 0x9000_0000, size: 1MiB}", "base: @0x9000_0000, size: 1MiB}"}}),
              nic_bars +
                  "0.base: found 0x90000000-0x900fffff, which is outside the windows of 'rp0', expected addresses "
                  "inside window or prefetchable_window of that port");
}

TEST_CASE("A BAR on a root bus lies inside a window of the host bridge", "[platforms]") {
  const std::string rciep = "      - {name: e0, type: root-complex-endpoint, at: 03.0, bars: [{bar: 0, base: ";
  check_error(edited({{"      - name: rp1", rciep + "@0x8000_0000, size: 4KiB}]}\n      - name: rp1"}}),
              "host_bridges.pcie0.devices.e0.bars.0.base: found 0x80000000-0x80000fff, which is outside the "
              "windows of "
              "'pcie0', expected addresses inside a window of that host bridge");
}

TEST_CASE("A BAR that is not prefetchable stays below 4 GiB behind a port", "[platforms]") {
  check_error(edited({{"base: 0x38_0000_0000, size: 8GiB, type: 64-bit, prefetchable: true",
                       "base: @0x38_0000_0000, size: 8GiB, type: 64-bit"}}),
              gpu_bars +
                  "0.base: found 0x3800000000-0x39ffffffff behind a port, not prefetchable, expected addresses "
                  "below 4 GiB, or prefetchable: true");
}

TEST_CASE("A BAR that firmware has not placed decodes nothing and disturbs nobody", "[platforms]") {
  const Description d = test::load({{"bar: 2, base: 0x38_0000_0000,", "bar: 2,"}});
  const FunctionDescription& rp1 = d.host_bridges[0].functions[1];
  CHECK_FALSE(rp1.children[0].bars[0].base.has_value());
  CHECK_FALSE(rp1.prefetchable_window.has_value());
}

TEST_CASE("An MSI-X table lies inside a BAR of its device", "[platforms]") {
  const std::string msix = "host_bridges.pcie0.devices.rp0.devices.nic0.msix";
  check_error(edited({{"table_bar: 0", "table_bar: @1"}}),
              msix + ".table_bar: found BAR 1, expected a BAR that the device has");
  check_error(edited({{"table_bar: 0", "table_bar: 0, table_offset: @0xf_fff8"}}),
              msix + ".table_offset: found 0xffff8 and 128 bytes, expected a table inside its BAR of 1 MiB");
  check_error(edited({{"table_bar: 0", "table_bar: 0, table_offset: @4"}}),
              msix + ".table_offset: found 0x4, expected a multiple of 8");
  check_error(edited({{"{vectors: 8, table_bar: 0}", "@{vectors: 8, table_bar: 0, pba_offset: 0x40}"}}),
              msix + ": found the PBA inside the vector table, expected two places that do not overlap");
}

TEST_CASE("MSI has a power of two of vectors", "[platforms]") {
  check_error(edited({{"msi: {vectors: 4}", "msi: {vectors: @3}"}}),
              "host_bridges.pcie0.devices.rp1.devices.gpu0.msi.vectors: found '3', expected 1, 2, 4, 8, 16 or 32");
}

TEST_CASE("TLP limits are powers of two from 128 to 4096 bytes", "[platforms]") {
  for (const char* bad : {"64", "8192", "300"})
    check_error(edited({{"at: 01.0", std::string{"at: 01.0\n        max_payload: @"} + bad}}),
                std::string{"host_bridges.pcie0.devices.rp0.max_payload: found '"} + bad +
                    "', expected 128, 256, 512, 1024, 2048 or 4096");
}

TEST_CASE("A BAR outside the host bridge is at fault, not the window that follows from it", "[platforms]") {
  const std::string end = ", expected addresses inside a window of that host bridge";
  check_error(edited({{"base: 0x9000_0000, size: 1MiB}", "base: @0xa100_0000, size: 1MiB}"}}),
              nic_bars + "0.base: found 0xa1000000-0xa10fffff, which is outside the windows of 'pcie0'" + end);
  check_error(edited({{"windows: [{base: 0x9000_0000, size: 256MiB}, ", "windows: ["},
                      {"base: 0x9000_0000, size: 1MiB}", "base: @0x9000_0000, size: 1MiB}"}}),
              nic_bars + "0.base: found 0x90000000-0x900fffff, which is outside the windows of 'pcie0'" + end);
}
