// SPDX-License-Identifier: Apache-2.0
#include "analysis/json_report.h"
#include "analysis/text_report.h"
#include "app/commands.h"
#include "app/options.h"
#include "app/output.h"
#include "app/progress.h"
#include "app/require_content.h"
#include "app/session.h"
#include "base/atomic_file.h"
#include "platforms/simulation.h"
#include "traces/replay.h"

#include <fmt/format.h>

#include <memory>
#include <optional>

namespace iommusim::app {
namespace {

struct Options {
  std::string platform;
  std::string trace;
  std::string timing = "loose";
  std::string json;
  std::vector<std::string> fail_on;
  std::vector<std::string> settings;
  bool all_collisions = false;
  bool quiet = false;
  bool statistics = false;
};

constexpr const char* example =
    "Example:\n  iommusim run platforms/nic-behind-non-acs-switch.yaml --json out.json --fail-on peer-hijack";

std::vector<analysis::CollisionKind> kinds_to_fail_on(const Options& options) {
  std::vector<analysis::CollisionKind> kinds;
  for (const std::string& name : options.fail_on) {
    if (name == "any") {
      for (std::size_t i = 0; i < analysis::collision_kinds; ++i)
        kinds.push_back(static_cast<analysis::CollisionKind>(i));
      continue;
    }
    const auto kind = analysis::collision_kind(name);
    if (!kind) throw InputError{{}, fmt::format("--fail-on: found \"{}\", expected any or a collision kind", name)};
    kinds.push_back(*kind);
  }
  return kinds;
}

const analysis::Results& replay(Session& session, platforms::Timing timing, traces::TraceReader& trace,
                                analysis::Recorder& recorder) {
  platforms::Simulation simulation{session.machine(), timing};
  Progress progress{"operations"};
  traces::Replay replay{"replay",
                        {session.machine(), session.system(), simulation, recorder, trace},
                        [&progress, &trace](std::uint64_t operations, Duration simulated) {
                          if (progress.due())
                            progress.show(operations, share_read(trace), format_duration(simulated) + " simulated");
                        }};
  sc_core::sc_start();
  replay.rethrow();
  recorder.take_times(simulation.network(), simulation.clock(), replay.end());
  return recorder.finish(replay.end());
}

platforms::Timing timing_of(const Options& options) {
  return options.timing == "approx" ? platforms::Timing::approximate : platforms::Timing::loose;
}

analysis::TextForm text_form(const Options& options) {
  return options.all_collisions ? analysis::TextForm::every_collision : analysis::TextForm::grouped;
}

int run(const Options& options) {
  const std::vector<analysis::CollisionKind> forbidden = kinds_to_fail_on(options);
  // Made before the replay: whether it can be written shows at once.
  std::optional<AtomicFile> json;
  refuse_to_overwrite("--json", options.json, {options.platform, options.trace});
  if (!options.json.empty()) json.emplace(options.json);
  Session session{options.platform, options.settings};
  const std::string trace_path = session.trace_path(options.trace);
  refuse_to_overwrite("--json", options.json, {trace_path});
  const std::unique_ptr<traces::TraceReader> trace = traces::open_trace(trace_path);
  analysis::Recorder recorder{session.machine(), session.system(), {options.all_collisions}};
  const analysis::Results& results = replay(session, timing_of(options), *trace, recorder);
  require_content(trace_path, results.operations, "operations");

  const analysis::RunInfo info{trace_path, options.timing};
  if (json) {
    json->write(analysis::to_json(results, info, session.machine()).dump(2) + "\n");
    json->commit();
  }
  if (!options.quiet) print_text(analysis::to_text(results, info, session.machine(), text_form(options)));
  if (options.statistics) print_text(analysis::to_text(results.statistics));
  for (const analysis::CollisionKind kind : forbidden)
    if (results.collisions_by_kind[static_cast<std::size_t>(kind)] != 0) return found;
  return 0;
}

}  // namespace

void add_run(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("run", "Replay a trace on a platform and report what collides");
  command->add_option("platform", options->platform, "Platform file (YAML)")->required();
  command->add_option("trace", options->trace, "Trace; default: the one that the platform names");
  command->add_option("--timing", options->timing, "How time is kept")->check(CLI::IsMember({"loose", "approx"}));
  add_output(*command, "--json", options->json, "Write results.json to this file");
  add_repeatable(*command, "--fail-on", options->fail_on, "Exit with 1 when such a collision occurs: kinds, or any")
      ->delimiter(',');
  add_settings(*command, options->settings);
  command->add_flag("--all-collisions", options->all_collisions, "List every collision instead of folding equal ones");
  command->add_flag("--statistics", options->statistics, "Print what was counted: bandwidth, latency, queues, walks");
  command->add_flag("--quiet", options->quiet, "Print no summary");
  command->footer(example);
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace iommusim::app
