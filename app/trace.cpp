// SPDX-License-Identifier: Apache-2.0
#include "app/commands.h"
#include "app/require_content.h"
#include "base/quantity.h"
#include "platforms/functions.h"
#include "platforms/loader.h"
#include "traces/import_qemu_vtd.h"
#include "traces/text_reader.h"
#include "traces/text_writer.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <memory>

namespace iommusim::app {
namespace {

constexpr int archive_level = 19;

struct ConvertOptions {
  std::string from = "text";
  std::string input;
  std::string output;
  std::string platform;
  bool interrupts = false;
};

constexpr const char* info_example = "Example:\n  iommusim trace info traces/nic-behind-non-acs-switch.trace";
constexpr const char* convert_example =
    "Example:\n  iommusim trace convert --from qemu-vtd qemu-trace.log.zst linux.trace.zst --platform linux.yaml";

void convert_qemu_vtd(const ConvertOptions& options) {
  traces::QemuVtdOptions import;
  import.include_interrupts = options.interrupts;
  if (!options.platform.empty()) {
    const platforms::Description description = platforms::load_platform(options.platform);
    for (const platforms::FunctionPlace& place : platforms::all_functions(description))
      import.names[place.function->id] = place.function->name;
  }
  traces::TextWriter writer{options.output, traces::TimeForm::relative, archive_level};
  const traces::QemuVtdSummary summary = traces::import_qemu_vtd(
      options.input, import, [&writer](const traces::TraceOperation& operation) { writer.write(operation); });
  require_content(options.input, summary.lines, "events");
  writer.close();
  fmt::print("{} lines: {} translations, {} maps, {} unmaps, {} remaps, {} page invalidations, {} interrupts\n",
             summary.lines, summary.translations, summary.maps, summary.unmaps, summary.remaps,
             summary.page_invalidations, summary.interrupts);
}

void convert_text(const ConvertOptions& options) {
  traces::TextReader reader{options.input};
  traces::TextWriter writer{options.output};
  traces::TraceOperation operation;
  std::uint64_t operations = 0;
  for (; reader.next(operation); ++operations)
    writer.write(operation);
  require_content(options.input, operations, "operations");
  writer.close();
  fmt::print("{} operations\n", operations);
}

void info(const std::string& path) {
  // In the order of traces::Action.
  constexpr std::array<const char*, 8> kinds{"DMA",    "MSI",           "raw writes",     "maps",
                                             "unmaps", "invalidations", "configurations", "CPU accesses"};
  static_assert(kinds.size() == std::variant_size_v<traces::Action>);
  std::array<std::uint64_t, kinds.size()> counts{};
  std::map<std::string, std::uint64_t> devices;
  std::uint64_t bytes = 0;
  Duration last;
  traces::TextReader reader{path};
  traces::TraceOperation operation;
  while (reader.next(operation)) {
    ++counts[operation.action.index()];
    ++devices[operation.device];
    if (const auto* dma = std::get_if<traces::Dma>(&operation.action)) bytes += dma->size;
    last = operation.time;
  }
  require_content(path, devices.size(), "operations");
  fmt::print("{}: {} long\n", path, format_duration(last));
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (counts[i] != 0) fmt::print("  {:<14} {}\n", kinds[i], counts[i]);
  fmt::print("  {:<14} {}\n", "DMA bytes", bytes);
  for (const auto& [device, count] : devices)
    fmt::print("  {:<14} {} operations\n", device, count);
}

}  // namespace

void add_trace(CLI::App& app, int&) {
  CLI::App* command = app.add_subcommand("trace", "Inspect and convert traces");
  command->require_subcommand(1);
  command->footer(info_example);

  auto path = std::make_shared<std::string>();
  CLI::App* info_command = command->add_subcommand("info", "What a trace holds");
  info_command->add_option("trace", *path, "Trace")->required();
  info_command->footer(info_example);
  info_command->callback([path] { info(*path); });

  auto options = std::make_shared<ConvertOptions>();
  CLI::App* convert = command->add_subcommand("convert", "Make a trace from another file");
  convert->add_option("--from", options->from, "Form of the input")->check(CLI::IsMember({"text", "qemu-vtd"}));
  convert->add_option("input", options->input, "File to read, plain or zstd")->required();
  convert->add_option("output", options->output, "Trace to write; compressed when it ends in .zst")->required();
  convert->add_option("--platform", options->platform, "Name devices as this platform does (qemu-vtd)");
  convert->add_flag("--interrupts", options->interrupts, "Also the interrupt messages, as raw writes (qemu-vtd)");
  convert->footer(convert_example);
  convert->callback([options] { options->from == "text" ? convert_text(*options) : convert_qemu_vtd(*options); });
}

}  // namespace iommusim::app
