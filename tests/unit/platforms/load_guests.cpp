// SPDX-License-Identifier: Apache-2.0
// Oracle: docs/platform-format.md, nested domains; the position of the '@' in each text.
#include "platforms/machine.h"
#include "platforms/machine_bus.h"
#include "platforms/operating_system.h"
#include "platforms/os_memory.h"
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using test::check_error;
using test::edited;
using test::load;

namespace {

const std::string user = "software.domains.user.";
const std::string unit = "registers: 0xfed9_0000}";
/// The buffer's 2 MiB are the lower half; the tables are the last MiB.
const std::string four_mib = "{base: 0x1000_0000, size: 4MiB}";

test::Edits guest(const std::string& stage, const test::Edits& more = {}) {
  test::Edits edits = {{unit, "registers: 0xfed9_0000, mode: scalable}"},
                       {"type: unmanaged", "type: unmanaged\n      stage: " + stage}};
  edits.insert(edits.end(), more.begin(), more.end());
  return edits;
}

std::string with_memory(const std::string& text) {
  return "nested\n      guest_memory: " + text;
}

}  // namespace

TEST_CASE("A nested domain has the memory of its guest", "[platforms][nested]") {
  const Description d = load(guest(with_memory(four_mib)));
  CHECK(d.domains[0].stage == software::Stage::first);
  CHECK(d.domains[0].guest_memory == Range<PhysAddr>{PhysAddr{0x1000'0000}, PhysAddr{0x103F'FFFF}});
  Machine machine{d};
  MachineBus bus{machine};
  OperatingSystem system{machine, bus};
  system.boot();
  CHECK(system.iova_width(*system.domains()[0]) == 47);
}

TEST_CASE("Guest memory is given for nested domains, and for no others", "[platforms][nested]") {
  check_error(edited(guest("nested", {{"    - name: user", "    - @name: user"}})),
              user + "guest_memory: found nothing, expected the memory of the guest");
  check_error(edited(guest("first\n      guest_memory: @" + four_mib)),
              user + "guest_memory: found a map, expected it beside stage: nested");
}

TEST_CASE("Guest memory is four or more whole pages", "[platforms][nested]") {
  check_error(edited(guest(with_memory("{base: @0x1000_0800, size: 4MiB}"))),
              user + "guest_memory.base: found 0x10000800, expected a multiple of 4 KiB");
  check_error(edited(guest(with_memory("{base: 0x1000_0000, size: @12KiB}"))),
              user + "guest_memory.size: found '12KiB', expected at least 16 KiB");
}

TEST_CASE("Guest memory lies in one memory and belongs to one guest", "[platforms][nested]") {
  check_error(edited(guest(with_memory("@{base: 0x7fe0_0000, size: 4MiB}"))),
              user + "guest_memory: found 0x7fe00000-0x801fffff, expected addresses of one memory");
  const std::string second =
      "mappings: [{iova: 0x10_0000, buffer: ring}]\n"
      "    - {name: other, type: dma, stage: nested, guest_memory: @{base: 0x103f_0000, size: 1MiB}}";
  check_error(edited(guest(with_memory(four_mib), {{"mappings: [{iova: 0x10_0000, buffer: ring}]", second}})),
              "software.domains.other.guest_memory: found 0x103f0000-0x104effff, expected memory that the guest of "
              "'user' does not have");
}

TEST_CASE("A guest maps memory below its tables", "[platforms][nested]") {
  // Of 2 MiB the tables take 512 KiB.
  check_error(
      edited(guest(with_memory("{base: 0x1000_0000, size: 2MiB}"), {{"mappings: [{iova", "mappings: [@{iova"}})),
      user +
          "mappings.0: found 0x10000000 and 2 MiB, expected memory of the guest below its tables: "
          "0x10000000-0x1017ffff");
}

TEST_CASE("A nested domain needs an IOMMU with nested translation, and tables", "[platforms][nested]") {
  check_error(edited({{unit, "registers: 0xfed9_0000, mode: scalable, nested: false}"},
                      {"type: unmanaged", "type: unmanaged\n      stage: @nested\n      guest_memory: " + four_mib}}),
              user + "stage: found nested, expected a stage that 'dmar0' has");
  check_error(edited({{unit, "registers: 0xfed9_0000, mode: scalable}"},
                      {"type: unmanaged", "type: blocked\n      stage: @nested\n      guest_memory: " + four_mib},
                      {"mappings: [{iova: 0x10_0000, buffer: ring}]", "mappings: []"}}),
              user + "stage: found nested, expected no tables in a domain of type identity or blocked");
}

TEST_CASE("The operating system keeps its tables out of guests' memory", "[platforms][nested]") {
  CHECK(os_memory_of(load()).first == PhysAddr{0x7C00'0000});
  const test::Edits top = {
      {"type: unmanaged",
       "type: unmanaged\n      stage: nested\n      guest_memory: {base: 0x0fff_0000, size: 1792MiB}"},
      {unit, "registers: 0xfed9_0000, mode: scalable}"}};
  CHECK_THROWS_WITH(os_memory_of(load(top)), Catch::Contains("no memory is free"));
}
