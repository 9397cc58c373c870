// SPDX-License-Identifier: Apache-2.0
#include "app/options.h"

namespace iommusim::app {

CLI::Option* add_repeatable(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                            const std::string& description) {
  return command.add_option(name, values, description)->take_all()->allow_extra_args(false);
}

void add_settings(CLI::App& command, std::vector<std::string>& settings) {
  add_repeatable(command, "--set", settings, "Change a value of the platform: path=value");
}

CLI::Option* add_output(CLI::App& command, const std::string& name, std::string& path, const std::string& description) {
  return command.add_option(name, path, description)->check([](const std::string& given) {
    return given.empty() ? "found \"\", expected the name of a file" : "";
  });
}

}  // namespace iommusim::app
