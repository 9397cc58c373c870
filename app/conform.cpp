// SPDX-License-Identifier: Apache-2.0
#include "app/commands.h"
#include "app/output.h"
#include "app/progress.h"
#include "app/require_content.h"
#include "traces/conformance_cases.h"

#include <fmt/format.h>

#include <memory>

namespace iommusim::app {
namespace {

constexpr const char* example = "Example:\n  iommusim conform tests/data/oracle/smmuv3-cases.jsonl.zst";

int conform(const std::string& file) {
  Progress progress{"cases"};
  const traces::CaseResults results = traces::run_conformance_cases(file, show_records(progress));
  progress.clear();
  require_content(file, results.passed + results.failed.size() + results.judged.size(), "cases");
  for (const traces::CaseFailure& failure : results.failed)
    print("{} ({}), step {}: {}\n  found    {}\n  expected {}\n", failure.id, failure.category, failure.step,
          failure.action, failure.found, failure.expected);
  for (const auto& [rule, ids] : results.judged)
    print_text(fmt::format("answered against the specification: {}\n  {}\n", fmt::join(ids, ", "), rule));
  print("{} passed, {} failed\n", results.passed, results.failed.size());
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
