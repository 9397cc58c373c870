// SPDX-License-Identifier: Apache-2.0
// Oracle: QEMU 7.2's answers in tests/data/oracle (see tests/data/README.md).
#include "support/oracle_cases.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using iommusim::tests::run_oracle_cases;

TEST_CASE("Every VT-d case is answered as QEMU does, or as the specification says against QEMU", "[conformance][vtd]") {
  const auto results = run_oracle_cases("vtd-cases.jsonl.zst");
  CHECK(results.failed.empty());
  CHECK(results.passed == 119);
  // An entry for buses 0 to 3, which QEMU reads as buses 3 to 0 (VT-d specification, 9.10).
  REQUIRE(results.judged.size() == 1);
  CHECK(results.judged.begin()->second == std::vector<std::string>{"vtd-771-0059"});
}

TEST_CASE("SMMU-087 Tables that Linux left are walked as QEMU does", "[conformance][vtd][smmuv3]") {
  // Eight devices behind a VT-d unit, and eight behind an SMMUv3.
  const auto results = run_oracle_cases("linux-tables-cases.jsonl.zst");
  CHECK(results.failed.empty());
  CHECK(results.passed == 16);
  CHECK(results.judged.empty());
}
