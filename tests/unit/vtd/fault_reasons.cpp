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
constexpr Listed listed[] = {{0x1, false},  {0x2, true},   {0x3, true},   {0x4, true},   {0x5, true},   {0x6, true},
                             {0x7, true},   {0x8, false},  {0x9, false},  {0xA, false},  {0xB, true},   {0xC, true},
                             {0xD, true},   {0xE, true},   {0x29, false}, {0x30, false}, {0x31, false}, {0x32, false},
                             {0x38, false}, {0x39, false}, {0x3A, false}, {0x40, false}, {0x41, true},  {0x42, true},
                             {0x43, true},  {0x44, true},  {0x45, true},  {0x46, true},  {0x47, true},  {0x48, true},
                             {0x50, false}, {0x51, true},  {0x52, true},  {0x58, false}, {0x59, true},  {0x5A, true},
                             {0x5B, true},  {0x5C, true},  {0x5D, true},  {0x70, true},  {0x71, true},  {0x72, true},
                             {0x73, true},  {0x74, true},  {0x75, true},  {0x76, true},  {0x77, true},  {0x78, true},
                             {0x79, true},  {0x7A, true},  {0x7B, true},  {0x7C, true},  {0x7D, true},  {0x80, true},
                             {0x81, true},  {0x82, true},  {0x83, true},  {0x84, true},  {0x85, true},  {0x86, true},
                             {0x87, true},  {0x89, true},  {0x90, true},  {0x91, true}};
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

TEST_CASE("The rules of reasons 0x20 to 0x28, and no others, tell of the lookup of an interrupt request", "[vtd]") {
  for (unsigned code = 0x20; code <= 0x28; ++code)
    CHECK(is_interrupt_lookup(rule_of(static_cast<FaultReason>(code))));
  for (const Listed& each : listed)
    CHECK_FALSE(is_interrupt_lookup(rule_of(static_cast<FaultReason>(each.code))));
}
