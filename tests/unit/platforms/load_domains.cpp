// SPDX-License-Identifier: Apache-2.0
// Oracle: the position of the '@' in each text; address widths on paper (12 + 9 bits per level).
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using test::check_error;
using test::edited;
using test::load;

namespace {

const std::string user = "software.domains.user.";
const std::string mapping = "[{iova: 0x10_0000, buffer: ring}]";

std::string with_mapping(const std::string& text) {
  return edited({{mapping, "[" + text + "]"}});
}

}  // namespace

TEST_CASE("A buffer lies inside one memory and beside the others", "[platforms]") {
  check_error(edited({{"base: 0x1000_0000, size: 2MiB", "base: @0x7ff0_0000, size: 2MiB"}}),
              "software.buffers.ring.base: found 0x7ff00000-0x800fffff, expected addresses inside one memory");
  check_error(edited({{"size: 2MiB}]", "size: 2MiB}, {name: other, base: @0x101f_f000, size: 8KiB}]"}}),
              "software.buffers.other.base: found 0x101ff000-0x10200fff, which meets the buffer 'ring', expected "
              "addresses that no other buffer has");
}

TEST_CASE("Memory for the operating system's tables is apart from the buffers", "[platforms]") {
  const Description d = load({{"software:", "software:\n  os_memory: {base: 0x2000_0000, size: 1MiB}"}});
  CHECK(d.os_memory == Range<PhysAddr>{PhysAddr{0x2000'0000}, PhysAddr{0x200F'FFFF}});
  CHECK_FALSE(load().os_memory.has_value());
  check_error(edited({{"software:", "software:\n  os_memory: {base: @2GiB, size: 1MiB}"}}),
              "software.os_memory.base: found 0x80000000-0x800fffff, expected addresses inside one memory");
  check_error(edited({{"software:", "software:\n  os_memory: {base: 0x1010_0000, size: 4KiB}"},
                      {"base: 0x1000_0000, size: 2MiB", "base: @0x1000_0000, size: 2MiB"}}),
              "software.buffers.ring.base: found 0x10000000-0x101fffff, which meets software.os_memory, expected "
              "addresses that no other buffer has");
}

TEST_CASE("A mapping is a whole number of pages", "[platforms]") {
  check_error(with_mapping("{iova: @0x10_0800, buffer: ring}"),
              user + "mappings.0.iova: found 0x100800, expected a multiple of 4 KiB");
  check_error(with_mapping("{iova: 0x10_0000, buffer: ring, size: @6KiB}"),
              user + "mappings.0.size: found 0x1800, expected a multiple of 4 KiB");
  check_error(with_mapping("{iova: 0x10_0000, buffer: ring, offset: @0x80}"),
              user + "mappings.0.offset: found 0x10000080, expected a multiple of 4 KiB");
  check_error(with_mapping("{iova: 0x10_0000, physical: @0x2000_0800, size: 4KiB}"),
              user + "mappings.0.physical: found 0x20000800, expected a multiple of 4 KiB");
}

TEST_CASE("A mapping stays inside its buffer", "[platforms]") {
  check_error(with_mapping("{iova: 0x10_0000, buffer: ring, offset: 1MiB, size: @2MiB}"),
              user + "mappings.0.size: found '2MiB', expected at most the 1 MiB that the buffer has from there");
  check_error(with_mapping("{iova: 0x10_0000, buffer: ring, offset: @2MiB}"),
              user + "mappings.0.offset: found '2MiB', expected an offset inside the buffer of 2 MiB");
}

TEST_CASE("A mapping names a buffer or a physical address", "[platforms]") {
  check_error(with_mapping("{iova: 0x10_0000, buffer: @rang}"),
              user + "mappings.0.buffer: found 'rang', expected a buffer: 'ring' (allowed: ring)");
  check_error(with_mapping("@{iova: 0x10_0000}"),
              user + "mappings.0.physical: found nothing, expected a buffer, a BAR or a physical address");
  check_error(with_mapping("{iova: 0x10_0000, buffer: ring, physical: @0x1000}"),
              user + "mappings.0.physical: found '0x1000', expected either buffer or physical");
}

TEST_CASE("Two mappings of a domain share no IOVA", "[platforms]") {
  check_error(with_mapping("{iova: 0x10_0000, buffer: ring}, {iova: @0x2f_f000, physical: 0, size: 4KiB}"),
              user +
                  "mappings.1.iova: found 0x2ff000-0x2fffff, which meets mapping 0, expected addresses that are "
                  "mapped once");
}

TEST_CASE("An IOVA stays within the width of the IOMMU and of the domain's tables", "[platforms]") {
  check_error(with_mapping("{iova: @0xffff_ffff_f000, buffer: ring}"),
              user +
                  "mappings.0.iova: found 0xfffffffff000 and 2 MiB, expected addresses of at most 48 bits, the width "
                  "of the domain's IOMMU");
  check_error(edited({{"type: unmanaged", "type: unmanaged\n      levels: 3"}, {"0x10_0000", "@0x80_0000_0000"}}),
              user +
                  "mappings.0.iova: found 0x8000000000 and 2 MiB, expected addresses of at most 39 bits, the width "
                  "of "
                  "the domain's IOMMU");
  CHECK(load({{"0x10_0000", "0xffff_ffe0_0000"}}).domains[0].mappings[0].iova == Iova{0xFFFF'FFE0'0000});
}

TEST_CASE("The depth of a domain's tables is one that its IOMMU has", "[platforms]") {
  check_error(edited({{"type: unmanaged", "type: unmanaged\n      levels: @5"}}),
              user + "levels: found 5, expected one of the table_levels of 'dmar0'");
}

TEST_CASE("A physical address stays within the host address width", "[platforms]") {
  check_error(with_mapping("{iova: 0, physical: @0x1_0000_0000_0000, size: 4KiB}"),
              user + "mappings.0.physical: found 0x1000000000000, expected a physical address of at most 48 bits");
}

TEST_CASE("Identity and blocked domains have no mappings", "[platforms]") {
  for (const char* type : {"identity", "blocked"})
    check_error(edited({{"type: unmanaged", std::string{"type: "} + type}, {mapping, "@" + mapping}}),
                user + "mappings: found mappings, expected none in a domain of type identity or blocked");
}

TEST_CASE("A device is in one domain", "[platforms]") {
  check_error(edited({{"  interrupts:", "    - {name: again, type: dma, devices: [@nic0]}\n  interrupts:"}}),
              "software.domains.again.devices.0: found 'nic0', which the domain 'user' has, expected every "
              "device in one "
              "domain");
}

TEST_CASE("A domain's devices exist and are no ports", "[platforms]") {
  check_error(edited({{"devices: [nic0]", "devices: [@nic1]"}}),
              user + "devices.0: found 'nic1', expected an endpoint: 'nic0' (allowed: nic0 or gpu0)");
  check_error(edited({{"devices: [nic0]", "devices: [@rp0]"}}),
              user + "devices.0: found 'rp0', expected an endpoint: nic0 or gpu0");
}

TEST_CASE("A domain needs an IOMMU on the device's host bridge", "[platforms]") {
  check_error(edited({{"    iommu: dmar0\n", ""}, {"devices: [nic0]", "devices: [@nic0]"}}),
              user + "devices.0: found 'nic0', whose host bridge has no IOMMU, expected a device behind an IOMMU");
}

TEST_CASE("A user's domain ignores firmware's memory or keeps it, and no other domain has the choice", "[platforms]") {
  const std::string type = "type: unmanaged";
  CHECK(load().domains[0].reserved_memory == ReservedMemory::ignored);
  CHECK(load({{type, type + "\n      reserved_memory: kept"}}).domains[0].reserved_memory == ReservedMemory::kept);
  check_error(edited({{type, type + "\n      reserved_memory: @keep"}}),
              user + "reserved_memory: found 'keep', expected ignored or kept");
  check_error(edited({{type, "type: dma\n      reserved_memory: @kept"}}),
              user + "reserved_memory: found 'kept', expected it in a domain of type unmanaged that is not nested");
}
