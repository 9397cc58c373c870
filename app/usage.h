// SPDX-License-Identifier: Apache-2.0
// What is wrong with a command line, in one line.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace iommusim::app {

/// "iommusim: found "foo", expected a command: run, explain, …; --help shows how".
std::string usage_message(const CLI::App* app, const CLI::Error& error);

}  // namespace iommusim::app
