// SPDX-License-Identifier: Apache-2.0
// Oracle: a short log in QEMU's words and, beside it, the trace worked out by hand from the rules of
// docs/trace-format.md.
#include "traces/import_qemu_smmuv3.h"

#include "base/input_error.h"
#include "support/error_text.h"
#include "support/imported_log.h"
#include "support/source_dir.h"
#include "support/temporary_folder.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace iommusim;
using namespace iommusim::traces;
using support::TemporaryFolder;

namespace {

const std::string data_folder = tests::source_dir() + "/tests/data/qemu-smmuv3/";

support::ImportedLog import(const std::string& log, const QemuLogOptions& options = {}) {
  return support::import(import_qemu_smmuv3, log, options);
}

}  // namespace

TEST_CASE("A QEMU log of an SMMUv3 becomes maps, DMAs and unmaps in its order", "[traces]") {
  const auto imported = import(data_folder + "short.log", support::with_nvme0());
  CHECK(imported.lines == support::canonical_lines(data_folder + "short.trace"));
  CHECK(imported.summary.lines == 53);
  CHECK(imported.summary.translations == 15);
  CHECK(imported.summary.passed_through == 2);
  CHECK(imported.summary.maps == 9);
  CHECK(imported.summary.unmaps == 8);
  CHECK(imported.summary.remaps == 1);
  CHECK(imported.summary.page_invalidations == 4);
  CHECK(imported.summary.wide_invalidations == 2);
  CHECK(imported.summary.interrupts == 2);
  CHECK(imported.summary.interrupts_without_source == 1);
  CHECK(imported.summary.ignored == 8);
}

TEST_CASE("Interrupt messages to the ITS are included on demand, with the page of the doorbell", "[traces]") {
  QemuLogOptions options = support::with_nvme0();
  options.include_interrupts = true;
  CHECK(import(data_folder + "short.log", options).lines ==
        support::canonical_lines(data_folder + "short-with-interrupts.trace"));
}

TEST_CASE("Interrupt messages become signals of the vectors that software of the platform sets up", "[traces]") {
  QemuLogOptions options = support::with_nvme0();
  options.include_interrupts = true;
  options.vectors[RequesterId{1, 0, 0}] = {2};
  const auto imported = import(data_folder + "short.log", options);
  CHECK(std::count_if(imported.lines.begin(), imported.lines.end(),
                      [](const std::string& line) { return line.find("nvme0 msi 2") != std::string::npos; }) == 1);
  // The doorbell's page, which nothing else used, and the message as it was.
  for (const std::string& line : imported.lines)
    CHECK((line.find("0xffff_f0") == std::string::npos && line.find("raw-write") == std::string::npos));
  CHECK(imported.summary.interrupts_without_vector == 0);

  options.vectors[RequesterId{1, 0, 0}] = {1, 3};
  const auto without = import(data_folder + "short.log", options);
  CHECK(without.summary.interrupts_without_vector == 1);
  CHECK(without.lines.size() + 1 == imported.lines.size());
}

TEST_CASE("What is no event of QEMU's SMMUv3 or ITS is refused with its line", "[traces]") {
  struct Bad {
    const char* line;
    const char* message;
  };
  const Bad bad = GENERATE(values<Bad>({
      {"vtd_inv_qi_fetch ",
       ":2:1: found \"vtd_inv_qi_fetch\", expected an event of QEMU's SMMUv3 or ITS (smmu_…, "
       "smmuv3_…, gicv3_its_…)"},
      {"smmuv3_translate_success r sid=0x100 iova=0x2000 translated=0x1000 perm=0x3",
       ":2: smmuv3_translate_success: found \"0x2000\" after \"iova\", expected an address whose page was looked up "
       "before"},
      {"smmuv3_translate_success r sid=0x100 iova=0x1000 translated=0x1000 perm=0x0",
       ":2: smmuv3_translate_success: found \"0x0\" after \"perm\", expected 0x1, 0x2 or 0x3"},
      {"smmuv3_translate_success r sid=0x10000 iova=0x1000 translated=0x1000 perm=0x3",
       ":2: smmuv3_translate_success: found \"0x10000\" after \"sid\", expected at most 0xffff"},
      {"smmuv3_translate_success r sid=0x100 iova=0x1000 perm=0x3",
       ":2: smmuv3_translate_success: found nothing after \"translated\", expected a number with 0x"},
      {"smmu_iotlb_lookup_hit IOTLB cache HIT asid=65536 addr=0x1000",
       ":2: smmu_iotlb_lookup_hit: found \"65536\" after \"asid\", expected at most 65535"},
      {"smmu_iotlb_insert IOTLB ++ asid=1 addr=0x1000 tg=0 level=3",
       ":2: smmu_iotlb_insert: found \"0\" after \"tg\", expected 1 to 3"},
      {"smmu_iotlb_insert IOTLB ++ asid=1 addr=0x1000 tg=1 level=4",
       ":2: smmu_iotlb_insert: found \"4\" after \"level\", expected 0 to 3"},
      {"smmuv3_s1_range_inval vmid=0 asid=1 addr=0x1000 tg=4 num_pages=0x1 ttl=3 leaf=1",
       ":2: smmuv3_s1_range_inval: found \"4\" after \"tg\", expected 0 to 3"},
  }));
  const TemporaryFolder folder;
  const std::string log = folder.write(
      "q.log", std::string{"smmu_iotlb_lookup_hit IOTLB cache HIT asid=1 addr=0x1000\n"} + bad.line + "\n");
  CHECK(support::error_text([&] { import(log); }) == log + bad.message);
}

TEST_CASE("An invalidation that passes the end of the address space ends there", "[traces]") {
  const TemporaryFolder folder;
  const std::string log = folder.write("q.log",
                                       "smmu_iotlb_lookup_hit IOTLB cache HIT asid=1 addr=0xffffffffffff0000\n"
                                       "smmuv3_translate_success r sid=0x100 iova=0xffffffffffff0040 "
                                       "translated=0x1040 perm=0x1\n"
                                       "smmuv3_s1_range_inval vmid=0 asid=1 addr=0xfffffffffffe0000 tg=1 "
                                       "num_pages=0xffffffffffffffff ttl=3 leaf=1\n");
  CHECK(import(log).lines == std::vector<std::string>{"0ns 01:00.0 map 0xffff_ffff_ffff_0000 4KiB 0x1000 r",
                                                      "1us 01:00.0 read 0xffff_ffff_ffff_0040 64",
                                                      "2us 01:00.0 unmap 0xffff_ffff_ffff_0000 4KiB"});
}
