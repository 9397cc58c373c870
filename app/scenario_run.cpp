// SPDX-License-Identifier: Apache-2.0
#include "app/scenario_run.h"

#include "analysis/expectation.h"
#include "base/atomic_file.h"
#include "base/input_error.h"
#include "base/input_file.h"
#include "platforms/json_input.h"

#include <fmt/format.h>

#include <filesystem>
#include <sstream>
#include <string_view>

namespace iommusim::app {
namespace {

constexpr int bad_input = 2;
/// An expectation, or what a run writes to its terminal.
constexpr std::size_t largest_text = std::size_t{16} << 20;
constexpr std::size_t shown_lines = 20;
/// Of messages of the run; those of regress stand behind the scenario.
constexpr std::string_view own_prefix = "iommusim: ";

std::string content(const std::string& path) {
  const auto bytes = read_whole_file(path, largest_text);
  return {bytes.begin(), bytes.end()};
}

std::vector<std::string> first_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; lines.size() < shown_lines && std::getline(stream, line);) {
    const bool is_ours = line.compare(0, own_prefix.size(), own_prefix) == 0;
    lines.push_back(is_ours ? line.substr(own_prefix.size()) : line);
  }
  return lines;
}

/// The run gave no results: why.
void explain_end(Verdict& verdict, const ChildEnd& end, const std::string& output) {
  const bool input_is_bad = end.signal == 0 && end.exit_code == bad_input;
  verdict.outcome = input_is_bad ? Outcome::error : Outcome::failed;
  if (end.timed_out)
    verdict.lines.push_back(fmt::format("ended after {:.0f} s: it ran longer than --time-limit allows", end.seconds));
  else if (end.signal != 0)
    verdict.lines.push_back("killed by " + signal_name(end.signal));
  else if (!input_is_bad)
    verdict.lines.push_back(fmt::format("exit code {}", end.exit_code));
  for (const std::string& line : first_lines(output))
    verdict.lines.push_back(line);
}

analysis::Expectation found_in(const std::string& results) {
  return analysis::expectation_of(platforms::read_json_file(results));
}

analysis::Expectation stored_in(const std::string& file) {
  return analysis::read_expectation(content(file), file);
}

}  // namespace

ScenarioRun::ScenarioRun(const Scenario& scenario, const std::string& folder, std::size_t number)
    : scenario_{scenario},
      results_{fmt::format("{}/{}.json", folder, number)},
      output_{fmt::format("{}/{}.txt", folder, number)} {}

ChildCommand ScenarioRun::command(const std::string& program) const {
  return {{program, "run", scenario_.platform, "--quiet", "--json", results_}, output_};
}

Verdict ScenarioRun::check(const ChildEnd& end) const {
  Verdict verdict{scenario_.platform, Outcome::passed, {}, end.seconds};
  if (end.signal != 0 || end.exit_code != 0) {
    explain_end(verdict, end, content(output_));
    return verdict;
  }
  try {
    for (const analysis::Difference& difference : compare(stored_in(scenario_.expectation), found_in(results_)))
      verdict.lines.push_back(
          fmt::format("{}: found {}, expected {}", difference.path, difference.found, difference.expected));
    if (!verdict.lines.empty()) verdict.outcome = Outcome::failed;
  } catch (const InputError& error) {
    verdict.outcome = Outcome::error;
    verdict.lines = {error.what()};
  }
  return verdict;
}

Verdict ScenarioRun::update(const ChildEnd& end) const {
  Verdict verdict{scenario_.platform, Outcome::passed, {}, end.seconds};
  if (end.signal != 0 || end.exit_code != 0) {
    explain_end(verdict, end, content(output_));
    return verdict;
  }
  try {
    const bool is_new = !std::filesystem::exists(scenario_.expectation);
    const analysis::Expectation old = is_new ? analysis::Expectation{} : stored_in(scenario_.expectation);
    const analysis::Expectation now = analysis::update(old, found_in(results_));
    if (is_new) verdict.lines.push_back(scenario_.expectation + ": new");
    for (const analysis::Difference& difference : compare(old, now))
      verdict.lines.push_back(fmt::format("{}: {} -> {}", difference.path, difference.expected, difference.found));
    for (const std::string& member : added_members(old, now))
      verdict.lines.push_back(fmt::format("{} (added)", member));
    if (verdict.lines.empty()) return verdict;
    AtomicFile file{scenario_.expectation};
    file.write(to_text(now));
    file.commit();
  } catch (const InputError& error) {
    verdict.outcome = Outcome::error;
    verdict.lines = {error.what()};
  }
  return verdict;
}

}  // namespace iommusim::app
