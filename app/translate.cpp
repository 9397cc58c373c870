// SPDX-License-Identifier: Apache-2.0
#include "app/arguments.h"
#include "app/commands.h"
#include "app/require_content.h"
#include "base/input_error.h"
#include "iommu/vtd/describe_fetch.h"
#include "platforms/capture.h"
#include "traces/translation_check.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>

namespace iommusim::app {
namespace {

struct Options {
  std::string capture;
  std::string requester;
  std::string address;
  std::vector<std::string> checks;
};

constexpr const char* example =
    "Example:\n  iommusim translate captures/vtd-legacy-strict --requester 00:05.0 --address 0xffffc000\n"
    "  iommusim translate captures/vtd-legacy-strict --check captures/vtd-legacy-strict/translations.jsonl";

void print_answer(const vtd::Unit& unit, RequesterId requester, Iova address, Operation operation) {
  iommu::TranslationRequest request;
  request.requester = requester;
  request.operation = operation;
  request.address = address;
  request.size = 1;
  iommu::FetchLog fetches;
  const iommu::TranslationResult result = unit.decide(request, fetches);
  fmt::print("{} of {:#x} by {}\n", to_string(operation), address.value(), to_string(requester));
  for (const iommu::Fetch& fetch : fetches)
    fmt::print("  {:<14} [{:#x}]: {}\n", fetch.what, fetch.address.value(), vtd::describe(fetch));
  if (result.outcome == iommu::Outcome::translated)
    fmt::print("  -> {:#x}, page of {:#x} bytes [{}]\n", result.address.value(), result.page_size, result.rule->id);
  else
    fmt::print("  -> {} [{}]\n", result.rule->text, result.rule->id);
}

bool check(const vtd::Unit& unit, const std::string& file) {
  const traces::TranslationCheck result = traces::check_translations(unit, file);
  require_content(file, result.checked, "answers");
  fmt::print("{}: {} checked, {} equal, {} differences\n", file, result.checked, result.equal,
             result.checked - result.equal);
  for (const std::string& difference : result.differences)
    fmt::print("  {}\n", difference);
  return result.checked == result.equal;
}

int translate(const Options& options) {
  if (options.requester.empty() != options.address.empty())
    throw InputError{{}, "--requester and --address go together"};
  const platforms::Capture capture = platforms::load_capture(options.capture);
  if (!options.address.empty()) {
    const RequesterId requester = parse_requester("--requester", options.requester);
    const Iova address{parse_number("--address", options.address)};
    print_answer(*capture.unit, requester, address, Operation::read);
    print_answer(*capture.unit, requester, address, Operation::write);
  }
  bool equal = true;
  for (const std::string& file : options.checks)
    equal = check(*capture.unit, file) && equal;
  return equal ? 0 : found;
}

}  // namespace

void add_translate(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("translate", "Answer translations from a captured IOMMU");
  command->add_option("capture", options->capture, "Folder of the capture")->required();
  command->add_option("--requester", options->requester, "Requester ID, bb:dd.f");
  command->add_option("--address", options->address, "I/O virtual address");
  command->add_option("--check", options->checks, "Compare with the known answers of this file")->take_all();
  command->footer(example);
  command->callback([options, &status] { status = translate(*options); });
}

}  // namespace iommusim::app
