// SPDX-License-Identifier: Apache-2.0
// Oracle: /sys/kernel/iommu_groups of a real Linux 6.1 (tests/data/captures/vtd-legacy-strict/iommu_groups.txt), whose
// machine platforms/linux-vtd-capture.yaml describes.
#include "analysis/linux_view.h"
#include "platforms/loader.h"
#include "platforms/machine_bus.h"
#include "support/source_dir.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

using namespace iommusim;

namespace {

const std::string source = tests::source_dir();

struct SysfsGroup {
  std::set<std::string> devices;
  std::vector<std::string> reserved_regions;

  friend bool operator==(const SysfsGroup& a, const SysfsGroup& b) {
    return a.devices == b.devices && a.reserved_regions == b.reserved_regions;
  }
};

/// In the order of their numbers.
std::vector<SysfsGroup> recorded_groups() {
  std::ifstream file{source + "/tests/data/captures/vtd-legacy-strict/iommu_groups.txt"};
  REQUIRE(file);
  std::vector<SysfsGroup> groups;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words{line};
    std::string key;
    words >> key >> std::ws;
    std::string rest;
    std::getline(words, rest);
    if (key == "group") groups.emplace_back();
    if (key == "reserved") groups.back().reserved_regions.push_back(rest);
    // "0000:03:00.0": the segment is 0.
    if (key == "device") groups.back().devices.insert(rest.substr(rest.find(':') + 1));
  }
  return groups;
}

}  // namespace

TEST_CASE("POL-001, POL-045 and ACS-026 The captured machine has the groups and regions that its Linux showed",
          "[linux]") {
  const platforms::Description description = platforms::load_platform(source + "/platforms/linux-vtd-capture.yaml");
  platforms::Machine machine{description};
  platforms::MachineBus bus{machine};
  platforms::OperatingSystem system{machine, bus};
  system.boot();
  const analysis::LinuxView view{machine, system};

  std::vector<SysfsGroup> groups;
  for (std::size_t group = 0; group < view.group_count(); ++group) {
    SysfsGroup& one = groups.emplace_back();
    for (const pcie::NodeIndex member : view.members(group))
      one.devices.insert(to_string(machine.topology()[member].requester));
    for (const software::ReservedRegion& region : view.reserved_regions(group))
      one.reserved_regions.push_back(software::sysfs_line(region));
  }

  std::vector<SysfsGroup> recorded = recorded_groups();
  REQUIRE(recorded.size() == 10);
  // The host bridge itself, 00:00.0, is no function of the platform. It was the first group.
  REQUIRE(recorded.front().devices == std::set<std::string>{"00:00.0"});
  recorded.erase(recorded.begin());
  CHECK(groups == recorded);
}
