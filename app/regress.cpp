// SPDX-License-Identifier: Apache-2.0
#include "app/commands.h"
#include "app/interruption.h"
#include "app/options.h"
#include "app/output.h"
#include "app/progress.h"
#include "app/require_content.h"
#include "app/scenario_run.h"
#include "base/atomic_file.h"
#include "base/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <thread>

namespace iommusim::app {
namespace {

struct Options {
  std::string folder;
  bool update = false;
  std::string junit;
  unsigned jobs = 0;
  std::string time_limit = "600s";
};

constexpr int bad_input = 2;
constexpr const char* example = "Example:\n  iommusim regress platforms --junit regress.xml --jobs 4";

/// Removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_{(std::filesystem::temp_directory_path() / "iommusim-regress-XXXXXX").string()} {
    if (mkdtemp(path_.data()) == nullptr) throw InputError{{path_}, std::strerror(errno)};
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

void print_verdict(const Verdict& verdict, bool is_update) {
  std::string_view word = is_update && !verdict.lines.empty() ? "updated" : "passed";
  if (verdict.outcome == Outcome::failed) word = "FAILED";
  if (verdict.outcome == Outcome::error) word = "ERROR";
  print("{:<8} {} ({:.2f} s)\n", word, verdict.scenario, verdict.seconds);
  for (const std::string& line : verdict.lines)
    print("           {}\n", line);
  flush_output();
}

/// A platform that cannot be read gets no process, but its line at its place.
std::vector<Verdict> run_all(const std::vector<Scenario>& scenarios, const Options& options,
                             std::chrono::milliseconds limit) {
  const DeferSignals signals;
  const TemporaryFolder folder;
  const std::string program = own_program();
  std::vector<ScenarioRun> runs;
  std::vector<ChildCommand> commands;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    if (!scenarios[i].error.empty()) continue;
    runs.emplace_back(scenarios[i], folder.path(), i);
    commands.push_back(runs.back().command(program));
    places.push_back(i);
  }
  std::vector<Verdict> verdicts;
  Progress progress{"scenarios"};
  const auto add = [&](const Verdict& verdict) {
    progress.clear();
    print_verdict(verdict, options.update);
    verdicts.push_back(verdict);
  };
  const auto add_unreadable_until = [&](std::size_t end) {
    for (std::size_t i = verdicts.size(); i < end; ++i)
      add({scenarios[i].platform, Outcome::error, {scenarios[i].error}, 0});
  };
  ChildCalls calls;
  calls.ended = [&](std::size_t index, const ChildEnd& end) {
    add_unreadable_until(places[index]);
    add(options.update ? runs[index].update(end) : runs[index].check(end));
  };
  calls.waiting = [&] {
    DeferSignals::throw_if_interrupted();
    if (progress.due()) progress.show(verdicts.size(), share_of(verdicts.size(), scenarios.size()));
  };
  run_children(commands, options.jobs, limit, calls);
  add_unreadable_until(scenarios.size());
  return verdicts;
}

std::ptrdiff_t count(const std::vector<Verdict>& verdicts, Outcome outcome) {
  return std::count_if(verdicts.begin(), verdicts.end(),
                       [outcome](const Verdict& verdict) { return verdict.outcome == outcome; });
}

std::chrono::milliseconds parse_limit(const std::string& text) {
  const auto limit = parse_duration(text);
  if (!limit || *limit < Duration::nanoseconds(1'000'000))
    throw InputError{{}, fmt::format("--time-limit: found \"{}\", expected a duration such as 600s", text)};
  return std::chrono::milliseconds{limit->picoseconds() / 1'000'000'000};
}

int regress(const Options& options) {
  const std::chrono::milliseconds limit = parse_limit(options.time_limit);
  const std::vector<Scenario> scenarios = find_scenarios(options.folder);
  require_content(options.folder, scenarios.size(), "platforms that name a trace and an expectation");
  for (const Scenario& scenario : scenarios)
    refuse_to_overwrite("--junit", options.junit, {scenario.platform, scenario.expectation});
  const std::vector<Verdict> verdicts = run_all(scenarios, options, limit);
  if (!options.junit.empty()) {
    AtomicFile file{options.junit};
    file.write(to_junit(verdicts));
    file.commit();
  }
  const std::ptrdiff_t failed = count(verdicts, Outcome::failed);
  const std::ptrdiff_t errors = count(verdicts, Outcome::error);
  print("{}: {} passed, {} failed, {}\n", format_count(verdicts.size(), "scenario"), count(verdicts, Outcome::passed),
        failed, format_count(static_cast<std::uint64_t>(errors), "error"));
  if (errors != 0) return bad_input;
  return failed != 0 ? found : 0;
}

}  // namespace

void add_regress(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  options->jobs = std::max(1U, std::thread::hardware_concurrency());
  CLI::App* command = app.add_subcommand("regress", "Replay every scenario and compare with its expectation");
  command->add_option("folder", options->folder, "Folder with platforms, or one platform file")->required();
  command->add_flag("--update", options->update, "Store what is found as the expectations, and say what changed");
  add_output(*command, "--junit", options->junit, "Write JUnit XML to this file");
  command->add_option("--jobs", options->jobs, "Scenarios at a time; default: one for each processor")
      ->check(CLI::Range(1U, 1024U));
  command->add_option("--time-limit", options->time_limit, "Time for each scenario; default 600s");
  command->footer(example);
  command->callback([options, &status] { status = regress(*options); });
}

}  // namespace iommusim::app
