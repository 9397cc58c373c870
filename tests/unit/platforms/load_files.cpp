// SPDX-License-Identifier: Apache-2.0
// Oracle: the position of the '@' in each text, and the message as a person would want it.
#include "support/error_text.h"
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using test::check_error;
using test::edited;
using test::load;

TEST_CASE("A missing platform file is named", "[platforms]") {
  CHECK_THROWS_WITH(load_platform("no/such/platform.yaml"),
                    "no/such/platform.yaml: cannot open: No such file or directory");
}

TEST_CASE("An empty platform file is no platform", "[platforms]") {
  const std::string keys =
      "platform, text, trace, expectation, ecam, local_apic, gic, memory, host_bridges, iommus, software, "
      "timing or statistics";
  check_error("@", "found nothing, expected a map with the keys " + keys);
  check_error("@# only a comment\n", "found nothing, expected a map with the keys " + keys);
  check_error("@just words", "found 'just words', expected a map with the keys " + keys);
}

TEST_CASE("Binary data is refused at its first byte", "[platforms]") {
  check_error("platform: x\nab@\x01", "found the byte 0x01, expected UTF-8 text");
  check_error(
      "@\x7F"
      "ELF",
      "found the byte 0x7f, expected UTF-8 text");
  check_error("a: \xC3\xA4 @\xC3(", "found the byte 0xc3, expected UTF-8 text");
}

TEST_CASE("Broken YAML is reported where it breaks", "[platforms]") {
  CHECK_THROWS_WITH(load_platform_text("platform: [a\n", "sample.yaml"),
                    Catch::Matchers::StartsWith("sample.yaml:2:1: this is no YAML: "));
}

TEST_CASE("A key with the wrong kind of value says what was found", "[platforms]") {
  check_error(edited({{"size: 2GiB", "size: @2GB"}}),
              "memory.dram.size: found '2GB', expected a size of at least 1 byte, as in 4096, 0x1000 or 4KiB");
  check_error(edited({{"base: 0,", "base: @[0],"}}),
              "memory.dram.base: found a list, expected an address, as in 0xfed9_0000 or 4GiB");
  check_error(edited({{"buses: [0, 5]", "buses: @{first: 0}"}}),
              "host_bridges.pcie0.buses: found a map, expected a list");
  check_error(edited({{"buses: [0, 5]", "buses: [0, @256]"}}),
              "host_bridges.pcie0.buses.1: found '256', expected a number from 0 to 255");
  check_error(edited({{"iommu: dmar0", "@iommu:"}}), "host_bridges.pcie0.iommu: found nothing, expected text");
  check_error(edited({{"platform: sample", "platform: sample\nlocal_apic: @yes"}}),
              "local_apic: found 'yes', expected true or false");
  check_error(edited({{"platform: sample", "platform: sample\ntiming: {memory: {latency: @80}}"}}),
              "timing.memory.latency: found '80', expected a duration with its unit, as in 110ns or 1.5us");
  check_error(edited({{"size: 2GiB", "size: @0xffff_ffff_ffff_ffff"}, {"base: 0,", "base: 0x1000,"}}),
              "memory.dram.size: found '0xffff_ffff_ffff_ffff', expected at most 2^64 bytes together with "
              "base 0x1000");
}

TEST_CASE("A word that is not allowed brings the closest one that is", "[platforms]") {
  check_error(edited({{"type: unmanaged", "type: @unmanged"}}),
              "software.domains.user.type: found 'unmanged', expected 'unmanaged' (allowed: identity, dma, "
              "unmanaged or "
              "blocked)");
  check_error(edited({{"type: unmanaged", "type: @bypass"}}),
              "software.domains.user.type: found 'bypass', expected identity, dma, unmanaged or blocked");
}

TEST_CASE("An unknown key is an error and names the closest allowed key", "[platforms]") {
  check_error(edited({{"size: 2GiB", "@siz: 2GiB"}}),
              "memory.dram.siz: found an unknown key, expected 'size' (allowed: name, base or size)");
  check_error(edited({{"size: 2GiB", "size: 2GiB, @colour: red"}}),
              "memory.dram.colour: found an unknown key, expected name, base or size");
}

TEST_CASE("A missing key is reported at its map", "[platforms]") {
  check_error(edited({{"{name: dram, base: 0, size: 2GiB}", "@{name: dram, base: 0}"}}),
              "memory.dram.size: found nothing, expected a size");
  check_error(edited({{"- name: nic0\n            type: endpoint", "- @name: nic0"}}),
              "host_bridges.pcie0.devices.rp0.devices.nic0.type: found nothing, expected root-port, upstream-port, "
              "downstream-port, endpoint, root-complex-endpoint, pcie-pci-bridge, pci-device or io-apic");
  check_error("@platform: x\nhost_bridges: []\n", "memory: found nothing, expected a list of memories");
}

TEST_CASE("A name is used once", "[platforms]") {
  check_error(edited({{"name: gpu0", "name: @nic0"}}),
              "host_bridges.pcie0.devices.rp1.devices.0.name: found 'nic0' a second time, expected a name of "
              "its own");
  check_error(edited({{"name: rp1", "name: @rp0"}}),
              "host_bridges.pcie0.devices.1.name: found 'rp0' a second time, expected a name of its own");
  check_error(edited({{"{name: dmar0", "{name: @dram"}}),
              "iommus.0.name: found 'dram' a second time, expected a name of its own");
  check_error(edited({{"size: 2MiB}]", "size: 2MiB}, {name: @ring, base: 0, size: 4KiB}]"}}),
              "software.buffers.1.name: found 'ring' a second time, expected a name of its own");
}

TEST_CASE("Names that mean something else are refused", "[platforms]") {
  check_error(edited({{"name: gpu0", "name: @cpu"}}),
              "host_bridges.pcie0.devices.rp1.devices.cpu.name: found 'cpu', expected another name, because "
              "this one is "
              "reserved");
  check_error(edited({{"name: gpu0", "name: @0gpu"}}),
              "host_bridges.pcie0.devices.rp1.devices.0gpu.name: found '0gpu', expected a name (a letter, "
              "then letters, "
              "digits, '-' or '_')");
}

TEST_CASE("Text brings no control characters to a terminal", "[platforms]") {
  check_error(edited({{"platform: sample", "platform: sample\ntext: @\"red \\e[31m\""}}),
              "text: found 'red  [31m', expected text without control characters");
  CHECK(load({{"platform: sample", "platform: sample\ntext: \"two\\nlines\""}}).text == "two lines");
}

TEST_CASE("A name without end is not repeated in the message", "[platforms]") {
  const std::string name(100'000, 'n');
  const std::string error = support::error_text([&] { load({{"name: dram", "name: " + name}}); });
  CHECK(error.size() < 300);
  CHECK(error.rfind("sample.yaml:3:12: memory.0.name: found 'nnn", 0) == 0);
}
