// SPDX-License-Identifier: Apache-2.0
// A platform file brought up: what run, explain and validate begin with.
#pragma once

#include "platforms/description.h"
#include "platforms/machine.h"
#include "platforms/machine_bus.h"
#include "platforms/operating_system.h"

#include <string>
#include <vector>

namespace iommusim::app {

/// Loaded, built and booted. Throws InputError.
class Session {
 public:
  /// `settings`: "path=value", as --set takes them.
  Session(const std::string& platform, const std::vector<std::string>& settings);

  const platforms::Description& description() const { return description_; }
  platforms::Machine& machine() { return machine_; }
  platforms::OperatingSystem& system() { return system_; }

  /// `named` when it is not empty, else the trace that the platform names.
  std::string trace_path(const std::string& named) const;
  /// The endpoint of that name; otherwise the error lists those that exist.
  const platforms::Device& device(const std::string& name) const;

 private:
  platforms::Description description_;
  platforms::Machine machine_;
  platforms::MachineBus bus_;
  platforms::OperatingSystem system_;
};

}  // namespace iommusim::app
