// SPDX-License-Identifier: Apache-2.0
// Oracle: the register values of QEMU 7.2 as its source sets them, and bit positions of the VT-d specification, 11.4
// by hand.
#include "iommu/vtd/capabilities.h"

#include <catch2/catch.hpp>

using namespace iommusim::vtd;

TEST_CASE("The default unit has the capabilities of QEMU 7.2 with aw-bits=48", "[vtd]") {
  CHECK(capability({}).raw() == 0x00D2'008C'222F'0606);
  CHECK(extended_capability({}).raw() == 0xF42);
}

TEST_CASE("With interrupt remapping the unit has the capabilities of QEMU 7.2 with intremap=on, and with eim=on",
          "[vtd]") {
  UnitConfig config;
  config.interrupt_remapping = true;
  CHECK(extended_capability(config).raw() == 0xF0'0F4A);
  config.extended_interrupt_mode = true;
  CHECK(extended_capability(config).raw() == 0xF0'0F5A);
  CHECK(capability(config).raw() == 0x00D2'008C'222F'0606);
}

TEST_CASE("A 39-bit unit has the capabilities of QEMU 7.2 with aw-bits=39", "[vtd]") {
  UnitConfig config;
  config.guest_address_width = 39;
  config.table_levels = {3};
  CHECK(capability(config).raw() == 0x00D2'008C'2226'0206);
  config.caching_mode = true;
  CHECK(capability(config).raw() == 0x00D2'008C'2226'0286);
  config.pass_through = false;
  CHECK(extended_capability(config).raw() == 0xF02);
}

TEST_CASE("Each option of the unit appears at its bit", "[vtd]") {
  UnitConfig config;
  const auto changed_cap = [&] { return capability(config).raw() ^ capability({}).raw(); };
  const auto changed_ecap = [&] { return extended_capability(config).raw() ^ extended_capability({}).raw(); };
  const std::uint64_t one = 1;

  SECTION("RWBF") {
    config.write_buffer_flush = true;
    CHECK(changed_cap() == one << 4);
  }
  SECTION("PLMR and PHMR") {
    config.protected_low_memory = config.protected_high_memory = true;
    CHECK(changed_cap() == (one << 5 | one << 6));
  }
  SECTION("ZLR") {
    config.zero_length_read = true;
    CHECK(changed_cap() == one << 22);
  }
  SECTION("SSLPS") {
    config.pages_1g = false;
    CHECK(changed_cap() == one << 35);
  }
  SECTION("DWD and DRD") {
    config.drain = false;
    CHECK(changed_cap() == (one << 54 | one << 55));
  }
  SECTION("ESRTPS") {
    config.enhanced_set_root = true;
    CHECK(changed_cap() == one << 63);
  }
  SECTION("PI and ESIRTPS") {
    config.posted_interrupts = config.enhanced_set_interrupt_table = true;
    CHECK(changed_cap() == (one << 59 | one << 62));
  }
  SECTION("five levels and 57 bits: SAGAW bit 3, MGAW 56") {
    config.table_levels = {3, 4, 5};
    config.guest_address_width = 57;
    CHECK(changed_cap() == (one << 11 | (one << 16) * (47 ^ 56)));
  }
  SECTION("without page-selective invalidation there is no address mask either") {
    config.page_selective_invalidation = false;
    CHECK(changed_cap() == (one << 39 | (one << 48) * 18));
  }
  SECTION("256 fault records at 0x400") {
    config.fault_records = 256;
    config.fault_record_offset = 0x400;
    CHECK(changed_cap() == ((one << 40) * 255 | (one << 24) * (0x22 ^ 0x40)));
  }
  SECTION("SC, C and no QI") {
    config.snoop_control = config.coherent_walks = true;
    config.queued_invalidation = false;
    CHECK(changed_ecap() == (one << 7 | one << 0 | one << 1));
  }
  SECTION("DT, NWFS and ADMS") {
    config.device_tlb = config.no_write_flag = config.abort_dma_mode = true;
    CHECK(changed_ecap() == (one << 2 | one << 33 | one << 52));
  }
}

TEST_CASE("Scalable mode with everything in it has each bit at its place", "[vtd]") {
  const UnitConfig config = scalable_mode_config();
  CHECK(find_impossible(config).empty());
  // SC, NEST, ERS, SRS, EAFS, PSS 19, PASID, SMTS, SSADS, SSTS, FSTS, SMPWCS, RPS, RPRIVS.
  const std::uint64_t one = 1;
  CHECK((extended_capability(config).raw() ^ extended_capability({}).raw()) ==
        (one << 7 | one << 26 | one << 30 | one << 31 | one << 34 | (one << 35) * 19 | one << 40 | one << 43 |
         one << 45 | one << 46 | one << 47 | one << 48 | one << 49 | one << 53));
  // FS1GP.
  CHECK((capability(config).raw() ^ capability({}).raw()) == one << 56);
}
