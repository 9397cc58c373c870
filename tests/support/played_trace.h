// SPDX-License-Identifier: Apache-2.0
// A trace replayed on a platform, with every landing kept. One per process: SystemC elaborates once.
#pragma once

#include "analysis/recorder.h"
#include "support/simulated_platform.h"
#include "support/temporary_folder.h"
#include "traces/replay.h"

#include <catch2/catch.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace iommusim::tests {

/// One TLP.
struct Landed {
  pcie::NodeIndex device = pcie::NodeIndex::none;
  Access access;
  Landing landing;
};

class PlayedTrace : private analysis::LandingSink {
 public:
  explicit PlayedTrace(platforms::Description description, platforms::Timing timing = platforms::Timing::loose)
      : platform_{std::move(description), timing} {}

  /// Replays a file.
  const analysis::Results& play_file(const std::string& path) {
    const std::unique_ptr<traces::TraceReader> trace = traces::open_trace(path);
    analysis::Recorder recorder{platform_.machine(), platform_.system(), {false, this}};
    traces::Replay replay{"replay",
                          {platform_.machine(), platform_.system(), platform_.simulation(), recorder, *trace}};
    sc_core::sc_start();
    replay.rethrow();
    recorder.take_times(platform_.simulation().network(), platform_.simulation().clock(), replay.end());
    results_ = recorder.finish(replay.end());
    return results_;
  }
  /// Replays lines of a trace; the file is called "test.trace" in messages.
  const analysis::Results& play(const std::string& lines) {
    const support::TemporaryFolder folder;
    return play_file(folder.write("test.trace", lines));
  }

  SimulatedPlatform& platform() { return platform_; }
  const analysis::Results& results() const { return results_; }
  const std::vector<Landed>& landed() const { return landed_; }
  /// The landing of TLP `index`, counted from 0.
  const Landing& landing(std::size_t index) const {
    REQUIRE(index < landed_.size());
    return landed_[index].landing;
  }

  std::uint64_t collisions(analysis::CollisionKind kind) const {
    return results_.collisions_by_kind[static_cast<std::size_t>(kind)];
  }
  const std::string& name(ComponentId id) { return platform_.machine().name(id); }

  /// Bytes of memory.
  std::vector<unsigned char> memory(std::uint64_t physical, std::size_t size) {
    std::vector<unsigned char> bytes(size);
    REQUIRE(platform_.machine().memory().read(PhysAddr{physical}, bytes.data(), size));
    return bytes;
  }
  /// Bytes of a device's BAR.
  std::vector<unsigned char> bar(const std::string& device, std::uint8_t index, std::uint64_t offset,
                                 std::size_t size) {
    std::vector<unsigned char> bytes(size);
    REQUIRE(platform_.bars(device).read(index, offset, bytes.data(), size));
    return bytes;
  }

 private:
  void on_landing(pcie::NodeIndex device, const Access& access, const Landing& landing) override {
    landed_.push_back({device, access, landing});
  }

  SimulatedPlatform platform_;
  std::vector<Landed> landed_;
  analysis::Results results_;
};

}  // namespace iommusim::tests
