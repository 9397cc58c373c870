// SPDX-License-Identifier: Apache-2.0
// Oracle: QEMU 7.2's answers in tests/data/oracle (see tests/data/README.md).
#include "support/source_dir.h"
#include "traces/conformance_cases.h"

#include <catch2/catch.hpp>

#include <map>
#include <string>

using namespace iommusim::traces;

namespace {

CaseResults run(const std::string& name) {
  CaseResults results = run_conformance_cases(iommusim::tests::source_dir() + "/tests/data/oracle/" + name);
  for (const CaseFailure& failure : results.failed) {
    UNSCOPED_INFO(failure.id << " (" << failure.category << ") step " << failure.step << ": " << failure.action);
    UNSCOPED_INFO("  expected " << failure.expected);
    UNSCOPED_INFO("  found    " << failure.found);
  }
  return results;
}

}  // namespace

TEST_CASE("Every VT-d case is answered as QEMU does, or as the specification says against QEMU", "[conformance][vtd]") {
  const CaseResults results = run("vtd-cases.jsonl.zst");
  CHECK(results.failed.empty());
  CHECK(results.passed == 119);
  CHECK(results.skipped.empty());
  // An entry for buses 0 to 3, which QEMU reads as buses 3 to 0 (VT-d specification, 9.10).
  REQUIRE(results.judged.size() == 1);
  CHECK(results.judged.begin()->second == std::vector<std::string>{"vtd-771-0059"});
}

TEST_CASE("Tables that Linux left are walked as QEMU does", "[conformance][vtd]") {
  const CaseResults results = run("linux-tables-cases.jsonl.zst");
  CHECK(results.failed.empty());
  CHECK(results.passed == 8);
  CHECK(results.skipped == std::map<std::string, std::size_t>{{"kind smmuv3", 8}});
}
