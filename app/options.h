// SPDX-License-Identifier: Apache-2.0
// Options that several commands have.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace iommusim::app {

/// Takes one word each time it is given, so that PLATFORM or TRACE may follow.
CLI::Option* add_repeatable(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                            const std::string& description);

/// --set path=value.
void add_settings(CLI::App& command, std::vector<std::string>& settings);

/// A file to write: some name.
CLI::Option* add_output(CLI::App& command, const std::string& name, std::string& path, const std::string& description);

}  // namespace iommusim::app
