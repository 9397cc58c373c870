// SPDX-License-Identifier: Apache-2.0
#include "app/scenarios.h"

#include "base/input_error.h"
#include "base/input_file.h"
#include "platforms/yaml_tree.h"

#include <algorithm>
#include <filesystem>
#include <optional>

namespace iommusim::app {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> platform_files(const std::string& folder) {
  std::error_code error;
  if (fs::is_regular_file(folder, error)) return {folder};
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error))
    if (entry->is_regular_file() && entry->path().extension() == ".yaml") files.push_back(entry->path());
  if (error) throw InputError{{folder}, error.message()};
  std::sort(files.begin(), files.end());
  return files;
}

/// Reads no more of the platform than the two names: the run checks the rest.
std::optional<Scenario> scenario_of(const fs::path& file) {
  Scenario scenario;
  scenario.platform = file.lexically_normal().string();
  try {
    const auto bytes = read_whole_file(scenario.platform, platforms::yaml_byte_limit);
    const platforms::YamlNode root = platforms::parse_yaml({bytes.begin(), bytes.end()}, scenario.platform);
    const platforms::YamlNode* expectation = root.find("expectation");
    if (expectation == nullptr || root.find("trace") == nullptr) return std::nullopt;
    scenario.expectation = (file.parent_path() / expectation->text).lexically_normal().string();
  } catch (const InputError& error) {
    scenario.error = error.what();
  }
  return scenario;
}

}  // namespace

std::vector<Scenario> find_scenarios(const std::string& folder) {
  std::vector<Scenario> scenarios;
  for (const fs::path& file : platform_files(folder))
    if (auto scenario = scenario_of(file)) scenarios.push_back(std::move(*scenario));
  return scenarios;
}

}  // namespace iommusim::app
