// SPDX-License-Identifier: Apache-2.0
#include "app/trace_generate.h"

#include "app/arguments.h"
#include "app/options.h"
#include "app/output.h"
#include "app/progress.h"
#include "base/input_error.h"
#include "base/quantity.h"
#include "traces/generate.h"
#include "traces/parse_action.h"
#include "traces/trace_writer.h"

#include <fmt/format.h>

#include <limits>
#include <map>
#include <memory>

namespace iommusim::app {
namespace {

struct Options {
  std::string output;
  std::vector<std::string> devices;
  std::string operation;
  std::string size;
  std::string count;
  std::string window;
  std::string base;
  std::string align = "64";
  std::string pattern = "random";
  std::string seed = "1";
  std::string interval = "0ns";
};

using Kinds = std::map<std::string, traces::WorkloadKind>;
using Orders = std::map<std::string, traces::AddressOrder>;

Kinds kinds() {
  using traces::WorkloadKind;
  return {{"read", WorkloadKind::read},
          {"write", WorkloadKind::write},
          {"alternate", WorkloadKind::alternate},
          {"write-read", WorkloadKind::write_read}};
}

Orders orders() {
  return {{"random", traces::AddressOrder::random}, {"sequential", traces::AddressOrder::sequential}};
}

constexpr const char* example =
    "Example:\n  iommusim trace generate reads.trace.zst --device nic0 --operation read --size 64 --count 12000 "
    "--window 4MiB --base 0x1_0000_0000";

[[noreturn]] void refuse(const char* option, const std::string& found, const std::string& expected) {
  throw InputError{{}, fmt::format("{}: found {}, expected {}", option, found, expected)};
}

Duration parse_interval(const std::string& text) {
  const auto duration = parse_duration(text);
  if (!duration) refuse("--interval", fmt::format("\"{}\"", text), "a time such as 20ns");
  return *duration;
}

void check_devices(const std::vector<std::string>& devices) {
  for (const std::string& device : devices)
    if (!traces::is_name(device) || device == "cpu")
      refuse("--device", fmt::format("\"{}\"", device), "the name of a device");
}

void check_addresses(const traces::Workload& workload, const Options& options) {
  if (workload.align == 0 || (workload.align & (workload.align - 1)) != 0)
    refuse("--align", options.align, "a power of two");
  if (workload.base.value() % workload.align != 0)
    refuse("--base", options.base, fmt::format("a multiple of --align {}", options.align));
  const std::uint64_t least = traces::stride_of(workload);
  if (workload.window < least)
    refuse("--window", options.window, fmt::format("at least {}: one operation", format_size(least)));
  if (workload.window - 1 > std::numeric_limits<std::uint64_t>::max() - workload.base.value())
    refuse("--window", options.window, fmt::format("an end below 2^64, from {} on", options.base));
}

void check(const traces::Workload& workload, const Options& options) {
  check_devices(workload.devices);
  if (workload.size == 0 || workload.size > traces::largest_dma)
    refuse("--size", options.size, fmt::format("1 byte to {}", format_size(traces::largest_dma)));
  if (workload.count == 0) refuse("--count", options.count, "at least one operation");
  if (workload.align > traces::largest_dma)
    refuse("--align", options.align, fmt::format("at most {}", traces::largest_dma));
  check_addresses(workload, options);
  const std::uint64_t interval = workload.interval.picoseconds();
  if (interval != 0 && workload.count - 1 > std::numeric_limits<std::uint64_t>::max() / interval)
    refuse("--interval", options.interval,
           fmt::format("{} in at most 213 days", format_count(workload.count, "operation")));
}

traces::Workload workload_of(const Options& options) {
  traces::Workload workload;
  workload.devices = options.devices;
  workload.kind = kinds().at(options.operation);
  workload.size = parse_number("--size", options.size);
  workload.count = parse_number("--count", options.count);
  workload.base = BusAddr{parse_number("--base", options.base)};
  workload.window = parse_number("--window", options.window);
  workload.align = parse_number("--align", options.align);
  workload.order = orders().at(options.pattern);
  workload.seed = parse_number("--seed", options.seed);
  workload.interval = parse_interval(options.interval);
  check(workload, options);
  return workload;
}

/// How to make the same trace again.
std::string origin(const Options& options) {
  return fmt::format(
      "iommusim trace generate --device {} --operation {} --size {} --count {} --base {} --window {} --align {} "
      "--pattern {} --seed {} --interval {}",
      fmt::join(options.devices, ","), options.operation, options.size, options.count, options.base, options.window,
      options.align, options.pattern, options.seed, options.interval);
}

void generate(const Options& options) {
  const traces::Workload workload = workload_of(options);
  const std::unique_ptr<traces::TraceWriter> writer = traces::make_trace(options.output);
  writer->comment(origin(options));
  traces::WorkloadGenerator generator{workload};
  Progress progress{"operations"};
  traces::TraceOperation operation;
  for (std::uint64_t done = 0; generator.next(operation); ++done) {
    writer->write(operation);
    if (progress.due()) progress.show(done, share_of(done, workload.count));
  }
  writer->close();
  progress.clear();
  print("{}\n", format_count(workload.count, "operation"));
}

void add_addresses(CLI::App& command, Options& options) {
  command.add_option("--base", options.base, "First address of the window")->required();
  command.add_option("--window", options.window, "Bytes that the addresses are spread over")->required();
  command.add_option("--align", options.align, "Operations begin at multiples of it; default 64, a cache line");
  command.add_option("--pattern", options.pattern, "Order of the addresses; default random")
      ->check(CLI::IsMember(orders()));
  command.add_option("--seed", options.seed, "Of the random addresses; default 1");
}

}  // namespace

void add_trace_generate(CLI::App& trace) {
  auto options = std::make_shared<Options>();
  CLI::App* command = trace.add_subcommand("generate", "Make a trace from a few numbers, for measuring");
  add_output(*command, "output", options->output,
             "Trace to write; binary when it ends in .btrace, compressed when it ends in .zst")
      ->required();
  add_repeatable(*command, "--device,--devices", options->devices, "Who does it; several take turns")
      ->delimiter(',')
      ->required();
  command->add_option("--operation", options->operation, "alternate: read, write, …; write-read: of the same address")
      ->required()
      ->check(CLI::IsMember(kinds()));
  command->add_option("--size", options->size, "Bytes of each operation")->required();
  command->add_option("--count", options->count, "Operations of all devices together")->required();
  add_addresses(*command, *options);
  command->add_option("--interval", options->interval, "Time from one operation to the next; default 0ns");
  command->footer(example);
  command->callback([options] { generate(*options); });
}

}  // namespace iommusim::app
