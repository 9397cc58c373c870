// SPDX-License-Identifier: Apache-2.0
#include "app/session.h"

#include "platforms/loader.h"

#include <fmt/format.h>

#include <filesystem>

namespace iommusim::app {
namespace {

std::vector<platforms::Override> overrides(const std::vector<std::string>& settings) {
  std::vector<platforms::Override> result;
  result.reserve(settings.size());
  for (const std::string& setting : settings)
    result.push_back(platforms::parse_override(setting));
  return result;
}

}  // namespace

Session::Session(const std::string& platform, const std::vector<std::string>& settings)
    : description_{platforms::load_platform(platform, overrides(settings))},
      machine_{description_},
      bus_{machine_},
      system_{machine_, bus_} {
  system_.boot();
}

std::string Session::trace_path(const std::string& named) const {
  if (!named.empty()) return named;
  if (description_.trace.empty())
    throw InputError{{description_.file, 0, 0}, "the platform names no trace: give one on the command line"};
  return (std::filesystem::path{description_.file}.parent_path() / description_.trace).lexically_normal().string();
}

const platforms::Device& Session::device(const std::string& name) const {
  if (const platforms::Device* device = machine_.find_device(name)) return *device;
  std::string known;
  for (const platforms::Device& device : machine_.devices())
    known += (known.empty() ? "" : ", ") + device.description->name;
  throw InputError{{}, fmt::format("--device: found \"{}\", expected one of: {}", name, known)};
}

}  // namespace iommusim::app
