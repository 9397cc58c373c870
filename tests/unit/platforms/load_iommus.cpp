// SPDX-License-Identifier: Apache-2.0
// Oracle: the sample's text; bounds of the capability fields in the reference sheet vtd, 1.3.
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using test::check_error;
using test::edited;
using test::load;

namespace {

std::string with_unit(const std::string& keys) {
  return edited({{"registers: 0xfed9_0000", "registers: 0xfed9_0000, " + keys}});
}

}  // namespace

TEST_CASE("A VT-d unit is described key by key", "[platforms]") {
  const Description d = load_platform_text(
      with_unit("host_address_width: 46, table_levels: [4], pages_1g: false, caching_mode: true, fault_records: 8, "
                "iotlb: {entries: 64, ways: 4}"),
      "sample.yaml");
  REQUIRE(d.iommus.size() == 1);
  const vtd::UnitConfig& unit = d.iommus[0].vtd;
  CHECK(unit.register_base == PhysAddr{0xFED9'0000});
  CHECK(unit.host_address_width == 46);
  CHECK(unit.table_levels == std::vector<unsigned>{4});
  CHECK(unit.pages_2m);
  CHECK_FALSE(unit.pages_1g);
  CHECK(unit.caching_mode);
  CHECK(unit.fault_records == 8);
  CHECK(unit.iotlb_entries == 64);
  CHECK(unit.iotlb_ways == 4);
  CHECK(unit.context_cache_entries == vtd::UnitConfig{}.context_cache_entries);
}

TEST_CASE("A field of a VT-d unit outside its register field is refused", "[platforms]") {
  check_error(with_unit("fault_records: @257"),
              "iommus.dmar0.fault_records: found '257', expected a number from 1 to 256");
  check_error(with_unit("table_levels: [@2]"), "iommus.dmar0.table_levels.0: found '2', expected a number from 3 to 5");
}

TEST_CASE("A VT-d unit that cannot exist is refused at the value", "[platforms]") {
  check_error(with_unit("domain_id_bits: @7"), "iommus.dmar0.domain_id_bits: found 7, expected even, 4 to 16");
  check_error(with_unit("iotlb: @{entries: 7, ways: 3}"),
              "iommus.dmar0.iotlb: found 7 in 3 ways, expected 0, or ways times a power of two, at most 16777216");
  check_error(with_unit("table_levels: @[]"),
              "iommus.dmar0.table_levels: found [], expected a list of one or more of 3, 4 and 5");
  check_error(
      with_unit("fault_record_offset: @0x20"),
      "iommus.dmar0.fault_record_offset: found 32, expected a multiple of 16 from 240 (0xF0) to 16368 (0x3FF0)");
}

TEST_CASE("Interrupt remapping is described beside the unit's other capabilities", "[platforms]") {
  const Description d = load_platform_text(
      with_unit("interrupt_remapping: true, extended_interrupt_mode: true, posted_interrupts: true, "
                "enhanced_set_interrupt_table: true, max_handle_mask: 4, interrupt_cache: {entries: 16, ways: 2}"),
      "sample.yaml");
  const vtd::UnitConfig& unit = d.iommus[0].vtd;
  CHECK(unit.interrupt_remapping);
  CHECK(unit.extended_interrupt_mode);
  CHECK(unit.posted_interrupts);
  CHECK(unit.enhanced_set_interrupt_table);
  CHECK(unit.max_handle_mask == 4);
  CHECK(unit.interrupt_cache_entries == 16);
  CHECK(unit.interrupt_cache_ways == 2);
  check_error(with_unit("posted_interrupts: @true"),
              "iommus.dmar0.posted_interrupts: found true, expected false without interrupt_remapping");
  check_error(with_unit("interrupt_cache: @{entries: 7, ways: 3}"),
              "iommus.dmar0.interrupt_cache: found 7 in 3 ways, expected 0, or ways times a power of two, at most "
              "16777216");
}

TEST_CASE("Scalable mode brings all of it, and each part can be left out", "[platforms]") {
  const auto unit_of = [](const std::string& keys) {
    return load_platform_text(with_unit(keys), "sample.yaml").iommus[0].vtd;
  };
  const vtd::UnitConfig all = unit_of("mode: scalable");
  CHECK((all.scalable_mode && all.first_stage && all.second_stage && all.nested && all.snooped_walks));
  CHECK(all.pasid_bits == 20);
  const vtd::UnitConfig second =
      unit_of("mode: scalable, first_stage: false, pasid_bits: 8, second_stage_cache: {entries: 8}");
  CHECK_FALSE((second.first_stage || second.nested || second.extended_accessed));
  CHECK(second.second_stage_access_dirty);
  CHECK(second.pasid_bits == 8);
  CHECK(second.second_stage_cache_entries == 8);
  CHECK_FALSE(unit_of("mode: legacy").scalable_mode);
}

TEST_CASE("Parts of scalable mode need it, and each other", "[platforms]") {
  check_error(with_unit("first_stage: @true"),
              "iommus.dmar0.first_stage: found true, expected false without scalable mode");
  check_error(with_unit("mode: scalable, first_stage: false, nested: @true"),
              "iommus.dmar0.nested: found true, expected false without first_stage and second_stage in scalable mode");
  check_error(with_unit("mode: @both"), "iommus.dmar0.mode: found 'both', expected legacy or scalable");
  check_error(with_unit("no_write_flag: @true"),
              "iommus.dmar0.no_write_flag: found true, expected false without device_tlb");
}

TEST_CASE("An IOMMU has a type", "[platforms]") {
  check_error(edited({{"type: vt-d", "type: @amd-vi"}}), "iommus.dmar0.type: found 'amd-vi', expected vt-d or smmuv3");
}
