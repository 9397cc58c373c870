// SPDX-License-Identifier: Apache-2.0
#include "app/usage.h"

#include <fmt/format.h>

namespace iommusim::app {
namespace {

/// The command of the line that needs another one behind it, when none is there.
const CLI::App* without_command(const CLI::App* app) {
  for (;;) {
    const auto chosen = app->get_subcommands();
    if (chosen.empty()) return app->get_require_subcommand_min() > 0 ? app : nullptr;
    app = chosen.front();
  }
}

std::string quoted(const std::string& word) {
  constexpr std::size_t longest = 60;
  return fmt::format("\"{}{}\"", word.substr(0, longest), word.size() > longest ? "…" : "");
}

std::string missing_command(const CLI::App& app) {
  std::string commands;
  for (const CLI::App* command : app.get_subcommands({}))
    commands += (commands.empty() ? "" : ", ") + command->get_name();
  const auto words = app.remaining();
  return fmt::format("found {}, expected a command: {}", words.empty() ? "no command" : quoted(words.front()),
                     commands);
}

}  // namespace

std::string usage_message(const CLI::App* app, const CLI::Error& error) {
  const CLI::App* incomplete = without_command(app);
  return fmt::format("iommusim: {}; --help shows how\n",
                     incomplete != nullptr ? missing_command(*incomplete) : error.what());
}

}  // namespace iommusim::app
