// SPDX-License-Identifier: Apache-2.0
// Oracle: VT-d specification, 7.1.3, the columns of reason and qualification retyped.
#include "iommu/vtd/fault_reasons.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <set>
#include <string>

using namespace iommusim;
using namespace iommusim::vtd;

namespace {
struct Listed {
  unsigned code;
  bool qualified;
};
constexpr Listed listed[] = {{0x1, false}, {0x2, true},  {0x3, true},   {0x4, true},   {0x5, true},  {0x6, true},
                             {0x7, true},  {0x8, false}, {0x9, false},  {0xA, false},  {0xB, true},  {0xC, true},
                             {0xD, true},  {0xE, true},  {0x29, false}, {0x30, false}, {0x31, false}};
}  // namespace

TEST_CASE("Each fault reason is qualified by FPD as listed", "[vtd]") {
  for (const Listed& each : listed) {
    CAPTURE(each.code);
    CHECK(is_qualified(static_cast<FaultReason>(each.code)) == each.qualified);
  }
}

TEST_CASE("Each fault reason has a rule of its own whose name holds the code", "[vtd]") {
  std::set<std::string_view> ids;
  for (const Listed& each : listed) {
    const Rule& rule = rule_of(static_cast<FaultReason>(each.code));
    CHECK(rule.id.rfind(fmt::format("vtd.fault-{:#x}-", each.code), 0) == 0);
    CHECK_FALSE(rule.text.empty());
    CHECK_FALSE(rule.source.empty());
    ids.insert(rule.id);
  }
  CHECK(ids.size() == std::size(listed));
}
