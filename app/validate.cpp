// SPDX-License-Identifier: Apache-2.0
#include "app/commands.h"
#include "app/options.h"
#include "app/output.h"
#include "app/progress.h"
#include "app/require_content.h"
#include "app/session.h"
#include "base/atomic_file.h"
#include "base/quantity.h"
#include "platforms/config_dump.h"
#include "platforms/dmar_table.h"
#include "platforms/iort_table.h"
#include "traces/trace_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace iommusim::app {
namespace {

struct Options {
  std::string platform;
  std::string trace;
  std::vector<std::string> settings;
  bool dump_config = false;
  std::string dump_acpi;
};

constexpr const char* example = "Example:\n  iommusim validate platforms/nic-behind-acs-switch.yaml";

void check_device(Session& session, const traces::TraceReader& reader, const traces::TraceOperation& operation) {
  const pcie::NodeIndex node = session.machine().find_function(operation.device);
  if (node == pcie::NodeIndex::none)
    throw InputError{reader.position_of(operation),
                     fmt::format("found \"{}\", expected the name of a function of platform {}", operation.device,
                                 session.description().name)};
  const bool of_any_function = std::holds_alternative<traces::Configure>(operation.action);
  if (!of_any_function && session.machine().device_at(node) == nullptr)
    throw InputError{reader.position_of(operation),
                     fmt::format("\"{}\" is a port: only endpoints send requests", operation.device)};
}

std::uint64_t check_trace(Session& session, const std::string& path) {
  const std::unique_ptr<traces::TraceReader> reader = traces::open_trace(path);
  traces::TraceOperation operation;
  std::uint64_t operations = 0;
  Progress progress{"operations"};
  for (; reader->next(operation); ++operations) {
    if (!traces::is_of_processor(operation.action)) check_device(session, *reader, operation);
    if (progress.due()) progress.show(operations, share_read(*reader));
  }
  return operations;
}

/// Firmware of an Arm system tells of its SMMUs and its ITS in the IORT, that of a PC of its units in the DMAR table.
std::vector<std::uint8_t> acpi_table(const platforms::Description& description) {
  const bool has_smmu = std::any_of(description.iommus.begin(), description.iommus.end(),
                                    [](const auto& iommu) { return iommu.kind == platforms::IommuKind::smmuv3; });
  const bool is_arm = has_smmu || (description.iommus.empty() && description.gic);
  return is_arm ? platforms::iort_table(description) : platforms::dmar_table(description);
}

int validate(const Options& options) {
  Session session{options.platform, options.settings};
  if (!options.dump_acpi.empty()) {
    refuse_to_overwrite("--dump-acpi", options.dump_acpi, {options.platform, options.trace});
    const std::vector<std::uint8_t> table = acpi_table(session.description());
    AtomicFile file{options.dump_acpi};
    file.write(table.data(), table.size());
    file.commit();
  }
  if (options.dump_config) {
    print_text(platforms::dump_config(session.machine()));
    return 0;
  }
  print("{}: {}, {}, good\n", options.platform, format_count(session.machine().topology().size(), "function"),
        format_count(session.description().domains.size(), "domain"));
  if (options.trace.empty() && session.description().trace.empty()) return 0;
  const std::string trace = session.trace_path(options.trace);
  const std::uint64_t operations = check_trace(session, trace);
  require_content(trace, operations, "operations");
  print("{}: {}, good\n", trace, format_count(operations, "operation"));
  return 0;
}

}  // namespace

void add_validate(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("validate", "Check a platform and its trace without replaying it");
  command->add_option("platform", options->platform, "Platform file (YAML)")->required();
  command->add_option("trace", options->trace, "Trace; default: the one that the platform names, if any");
  add_settings(*command, options->settings);
  command->add_flag("--dump-config", options->dump_config,
                    "Print the configuration space of every function as lspci -xxxx does, for lspci -F");
  add_output(*command, "--dump-acpi", options->dump_acpi,
             "Write the ACPI table (DMAR or IORT) of the platform to this file");
  command->footer(example);
  command->callback([options, &status] { status = validate(*options); });
}

}  // namespace iommusim::app
