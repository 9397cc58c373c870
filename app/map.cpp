// SPDX-License-Identifier: Apache-2.0
#include "analysis/map_report.h"
#include "app/commands.h"
#include "app/options.h"
#include "app/output.h"
#include "app/progress.h"
#include "app/session.h"
#include "base/atomic_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>

namespace iommusim::app {
namespace {

struct Options {
  std::string platform;
  std::string device;
  std::string json;
  std::vector<std::string> settings;
};

constexpr const char* example = "Example:\n  iommusim map platforms/two-gpus-one-switch.yaml --device gpu0";

std::vector<pcie::NodeIndex> wanted_devices(Session& session, const Options& options) {
  if (!options.device.empty()) return {session.device(options.device).node};
  std::vector<pcie::NodeIndex> devices;
  for (const platforms::Device& device : session.machine().devices())
    devices.push_back(device.node);
  return devices;
}

/// In parts, between which progress shows.
std::vector<analysis::DeviceMap> map_devices(Session& session, const std::vector<pcie::NodeIndex>& devices) {
  constexpr std::size_t part = 16;
  Progress progress{"devices"};
  std::vector<analysis::DeviceMap> maps;
  while (maps.size() < devices.size()) {
    const auto begin = devices.begin() + static_cast<std::ptrdiff_t>(maps.size());
    const auto size = static_cast<std::ptrdiff_t>(std::min(part, devices.size() - maps.size()));
    auto more = analysis::map_devices(session.machine(), session.system(), {begin, begin + size});
    std::move(more.begin(), more.end(), std::back_inserter(maps));
    if (progress.due()) progress.show(maps.size(), share_of(maps.size(), devices.size()));
  }
  return maps;
}

int map(const Options& options) {
  refuse_to_overwrite("--json", options.json, {options.platform});
  Session session{options.platform, options.settings};
  const std::vector<analysis::DeviceMap> maps = map_devices(session, wanted_devices(session, options));
  if (!options.json.empty()) {
    AtomicFile file{options.json};
    file.write(analysis::to_json(maps, session.machine()).dump(2) + "\n");
    file.commit();
  }
  for (const analysis::DeviceMap& one : maps)
    print("{}{}", &one == &maps.front() ? "" : "\n", analysis::to_text(one, session.machine()));
  return 0;
}

}  // namespace

void add_map(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("map",
                         "Show what hardware does with every address that a device can send, beside what "
                         "software believes");
  command->add_option("platform", options->platform, "Platform file (YAML)")->required();
  command->add_option("--device", options->device, "Only this endpoint; default: all");
  add_output(*command, "--json", options->json, "Write map.json to this file");
  add_settings(*command, options->settings);
  command->footer(example);
  command->callback([options, &status] { status = map(*options); });
}

}  // namespace iommusim::app
