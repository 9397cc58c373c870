// SPDX-License-Identifier: Apache-2.0
// What a unit can be built as. Oracle: the ranges documented in iommu/smmuv3/config.h.
#include "support/smmuv3_bench.h"

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace iommusim;
using namespace iommusim::smmuv3;

namespace {

/// The fields of what is found.
std::vector<std::string> found(const UnitConfig& config) {
  std::vector<std::string> fields;
  for (const ConfigFinding& finding : find_impossible(config))
    fields.push_back(finding.field);
  return fields;
}

template <class Change>
std::vector<std::string> found_after(Change change) {
  UnitConfig config;
  change(config);
  return found(config);
}

using Fields = std::vector<std::string>;

}  // namespace

TEST_CASE("The default unit and one with everything can be built", "[smmuv3]") {
  CHECK(found({}).empty());
  CHECK(found(tests::smmu::full_config()).empty());
}

TEST_CASE("Every member out of its range is found", "[smmuv3]") {
  CHECK(found_after([](auto& c) { c.register_base = PhysAddr{0x1000}; }) == Fields{"register_base"});
  CHECK(found_after([](auto& c) { c.minor_version = 5; }) == Fields{"minor_version"});
  CHECK(found_after([](auto& c) { c.stage_1 = false; }) == Fields{"stage_1"});
  CHECK(found_after([](auto& c) { c.vmid_16 = true; }) == Fields{"vmid_16"});
  CHECK(found_after([](auto& c) { c.vmid_wildcard = true; }) == Fields{"vmid_wildcard"});
  CHECK(found_after([](auto& c) { c.pri = true; }) == Fields{"pri"});
  CHECK(found_after([](auto& c) { c.no_split_stage_ats = true; }) == Fields{"no_split_stage_ats"});
  CHECK(found_after([](auto& c) { c.ats_record_errors = true; }) == Fields{"ats_record_errors"});
  CHECK(found_after([](auto& c) { c.page_response_pasid = true; }) == Fields{"page_response_pasid"});
  CHECK(found_after([](auto& c) { c.page_request_queue_bits = 1; }) == Fields{"page_request_queue_bits"});
  CHECK(found_after([](auto& c) { c.command_queue_bits = 20; }) == Fields{"command_queue_bits"});
  CHECK(found_after([](auto& c) { c.event_queue_bits = 20; }) == Fields{"event_queue_bits"});
  CHECK(found_after([](auto& c) { c.stream_id_bits = 33; }) == Fields{"stream_id_bits"});
  CHECK(found_after([](auto& c) { c.two_level_streams = false; }) == Fields{"two_level_streams"});
  CHECK(found_after([](auto& c) { c.substream_id_bits = 21; }) == Fields{"substream_id_bits"});
  CHECK(found_after([](auto& c) { c.output_address_bits = 46; }) == Fields{"output_address_bits"});
  CHECK(found_after([](auto& c) { c.granule_4k = c.granule_16k = c.granule_64k = false; }) == Fields{"granule_4k"});
  CHECK(found_after([](auto& c) { c.stall_model = StallModel::stall_only; }) == Fields{"max_stalls"});
  CHECK(found_after([](auto& c) { c.tlb_entries = 12; }) == Fields{"tlb_entries"});
}

TEST_CASE("Mappings to streams stay within requester IDs and StreamIDs", "[smmuv3]") {
  const auto mapping = [](std::uint16_t first, std::uint32_t count, std::uint32_t stream) {
    return found_after([&](auto& c) { c.streams = {{RequesterId{first}, count, stream}}; });
  };
  CHECK(mapping(0, 0x1'0000, 0).empty());
  CHECK(mapping(0x100, 0x100, 0xFF00).empty());
  CHECK(mapping(0, 0, 0) == Fields{"streams[0]"});
  CHECK(mapping(1, 0x1'0000, 0) == Fields{"streams[0]"});
  CHECK(mapping(0x100, 0x101, 0xFF00) == Fields{"streams[0]"});
}

TEST_CASE("A unit that cannot be is refused with all that is wrong", "[smmuv3]") {
  memory::SparseMemory memory{{memory::Bank{ComponentId{0}, {PhysAddr{0}, PhysAddr{0xFFFF'FFFF}}}}};
  UnitConfig config;
  config.minor_version = 9;
  config.pri = true;
  CHECK_THROWS_AS((Unit{config, memory}), std::invalid_argument);
  CHECK_THROWS_WITH((Unit{config, memory}), Catch::Contains("minor_version = 9:") && Catch::Contains("pri = true:"));
}
