// SPDX-License-Identifier: Apache-2.0
// A booted platform with its SystemC modules, for tests that send requests themselves.
#pragma once

#include "platforms/machine.h"
#include "platforms/machine_bus.h"
#include "platforms/operating_system.h"
#include "platforms/simulation.h"

#include <systemc>

#include <optional>
#include <string>
#include <utility>

namespace iommusim::tests {

class SimulatedPlatform {
 public:
  explicit SimulatedPlatform(platforms::Description platform, platforms::Timing timing = platforms::Timing::loose)
      : description_{std::move(platform)} {
    system_.boot();
    simulation_.emplace(machine_, timing);
  }
  SimulatedPlatform(const SimulatedPlatform&) = delete;
  SimulatedPlatform& operator=(const SimulatedPlatform&) = delete;

  /// Ends elaboration. From here on transports work, and software goes through the simulated processor.
  void start() {
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    system_.use_bus(simulation_->cpu());
  }

  const platforms::Description& description() const { return description_; }
  platforms::Machine& machine() { return machine_; }
  const platforms::Machine& machine() const { return machine_; }
  platforms::OperatingSystem& system() { return system_; }
  platforms::Simulation& simulation() { return *simulation_; }

  pcie::NodeIndex node(const std::string& name) const { return machine_.find_function(name); }
  RequesterId id(const std::string& name) const { return machine_.topology()[node(name)].requester; }
  modules::Endpoint& endpoint(const std::string& name) { return simulation_->endpoint(node(name)); }
  pcie::BarMemory& bars(const std::string& name) { return *machine_.device_at(node(name))->bars; }

 private:
  platforms::Description description_;
  platforms::Machine machine_{description_};
  platforms::MachineBus bus_{machine_};
  platforms::OperatingSystem system_{machine_, bus_};
  std::optional<platforms::Simulation> simulation_;
};

}  // namespace iommusim::tests
