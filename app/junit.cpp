// SPDX-License-Identifier: Apache-2.0
#include "app/junit.h"

#include <fmt/format.h>

#include <filesystem>

namespace iommusim::app {
namespace {

/// XML 1.0 has no way to write most control characters.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      case '\n': result += "&#10;"; break;
      default: result += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? '?' : c;
    }
  }
  return result;
}

/// "platforms/seeds/seed-01.yaml": class "platforms.seeds", test "seed-01".
std::string class_of(const std::filesystem::path& scenario) {
  std::string name;
  for (const std::filesystem::path& folder : scenario.parent_path().relative_path())
    if (folder != "." && folder != "..") name += (name.empty() ? "" : ".") + folder.string();
  return name.empty() ? "platforms" : name;
}

std::string test_case(const Verdict& verdict) {
  const std::filesystem::path scenario{verdict.scenario};
  std::string text = fmt::format(R"(    <testcase classname="{}" name="{}" time="{:.3f}")", escaped(class_of(scenario)),
                                 escaped(scenario.stem().string()), verdict.seconds);
  if (verdict.outcome == Outcome::passed) return text + "/>\n";
  std::string lines;
  for (const std::string& line : verdict.lines)
    lines += escaped(line) + "\n";
  const std::string_view element = verdict.outcome == Outcome::failed ? "failure" : "error";
  const std::string message = verdict.lines.empty() ? "" : escaped(verdict.lines.front());
  return text + fmt::format(">\n      <{0} message=\"{1}\">{2}</{0}>\n    </testcase>\n", element, message, lines);
}

}  // namespace

std::string to_junit(const std::vector<Verdict>& verdicts) {
  std::size_t failures = 0;
  std::size_t errors = 0;
  double seconds = 0;
  std::string cases;
  for (const Verdict& verdict : verdicts) {
    failures += verdict.outcome == Outcome::failed ? 1 : 0;
    errors += verdict.outcome == Outcome::error ? 1 : 0;
    seconds += verdict.seconds;
    cases += test_case(verdict);
  }
  const std::string totals =
      fmt::format(R"(tests="{}" failures="{}" errors="{}" time="{:.3f}")", verdicts.size(), failures, errors, seconds);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {0}>\n  <testsuite name=\"iommusim regress\" {0}>\n{1}"
      "  </testsuite>\n</testsuites>\n",
      totals, cases);
}

}  // namespace iommusim::app
