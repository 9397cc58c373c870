// SPDX-License-Identifier: Apache-2.0
// Oracle: the ranges documented in iommu/vtd/config.h.
#include "iommu/vtd/config.h"

#include "iommu/vtd/unit.h"
#include "memory/sparse_memory.h"

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace iommusim;
using namespace iommusim::vtd;

TEST_CASE("The default configuration has no finding", "[vtd]") {
  CHECK(find_impossible(UnitConfig{}).empty());
}

TEST_CASE("Every field out of its range is found, by name and value", "[vtd]") {
  UnitConfig config;
  config.host_address_width = 53;
  config.guest_address_width = 40;
  config.table_levels = {3, 6};
  config.domain_id_bits = 7;
  config.fault_records = 257;
  config.fault_record_offset = 0x221;
  config.iotlb_offset = 0xE0;
  config.max_address_mask = 8;
  config.iotlb_entries = 24;
  config.register_base = PhysAddr{0xFED9'0800};
  const auto findings = find_impossible(config);
  REQUIRE(findings.size() == 10);
  const char* const begins[] = {
      "register_base = ",      "host_address_width = 53:", "guest_address_width = 40:", "table_levels = 6:",
      "domain_id_bits = 7:",   "fault_records = 257:",     "fault_record_offset = ",    "iotlb_offset = 224:",
      "max_address_mask = 8:", "iotlb_entries = "};
  for (std::size_t i = 0; i < findings.size(); ++i)
    CHECK(to_string(findings[i]).rfind(begins[i], 0) == 0);
}

TEST_CASE("The IOTLB registers may not lie among the fault records", "[vtd]") {
  UnitConfig config;
  config.fault_record_offset = 0x200;
  config.fault_records = 8;
  config.iotlb_offset = 0x270;
  CHECK(find_impossible(config).size() == 1);
  config.iotlb_offset = 0x280;
  CHECK(find_impossible(config).empty());
  config.iotlb_offset = 0x1F0;
  CHECK(find_impossible(config).empty());
}

TEST_CASE("What interrupt remapping brings needs it, and it needs the queue", "[vtd]") {
  UnitConfig config;
  config.extended_interrupt_mode = true;
  config.posted_interrupts = true;
  CHECK(find_impossible(config).size() == 2);
  config.interrupt_remapping = true;
  CHECK(find_impossible(config).empty());
  config.queued_invalidation = false;
  config.max_handle_mask = 16;
  config.interrupt_cache_entries = 24;
  const auto findings = find_impossible(config);
  REQUIRE(findings.size() == 3);
  CHECK(to_string(findings[0]).rfind("interrupt_remapping = true: must be false without queued_invalidation", 0) == 0);
  CHECK(to_string(findings[1]).rfind("max_handle_mask = 16:", 0) == 0);
  CHECK(to_string(findings[2]).rfind("interrupt_cache_entries = ", 0) == 0);
}

TEST_CASE("A unit cannot be made from a configuration with findings", "[vtd]") {
  memory::SparseMemory memory{{}};
  UnitConfig config;
  config.fault_records = 0;
  CHECK_THROWS_AS(Unit(config, memory), std::invalid_argument);
}

TEST_CASE("What scalable mode brings cannot be had without it", "[vtd]") {
  UnitConfig config = scalable_mode_config();
  config.scalable_mode = false;
  bool names_nested = false;
  for (const ConfigFinding& finding : find_impossible(config)) {
    CHECK(finding.allowed.find("scalable") != std::string::npos);
    names_nested = names_nested || finding.field == "nested";
  }
  CHECK(names_nested);
  CHECK(find_impossible(config).size() == 12);
}

TEST_CASE("Scalable mode needs a stage and the invalidation queue", "[vtd]") {
  UnitConfig config;
  config.scalable_mode = true;
  REQUIRE(find_impossible(config).size() == 1);
  CHECK(find_impossible(config)[0].field == "scalable_mode");
  config.second_stage = true;
  CHECK(find_impossible(config).empty());
  config.nested = true;
  REQUIRE(find_impossible(config).size() == 1);
  CHECK(find_impossible(config)[0].field == "nested");
  config.nested = false;
  config.first_stage_1g = true;
  REQUIRE(find_impossible(config).size() == 1);
  CHECK(find_impossible(config)[0].field == "first_stage_1g");
  config.first_stage_1g = false;
  config.pasid_bits = 21;
  CHECK(find_impossible(config).size() == 1);
  config.pasid_bits = 0;
  config.queued_invalidation = false;
  CHECK(find_impossible(config).size() == 1);
}

TEST_CASE("The no-write flag needs device TLBs, and they need the queue", "[vtd]") {
  UnitConfig config;
  config.no_write_flag = true;
  CHECK(find_impossible(config)[0].field == "no_write_flag");
  config.device_tlb = true;
  CHECK(find_impossible(config).empty());
  config.queued_invalidation = false;
  CHECK(find_impossible(config)[0].field == "device_tlb");
}

TEST_CASE("Page requests need device TLBs and PASIDs", "[vtd]") {
  UnitConfig config = scalable_mode_config();
  config.device_tlb = config.page_requests = true;
  CHECK(find_impossible(config).empty());
  config.pasid_bits = 0;
  REQUIRE(find_impossible(config).size() == 1);
  CHECK(to_string(find_impossible(config)[0]).rfind("page_requests = true:", 0) == 0);
  config.pasid_bits = 20;
  config.device_tlb = false;
  CHECK(find_impossible(config).size() == 1);
}
