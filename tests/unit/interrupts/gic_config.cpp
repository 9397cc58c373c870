// SPDX-License-Identifier: Apache-2.0
// Which message targets cannot be. Oracle: the widths of the register fields.
#include "interrupts/gic/config.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace iommusim;
using namespace iommusim::gic;

namespace {

template <class Config>
std::vector<std::string> fields(const Config& config) {
  std::vector<std::string> names;
  for (const ConfigFinding& finding : find_impossible(config))
    names.push_back(finding.field);
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("The default message targets of a GIC can be built", "[gic]") {
  CHECK(fields(ItsConfig{}).empty());
  CHECK(fields(RedistributorConfig{}).empty());
  CHECK(fields(Gicv2mConfig{}).empty());
  CHECK(fields(MbiConfig{}).empty());
}

TEST_CASE("What no ITS can have is found by its name", "[gic]") {
  ItsConfig config;
  config.register_base = PhysAddr{0x1000};
  config.device_bits = 0;
  config.event_bits = 33;
  config.collection_bits = 17;
  config.hardware_collections = 256;
  config.interrupt_bits = 13;
  config.translation_entry_size = 7;
  config.device_entry_size = 12;
  config.collection_entry_size = 64;
  config.architecture = 2;
  CHECK(fields(config) == Names{"register_base", "device_bits", "event_bits", "collection_bits", "hardware_collections",
                                "interrupt_bits", "translation_entry_size", "device_entry_size",
                                "collection_entry_size", "architecture"});
  config = {};
  config.devices = {{RequesterId{0xFFFF}, 2, 0}, {RequesterId{0}, 0, 0}, {RequesterId{0}, 2, 0xFFFF}};
  CHECK(fields(config) == Names{"devices", "devices", "devices"});
  config.devices = {{RequesterId{0xFFFF}, 1, 0xFFFF}, {RequesterId{0}, 0x1'0000, 0}};
  CHECK(fields(config).empty());
}

TEST_CASE("What no redistributor can have is found by its name", "[gic]") {
  RedistributorConfig config;
  config.register_base = PhysAddr{0x8000};
  config.processors = 0;
  config.interrupt_bits = 25;
  config.cached_configurations = 3;
  CHECK(fields(config) == Names{"register_base", "processors", "interrupt_bits", "cached_configurations"});
}

TEST_CASE("SPIs are INTIDs of 32 to 1019", "[gic]") {
  Gicv2mConfig frame;
  frame.first_spi = 31;
  CHECK(fields(frame) == Names{"spis"});
  frame.first_spi = 1019;
  frame.spis = 1;
  CHECK(fields(frame).empty());
  frame.spis = 2;
  CHECK(fields(frame) == Names{"spis"});
  MbiConfig mbi;
  mbi.ranges = {{32, 4}, {1018, 3}};
  CHECK(fields(mbi) == Names{"ranges"});
  mbi.ranges = {{32, 4}};
  mbi.level_sensitive = {{35, 2}};
  CHECK(fields(mbi) == Names{"level_sensitive"});
}
