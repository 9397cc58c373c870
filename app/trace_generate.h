// SPDX-License-Identifier: Apache-2.0
// iommusim trace generate.
#pragma once

#include <CLI/CLI.hpp>

namespace iommusim::app {

/// Adds the subcommand to `trace`.
void add_trace_generate(CLI::App& trace);

}  // namespace iommusim::app
