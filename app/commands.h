// SPDX-License-Identifier: Apache-2.0
// The subcommands. Each adds its options to `app`; when chosen it runs and sets `status` to the exit code:
// 0 done, 1 a finding that was asked for. Bad input is thrown as InputError (exit code 2).
#pragma once

#include <CLI/CLI.hpp>

namespace iommusim::app {

constexpr int found = 1;

void add_run(CLI::App& app, int& status);
void add_explain(CLI::App& app, int& status);
void add_map(CLI::App& app, int& status);
void add_translate(CLI::App& app, int& status);
void add_conform(CLI::App& app, int& status);
void add_trace(CLI::App& app, int& status);
void add_regress(CLI::App& app, int& status);
void add_validate(CLI::App& app, int& status);

}  // namespace iommusim::app
