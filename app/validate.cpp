// SPDX-License-Identifier: Apache-2.0
#include "app/commands.h"
#include "app/session.h"
#include "traces/text_reader.h"

#include <fmt/format.h>

#include <memory>

namespace iommusim::app {
namespace {

struct Options {
  std::string platform;
  std::string trace;
  std::vector<std::string> settings;
};

constexpr const char* example = "Example:\n  iommusim validate platforms/nic-behind-acs-switch.yaml";

std::uint64_t check_trace(Session& session, const std::string& path) {
  traces::TextReader reader{path};
  traces::TraceOperation operation;
  std::uint64_t operations = 0;
  for (; reader.next(operation); ++operations) {
    if (std::holds_alternative<traces::CpuAccess>(operation.action)) continue;
    if (session.machine().find_function(operation.device) == pcie::NodeIndex::none)
      throw InputError{reader.position_of(operation),
                       fmt::format("found \"{}\", expected the name of a function of platform {}", operation.device,
                                   session.description().name)};
  }
  return operations;
}

int validate(const Options& options) {
  Session session{options.platform, options.settings};
  fmt::print("{}: {} functions, {} domains, good\n", options.platform, session.machine().topology().size(),
             session.description().domains.size());
  if (options.trace.empty() && session.description().trace.empty()) return 0;
  const std::string trace = session.trace_path(options.trace);
  fmt::print("{}: {} operations, good\n", trace, check_trace(session, trace));
  return 0;
}

}  // namespace

void add_validate(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("validate", "Check a platform and its trace without replaying it");
  command->add_option("platform", options->platform, "Platform file (YAML)")->required();
  command->add_option("trace", options->trace, "Trace; default: the one that the platform names, if any");
  command->add_option("--set", options->settings, "Change a value of the platform: path=value")->take_all();
  command->footer(example);
  command->callback([options, &status] { status = validate(*options); });
}

}  // namespace iommusim::app
