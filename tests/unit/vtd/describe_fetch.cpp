// SPDX-License-Identifier: Apache-2.0
// Oracle: VT-d specification, 9.1, 9.3 and 9.8: words put together bit by bit.
#include "iommu/vtd/describe_fetch.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using iommusim::iommu::Fetch;

namespace {

Fetch fetch_of(const char* what, std::uint64_t low, std::uint64_t high = 0) {
  Fetch fetch;
  fetch.what = what;
  fetch.words = 2;
  fetch.value = {low, high};
  return fetch;
}

std::string text(const char* what, std::uint64_t low, std::uint64_t high = 0) {
  return vtd::describe(fetch_of(what, low, high));
}

}  // namespace

TEST_CASE("A root entry is told with the context table that it names", "[vtd]") {
  CHECK(text("root entry", 0x1'0146'7001) == "present, context table at 0x101467000");
  CHECK(text("root entry", 0x1'0146'7000) == "not present");
}

TEST_CASE("A context entry is told with domain, type, levels and tables", "[vtd]") {
  // Domain-id in bits 87:72, address width in 66:64, translation type in 3:2, fault disable in 1, present in 0.
  CHECK(text("context entry", 0x2'0000'0001, 0x0502) ==
        "present, domain 5, translate untranslated requests, 4 levels, second-stage tables at 0x200000000");
  CHECK(text("context entry", 0x2'0000'0007, 0xFF'FF01) ==
        "present, domain 65535, translate, ATS allowed, 3 levels, second-stage tables at 0x200000000, "
        "faults not recorded");
  CHECK(text("context entry", 0x9, 0x0103) == "present, domain 1, pass through, 5 levels, second-stage tables at 0x0");
  CHECK(text("context entry", 0xD, 0x0102).find("reserved translation type") != std::string::npos);
  CHECK(text("context entry", 0x0) == "not present");
  CHECK(text("context entry", 0x2) == "not present, faults not recorded");
}

TEST_CASE("A paging entry is told with the table or the page that it names, and its rights", "[vtd]") {
  CHECK(text("PML5E", 0x5003) == "next table at 0x5000, read and write");
  CHECK(text("PML4E", 0x5001) == "next table at 0x5000, read only");
  CHECK(text("PDE", 0x4000'0003) == "next table at 0x40000000, read and write");
  CHECK(text("PTE", 0x1234'5003) == "4 KiB page at 0x12345000, read and write");
  CHECK(text("PTE", 0x1234'5001) == "4 KiB page at 0x12345000, read only");
  CHECK(text("PTE", 0x1234'5002) == "4 KiB page at 0x12345000, write only");
  CHECK(text("PDE", 0x4000'0083) == "2 MiB page at 0x40000000, read and write");
  CHECK(text("PDPTE", 0x4000'0081) == "1 GiB page at 0x40000000, read only");
}

TEST_CASE("An interrupt remapping table entry is told with its sources and what it makes", "[vtd]") {
  const char* name = "interrupt remapping table entry";
  CHECK(text(name, 0x0000'0200'0041'0001, 0x4'0100) == "present, for source 01:00.0, vector 0x41, destination 0x200");
  CHECK(text(name, 0x0000'0200'0041'0003, 0x8'0103) ==
        "present, for sources on buses 01 to 03, vector 0x41, destination 0x200, faults not recorded");
  CHECK(text(name, 0x2000'0000'0051'8001, 0x1'0000'0000) ==
        "present, for any source, virtual vector 0x51 posted to 0x120000000");
  CHECK(text(name, 0x2) == "not present, faults not recorded");
}

TEST_CASE("An entry without rights is not present, whatever else it holds", "[vtd]") {
  CHECK(text("PTE", 0x1234'5000) == "not present");
  CHECK(text("PDE", 0x4000'0080) == "not present");
}

TEST_CASE("Memory that does not answer is told as such", "[vtd]") {
  Fetch fetch = fetch_of("PTE", 3);
  fetch.failed = true;
  CHECK(vtd::describe(fetch) == "access error: no memory answers here");
}

TEST_CASE("What is no table entry has no description", "[vtd]") {
  CHECK(text("queue entry", 3).empty());
}

TEST_CASE("Scalable-mode structures are told with what they allow", "[vtd]") {
  CHECK(text("scalable-mode root entry", 0x5001, 0x6000) ==
        "lower half present, context table at 0x5000; upper half not present");
  Fetch context = fetch_of("scalable-mode context entry", 0x9000 | 2 << 9 | 0xD, 1 << 20 | 0x42);
  CHECK(vtd::describe(context) ==
        "present, PASID directory at 0x9000 for 32768 PASIDs, 0x42 for requests without PASID, which are privileged, "
        "requests with PASID allowed, ATS allowed");
  CHECK(text("PASID directory entry", 0x7003) == "present, PASID table at 0x7000, faults not recorded");
  Fetch entry = fetch_of("PASID table entry", 0x8000 | 3 << 6 | 2 << 2 | 1, 1 << 23 | 5);
  entry.value[2] = 0xA000 | 1 << 4;
  CHECK(vtd::describe(entry) ==
        "present, domain 5, first-stage tables of 4 levels at 0xa000 nested in second-stage tables of 4 levels at "
        "0x8000, with PWSNP WPE");
}

TEST_CASE("First-stage entries are told with rights and the bits that the unit sets", "[vtd]") {
  Fetch leaf = fetch_of("FS-PTE", 0x8000'0000'0000'0000 | 0x1234'5007);
  leaf.sets = 1 << 5 | 1 << 6;
  CHECK(vtd::describe(leaf) == "4 KiB page at 0x12345000, read and write, user, not executable, sets A, sets D");
  CHECK(text("FS-PDE", 0x4000'0081) == "2 MiB page at 0x40000000, read only, supervisor");
  CHECK(text("FS-PML4E", 0x5007) == "next table at 0x5000, read and write, user");
  CHECK(text("FS-PDPTE", 0x5006) == "not present");
  CHECK(text("SS-PDE", 0x5003) == "next table at 0x5000, read and write");
}
