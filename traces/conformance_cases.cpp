// SPDX-License-Identifier: Apache-2.0
#include "traces/conformance_cases.h"

#include "traces/case_machine.h"
#include "traces/json_lines.h"

#include <algorithm>
#include <optional>

namespace iommusim::traces {
namespace {

using nlohmann::json;
using platforms::JsonValue;

/// Why our unit cannot run the case.
std::optional<std::string> reason_to_skip(const JsonValue& test) {
  const JsonValue iommu = test.at("iommu");
  if (const std::string kind = iommu.at("kind").text(); kind != "vtd") return "kind " + kind;
  if (const auto mode = iommu.find("mode"); mode && mode->text() != "legacy") return "mode " + mode->text();
  if (const auto ats = iommu.find("device_iotlb"); ats && ats->boolean()) return "device_iotlb";
  if (const std::string category = test.at("category").text(); category == "interrupt") return "category " + category;
  return std::nullopt;
}

/// The expected answer, or any that is listed as legal too.
bool is_legal(const JsonValue& expected, const json& found) {
  json first = expected.raw();
  first.erase("also_legal");
  if (first == found) return true;
  const auto others = expected.find("also_legal");
  if (!others) return false;
  const auto alternatives = others->elements();
  return std::any_of(alternatives.begin(), alternatives.end(),
                     [&found](const JsonValue& other) { return other.raw() == found; });
}

std::optional<CaseFailure> run(const JsonValue& test) {
  const auto steps = test.at("accesses").elements();
  const auto answers = test.at("expect").elements();
  if (steps.size() != answers.size()) test.at("expect").fail("expected one answer for each of \"accesses\"");
  CaseMachine machine{test};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const json found = machine.perform(steps[i]);
    if (!is_legal(answers[i], found))
      return CaseFailure{test.at("id").text(),  test.at("category").text(), i,
                         steps[i].raw().dump(), answers[i].raw().dump(),    found.dump()};
  }
  return std::nullopt;
}

}  // namespace

CaseResults run_conformance_cases(const std::string& file) {
  CaseResults results;
  JsonLines lines{file};
  while (lines.next()) {
    const JsonValue test = lines.value();
    if (const auto reason = reason_to_skip(test))
      ++results.skipped[*reason];
    else if (auto failure = run(test))
      results.failed.push_back(std::move(*failure));
    else
      ++results.passed;
  }
  return results;
}

}  // namespace iommusim::traces
