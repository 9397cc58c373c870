// SPDX-License-Identifier: Apache-2.0
#include "app/arguments.h"
#include "app/capture_summary.h"
#include "app/commands.h"
#include "app/options.h"
#include "app/output.h"
#include "app/progress.h"
#include "app/require_content.h"
#include "base/input_error.h"
#include "base/quantity.h"
#include "platforms/capture.h"
#include "traces/translation_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>

namespace iommusim::app {
namespace {

struct Options {
  std::string capture;
  std::string requester;
  std::string address;
  std::string pasid;
  std::vector<std::string> checks;
};

constexpr const char* example =
    "Example:\n  iommusim translate captures/vtd-legacy-strict --requester 00:05.0 --address 0xffffc000\n"
    "  iommusim translate captures/smmuv3-strict --check captures/smmuv3-strict/translations.jsonl.zst";

struct Question {
  RequesterId requester;
  Iova address;
  std::optional<Pasid> pasid;
};

void print_answer(const iommu::Unit& unit, const Question& question, Operation operation) {
  iommu::TranslationRequest request;
  request.requester = question.requester;
  request.pasid = question.pasid;
  request.operation = operation;
  request.address = question.address;
  request.size = 1;
  iommu::FetchLog fetches;
  const iommu::TranslationResult result = unit.decide(request, fetches);
  print("{} of {:#x} by {}{}\n", to_string(operation), question.address.value(), to_string(question.requester),
        question.pasid ? fmt::format(", PASID {:#x}", question.pasid->value()) : "");
  std::size_t width = 14;
  for (const iommu::Fetch& fetch : fetches)
    width = std::max(width, std::string_view{fetch.what}.size());
  for (const iommu::Fetch& fetch : fetches)
    print("  {:<{}} [{:#x}]: {}\n", fetch.what, width, fetch.address.value(), unit.describe(fetch));
  if (result.outcome == iommu::Outcome::translated)
    print("  -> {:#x}, page of {:#x} bytes [{}]\n", result.address.value(), result.page_size, result.rule->id);
  else
    print("  -> {} [{}]\n", result.rule->text, result.rule->id);
}

bool check(const iommu::Unit& unit, const std::string& file) {
  Progress progress{"answers"};
  const traces::TranslationCheck result = traces::check_translations(unit, file, show_records(progress));
  progress.clear();
  require_content(file, result.checked, "answers");
  print("{}: {} checked, {} equal, {}\n", file, result.checked, result.equal,
        format_count(result.checked - result.equal, "difference"));
  for (const std::string& difference : result.differences)
    print("  {}\n", difference);
  return result.checked == result.equal;
}

std::optional<Pasid> pasid_of(const Options& options) {
  if (options.pasid.empty()) return std::nullopt;
  const std::uint64_t pasid = parse_number("--pasid", options.pasid);
  if (pasid > 0xF'FFFF) throw InputError{{}, fmt::format("--pasid: found {}, expected at most 0xfffff", options.pasid)};
  return Pasid{static_cast<std::uint32_t>(pasid)};
}

std::optional<Question> question_of(const Options& options) {
  if (options.requester.empty() != options.address.empty())
    throw InputError{{}, "--requester and --address go together"};
  if (options.address.empty() && !options.pasid.empty()) throw InputError{{}, "--pasid goes with --address"};
  if (options.address.empty()) return std::nullopt;
  return Question{parse_requester("--requester", options.requester), Iova{parse_number("--address", options.address)},
                  pasid_of(options)};
}

int translate(const Options& options) {
  const std::optional<Question> question = question_of(options);
  const platforms::Capture capture = platforms::load_capture(options.capture);
  if (!question && options.checks.empty())
    print_text(summary_of(capture, options.capture));
  else if (!capture.unsupported.empty())
    print("{}: not modelled: {}\n", options.capture, unsupported_of(capture));
  if (question) {
    print_answer(*capture.unit, *question, Operation::read);
    print_answer(*capture.unit, *question, Operation::write);
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
  command->add_option("--pasid", options->pasid, "PASID of the request; default: none");
  add_repeatable(*command, "--check", options->checks, "Compare with the known answers of this file");
  command->footer(example);
  command->callback([options, &status] { status = translate(*options); });
}

}  // namespace iommusim::app
