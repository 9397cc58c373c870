// SPDX-License-Identifier: Apache-2.0
// Oracle: QEMU 7.2's answers in tests/data/oracle (see tests/data/README.md).
#include "support/oracle_cases.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

TEST_CASE("Every SMMUv3 case is answered as QEMU does, or as the architecture says against QEMU",
          "[conformance][smmuv3]") {
  const auto results = iommusim::tests::run_oracle_cases("smmuv3-cases.jsonl.zst");
  CHECK(results.failed.empty());
  CHECK(results.passed == 115);
  using Cases = std::vector<std::string>;
  REQUIRE(results.judged.size() == 2);
  const auto& [global_rule, global_cases] = *results.judged.begin();
  CHECK_THAT(global_rule, Catch::StartsWith("SMMUv3 architecture, 3.17: "));
  // Two address spaces map one address by global descriptors, or lose one by an invalidation of their ASID.
  CHECK(global_cases == Cases{"smmuv3-772-0016", "smmuv3-772-0039", "smmuv3-772-0044", "smmuv3-772-0115"});
  // A write below a table with APTable=0b10, after a read that left its translation in the TLB.
  const auto& [table_rule, table_cases] = *results.judged.rbegin();
  CHECK_THAT(table_rule, Catch::StartsWith("SMMUv3 architecture, 5.4 (HAD0=0): "));
  CHECK(table_cases == Cases{"smmuv3-772-0046"});
}
