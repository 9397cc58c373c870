// SPDX-License-Identifier: Apache-2.0
#include "traces/conformance_cases.h"

#include "base/quantity.h"
#include "traces/case_machine_smmuv3.h"
#include "traces/case_machine_vtd.h"
#include "traces/json_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace iommusim::traces {
namespace {

using nlohmann::json;
using platforms::JsonValue;

bool is_scalable(const JsonValue& test) {
  const auto mode = test.at("iommu").find("mode");
  if (!mode) return false;
  const std::string word = mode->text();
  if (word != "legacy" && word != "scalable") mode->fail_kind("legacy or scalable");
  return word == "scalable";
}

std::unique_ptr<CaseMachine> make_machine(const JsonValue& test) {
  const JsonValue kind = test.at("iommu").at("kind");
  if (kind.text() == "vtd") return std::make_unique<VtdCaseMachine>(test);
  if (kind.text() == "smmuv3") return std::make_unique<Smmuv3CaseMachine>(test);
  kind.fail_kind("vtd or smmuv3");
}

/// Without what QEMU says of a fault in scalable mode: it knows only the reasons of legacy mode (VT-d specification,
/// 7.1.3), and a record of a PASID overwrites its reason and type.
json without_reasons(json answer) {
  answer.erase("fault_reason");
  if (auto record = answer.find("frcd"); record != answer.end() && record->is_object()) {
    record->erase("fault_reason");
    record->erase("type");
  }
  return answer;
}

/// The expected answer, or any that is listed as legal too.
bool is_legal(const JsonValue& expected, const json& found, bool scalable) {
  const auto comparable = [scalable](const json& answer) { return scalable ? without_reasons(answer) : answer; };
  json first = expected.raw();
  first.erase("also_legal");
  if (comparable(first) == comparable(found)) return true;
  const auto others = expected.find("also_legal");
  if (!others) return false;
  const auto alternatives = others->elements();
  return std::any_of(alternatives.begin(), alternatives.end(),
                     [&](const JsonValue& other) { return comparable(other.raw()) == comparable(found); });
}

/// Of one case. Neither member: passed.
struct Verdict {
  std::optional<CaseFailure> failure;
  /// The rule of the specification that some step's answer contradicts.
  const char* deviation = nullptr;
};

Verdict run(const JsonValue& test) {
  static_cast<void>(test.at("id").text());
  static_cast<void>(test.at("category").text());
  const auto steps = test.at("accesses").elements();
  const auto answers = test.at("expect").elements();
  if (steps.size() != answers.size())
    test.at("expect").fail(fmt::format("found {}, expected one for each of the {} of \"accesses\"",
                                       format_count(answers.size(), "answer"), steps.size()));
  const bool scalable = is_scalable(test);
  const auto machine = make_machine(test);
  Verdict verdict;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const json found = machine->perform(steps[i]);
    if (is_legal(answers[i], found, scalable)) continue;
    if (machine->deviation() == nullptr) {
      verdict.failure = CaseFailure{test.at("id").text(),  test.at("category").text(), i,
                                    steps[i].raw().dump(), answers[i].raw().dump(),    found.dump()};
      return verdict;
    }
    verdict.deviation = machine->deviation();
  }
  return verdict;
}

}  // namespace

CaseResults run_conformance_cases(const std::string& file, const ReadProgress& progress) {
  CaseResults results;
  std::uint64_t cases = 0;
  JsonLines lines{file};
  while (lines.next()) {
    const JsonValue test = lines.value();
    Verdict verdict = run(test);
    if (verdict.failure)
      results.failed.push_back(std::move(*verdict.failure));
    else if (verdict.deviation != nullptr)
      results.judged[verdict.deviation].push_back(test.at("id").text());
    else
      ++results.passed;
    if (progress) progress(++cases, lines.file());
  }
  return results;
}

}  // namespace iommusim::traces
