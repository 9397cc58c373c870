// SPDX-License-Identifier: Apache-2.0
// Oracle: a short log in QEMU's words and, beside it, the trace worked out by hand from the rules of
// docs/trace-format.md.
#include "traces/import_qemu_vtd.h"

#include "base/input_error.h"
#include "support/error_text.h"
#include "support/imported_log.h"
#include "support/source_dir.h"
#include "support/temporary_folder.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace iommusim;
using namespace iommusim::traces;
using support::TemporaryFolder;

namespace {

const std::string data_folder = tests::source_dir() + "/tests/data/qemu-vtd/";

support::ImportedLog import(const std::string& log, const QemuLogOptions& options = {}) {
  return support::import(import_qemu_vtd, log, options);
}

}  // namespace

TEST_CASE("A QEMU log becomes maps, DMAs and unmaps in its order", "[traces]") {
  const auto imported = import(data_folder + "short.log", support::with_nvme0());
  CHECK(imported.lines == support::canonical_lines(data_folder + "short.trace"));
  CHECK(imported.summary.lines == 49);
  CHECK(imported.summary.translations == 13);
  CHECK(imported.summary.passed_through == 1);
  CHECK(imported.summary.maps == 8);
  CHECK(imported.summary.unmaps == 7);
  CHECK(imported.summary.remaps == 1);
  CHECK(imported.summary.page_invalidations == 4);
  CHECK(imported.summary.wide_invalidations == 2);
  CHECK(imported.summary.interrupts == 4);
  CHECK(imported.summary.interrupts_without_source == 1);
  CHECK(imported.summary.ignored == 5);
}

TEST_CASE("Interrupt messages of a QEMU log are included on demand", "[traces]") {
  QemuLogOptions options = support::with_nvme0();
  options.include_interrupts = true;
  CHECK(import(data_folder + "short.log", options).lines ==
        support::canonical_lines(data_folder + "short-with-interrupts.trace"));
}

TEST_CASE("What is no VT-d event of QEMU is refused with its line", "[traces]") {
  struct Bad {
    const char* line;
    const char* message;
  };
  const Bad bad = GENERATE(values<Bad>({
      {"hello", ":2:1: found \"hello\", expected an event of QEMU's VT-d unit (vtd_…)"},
      {"smmuv3_translate_success x",
       ":2:1: found \"smmuv3_translate_success\", expected an event of QEMU's VT-d unit (vtd_…)"},
      {"vtd_dmar_translate dev 01:00.00 iova 0x1000 -> gpa",
       ":2: vtd_dmar_translate: found nothing after \"mask\", expected a number with 0x"},
      {"vtd_dmar_translate dev 01:20.00 iova 0x1000 -> gpa 0x1000 mask 0xfff",
       ":2: vtd_dmar_translate: found \"01:20.00\" after \"dev\", expected bus:device.function"},
      {"vtd_dmar_translate dev 01:00.00 iova 0x1000 -> gpa 0x1000 mask 0x123",
       ":2: vtd_dmar_translate: found \"0x123\" after \"mask\", expected a page size minus one"},
      {"vtd_iotlb_page_hit IOTLB page hit sid 0x100 iova 1000 slpte 0x3 domain 0x1",
       ":2: vtd_iotlb_page_hit: found \"1000\" after \"iova\", expected a number with 0x"},
      {"vtd_iotlb_page_hit IOTLB page hit sid 0x100 iova 0x1000 slpte 0x4 domain 0x1",
       ":2: vtd_iotlb_page_hit: found \"0x4\" after \"slpte\", expected an entry that can be read or written"},
      {"vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x addr 0x1000 mask 0x0",
       ":2: vtd_inv_desc_iotlb_pages: found \"0x\" after \"domain\", expected a number with 0x"},
  }));
  const TemporaryFolder folder;
  const std::string log = folder.write("q.log", std::string{"vtd_inv_qi_fetch \n"} + bad.line + "\n");
  CHECK(support::error_text([&] { import(log); }) == log + bad.message);
}
