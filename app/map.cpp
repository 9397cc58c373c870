// SPDX-License-Identifier: Apache-2.0
#include "analysis/map_report.h"
#include "app/commands.h"
#include "app/session.h"
#include "base/atomic_file.h"

#include <fmt/format.h>

#include <iostream>
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

int map(const Options& options) {
  Session session{options.platform, options.settings};
  const std::vector<analysis::DeviceMap> maps =
      analysis::map_devices(session.machine(), session.system(), wanted_devices(session, options));
  if (!options.json.empty()) {
    AtomicFile file{options.json};
    file.write(analysis::to_json(maps, session.machine()).dump(2) + "\n");
    file.commit();
  }
  for (const analysis::DeviceMap& one : maps)
    std::cout << (&one == &maps.front() ? "" : "\n") << analysis::to_text(one, session.machine());
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
  command->add_option("--json", options->json, "Write map.json to this file");
  command->add_option("--set", options->settings, "Change a value of the platform: path=value")->take_all();
  command->footer(example);
  command->callback([options, &status] { status = map(*options); });
}

}  // namespace iommusim::app
