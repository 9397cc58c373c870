// SPDX-License-Identifier: Apache-2.0
#include "app/commands.h"
#include "app/options.h"
#include "app/output.h"
#include "app/progress.h"
#include "app/require_content.h"
#include "app/trace_generate.h"
#include "base/quantity.h"
#include "platforms/functions.h"
#include "platforms/loader.h"
#include "traces/import_qemu_smmuv3.h"
#include "traces/import_qemu_vtd.h"
#include "traces/trace_reader.h"
#include "traces/trace_writer.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <memory>

namespace iommusim::app {
namespace {

constexpr int archive_level = 19;

struct ConvertOptions {
  std::string from = "trace";
  std::string input;
  std::string output;
  std::string platform;
  bool interrupts = false;
};

constexpr const char* info_example = "Example:\n  iommusim trace info traces/nic-behind-non-acs-switch.trace";
constexpr const char* convert_example =
    "Example:\n  iommusim trace convert --from qemu-vtd qemu-trace.log.zst linux.trace.zst --platform linux.yaml";

using LogImporter = decltype(&traces::import_qemu_vtd);

void convert_log(const ConvertOptions& options, LogImporter importer) {
  refuse_to_overwrite("OUTPUT", options.output, {options.platform});
  traces::QemuLogOptions import;
  import.include_interrupts = options.interrupts;
  if (!options.platform.empty()) {
    const platforms::Description description = platforms::load_platform(options.platform);
    for (const platforms::FunctionPlace& place : platforms::all_functions(description)) {
      import.names[place.function->id] = place.function->name;
      for (const platforms::InterruptDescription& interrupt : description.interrupts)
        if (interrupt.device == place.function->name) import.vectors[place.function->id].insert(interrupt.index);
    }
  }
  const std::unique_ptr<traces::TraceWriter> writer = traces::make_trace(options.output, archive_level);
  Progress progress{"lines"};
  const traces::QemuLogSummary summary = importer(
      options.input, import, [&writer](const traces::TraceOperation& operation) { writer->write(operation); },
      show_records(progress));
  progress.clear();
  require_content(options.input, summary.lines, "events");
  writer->close();
  print("{}: {}, {}, {}, {}, {}, {}\n", format_count(summary.lines, "line"),
        format_count(summary.translations, "translation"), format_count(summary.maps, "map"),
        format_count(summary.unmaps, "unmap"), format_count(summary.remaps, "remap"),
        format_count(summary.page_invalidations, "page invalidation"), format_count(summary.interrupts, "interrupt"));
  if (summary.interrupts_without_vector != 0)
    print("{} left out: software.interrupts of the platform has no such vector\n",
          format_count(summary.interrupts_without_vector, "interrupt"));
}

/// What only the importer of logs knows.
void refuse_with_trace(const char* option, bool given) {
  if (given)
    throw InputError{{}, fmt::format("{}: found with --from trace, expected --from qemu-vtd or qemu-smmuv3", option)};
}

void convert_trace(const ConvertOptions& options) {
  refuse_with_trace("--platform", !options.platform.empty());
  refuse_with_trace("--interrupts", options.interrupts);
  const std::unique_ptr<traces::TraceReader> reader = traces::open_trace(options.input);
  const std::unique_ptr<traces::TraceWriter> writer = traces::make_trace(options.output);
  Progress progress{"operations"};
  traces::TraceOperation operation;
  std::uint64_t operations = 0;
  for (; reader->next(operation); ++operations) {
    writer->write(operation);
    if (progress.due()) progress.show(operations, share_read(*reader));
  }
  require_content(options.input, operations, "operations");
  writer->close();
  progress.clear();
  print("{}\n", format_count(operations, "operation"));
}

void info(const std::string& path) {
  // In the order of traces::Action.
  constexpr std::array<const char*, 10> kinds{"DMA",          "MSI",           "raw writes",    "maps",
                                              "unmaps",       "invalidations", "table entries", "configurations",
                                              "CPU accesses", "waits"};
  static_assert(kinds.size() == std::variant_size_v<traces::Action>);
  std::array<std::uint64_t, kinds.size()> counts{};
  std::map<std::string, std::uint64_t> devices;
  std::uint64_t bytes = 0;
  Duration last;
  const std::unique_ptr<traces::TraceReader> reader = traces::open_trace(path);
  traces::TraceOperation operation;
  Progress progress{"operations"};
  std::uint64_t operations = 0;
  while (reader->next(operation)) {
    ++operations;
    if (progress.due()) progress.show(operations, share_read(*reader));
    ++counts[operation.action.index()];
    ++devices[operation.device];
    if (const auto* dma = std::get_if<traces::Dma>(&operation.action)) bytes += dma->size;
    last = operation.time;
  }
  require_content(path, operations, "operations");
  progress.clear();
  print("{}: {} long\n", path, format_duration(last));
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (counts[i] != 0) print("  {:<14} {}\n", kinds[i], counts[i]);
  print("  {:<14} {}\n", "DMA bytes", bytes);
  for (const auto& [device, count] : devices)
    print("  {:<14} {}\n", device, format_count(count, "operation"));
}

}  // namespace

void add_trace(CLI::App& app, int&) {
  CLI::App* command = app.add_subcommand("trace", "Inspect, convert and generate traces");
  command->require_subcommand(1);
  command->footer(info_example);

  auto path = std::make_shared<std::string>();
  CLI::App* info_command = command->add_subcommand("info", "What a trace holds");
  info_command->add_option("trace", *path, "Trace")->required();
  info_command->footer(info_example);
  info_command->callback([path] { info(*path); });

  auto options = std::make_shared<ConvertOptions>();
  CLI::App* convert = command->add_subcommand("convert", "Make a trace from another file");
  convert->add_option("--from", options->from, "Form of the input")
      ->check(CLI::IsMember({"trace", "qemu-vtd", "qemu-smmuv3"}));
  convert->add_option("input", options->input, "File to read, plain or zstd")->required();
  add_output(*convert, "output", options->output,
             "Trace to write; binary when it ends in .btrace, compressed when it ends in .zst")
      ->required();
  convert->add_option("--platform", options->platform, "Name devices as this platform does (QEMU logs)");
  convert->add_flag("--interrupts", options->interrupts, "Also the interrupt messages (QEMU logs)");
  convert->footer(convert_example);
  convert->callback([options] {
    if (options->from == "qemu-vtd") return convert_log(*options, traces::import_qemu_vtd);
    if (options->from == "qemu-smmuv3") return convert_log(*options, traces::import_qemu_smmuv3);
    convert_trace(*options);
  });

  add_trace_generate(*command);
}

}  // namespace iommusim::app
