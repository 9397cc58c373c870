// SPDX-License-Identifier: Apache-2.0
#include "app/commands.h"
#include "app/require_content.h"
#include "traces/conformance_cases.h"

#include <fmt/format.h>

#include <memory>

namespace iommusim::app {
namespace {

constexpr const char* example = "Example:\n  iommusim conform tests/data/oracle/vtd-cases.jsonl.zst";

int conform(const std::string& file) {
  const traces::CaseResults results = traces::run_conformance_cases(file);
  require_content(file, results.passed + results.failed.size() + results.skipped.size(), "cases");
  for (const traces::CaseFailure& failure : results.failed)
    fmt::print("{} ({}), step {}: {}\n  expected {}\n  found    {}\n", failure.id, failure.category, failure.step,
               failure.action, failure.expected, failure.found);
  for (const auto& [reason, count] : results.skipped)
    fmt::print("skipped: {} of {}\n", count, reason);
  fmt::print("{} passed, {} failed\n", results.passed, results.failed.size());
  return results.failed.empty() ? 0 : found;
}

}  // namespace

void add_conform(CLI::App& app, int& status) {
  auto file = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("conform", "Run table-level cases with known answers");
  command->add_option("cases", *file, "Cases (JSON lines, plain or zstd)")->required();
  command->footer(example);
  command->callback([file, &status] { status = conform(*file); });
}

}  // namespace iommusim::app
