// SPDX-License-Identifier: Apache-2.0
// Oracle: the position of the '@' in each text; Intel SDM volume 3, 11.5.2 (legal vectors); PCIe, 6.1.4 (MSI
// data).
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using test::check_error;
using test::edited;
using test::load;

namespace {

const std::string interrupt = "{device: nic0, index: 1, vector: 0x41, apic_id: 2}";

std::string with(const std::string& text) {
  return edited({{interrupt, text}});
}

}  // namespace

TEST_CASE("An interrupt's device has a capability to send it", "[platforms]") {
  check_error(edited({{"            msix: {vectors: 8, table_bar: 0}\n", ""}, {"device: nic0", "device: @nic0"}}),
              "software.interrupts.0.device: found 'nic0', which has neither msi nor msix, expected a device that "
              "can "
              "signal an interrupt");
  check_error(with("{device: @nic7, vector: 0x41}"),
              "software.interrupts.0.device: found 'nic7', expected an endpoint: 'nic0' (allowed: nic0 or gpu0)");
}

TEST_CASE("An interrupt's index is below the device's number of vectors", "[platforms]") {
  check_error(with("{device: nic0, index: @8, vector: 0x41}"),
              "software.interrupts.0.index: found 8, expected an index below 8, the vectors of 'nic0'");
  check_error(with("{device: gpu0, index: @4, vector: 0x44}"),
              "software.interrupts.0.index: found 4, expected an index below 4, the vectors of 'gpu0'");
  CHECK(load({{interrupt, "{device: nic0, index: 7, vector: 0x41}"}}).interrupts[0].index == 7);
}

TEST_CASE("An index is programmed once", "[platforms]") {
  check_error(with(interrupt + ", {device: nic0, index: @1, vector: 0x42}"),
              "software.interrupts.1.index: found 1 a second time, expected every index once");
}

TEST_CASE("A vector is a legal one", "[platforms]") {
  check_error(with("{device: nic0, vector: @15}"),
              "software.interrupts.0.vector: found '15', expected a number from 16 to 255");
  CHECK(load({{"vector: 0x41", "vector: 16"}}).interrupts[0].vector == 16);
}

TEST_CASE("Several MSI vectors of a device share everything but the low bits", "[platforms]") {
  const std::string expected =
      ", expected a vector whose low bits are the index and whose other bits and apic_id all messages of the "
      "device share";
  CHECK(load({{interrupt, "{device: gpu0, index: 0, vector: 0x44}, {device: gpu0, index: 3, vector: 0x47}"}})
            .interrupts.size() == 2);
  check_error(with("{device: gpu0, index: 1, vector: @0x44}"), "software.interrupts.0.vector: found 0x44" + expected);
  check_error(with("{device: gpu0, index: 0, vector: 0x44}, {device: gpu0, index: 1, vector: @0x49}"),
              "software.interrupts.1.vector: found 0x49" + expected);
}

TEST_CASE("An APIC ID above 255 needs extended interrupt mode", "[platforms]") {
  const std::string wide = "{device: nic0, index: 1, vector: 0x41, apic_id: 256}";
  check_error(with("{device: nic0, index: 1, vector: 0x41, apic_id: @256}"),
              "software.interrupts.0.apic_id: found 256, expected at most 255: no IOMMU above 'nic0' has "
              "extended_interrupt_mode");
  const std::string unit = "registers: 0xfed9_0000";
  const Description d =
      load({{interrupt, wide}, {unit, unit + ", interrupt_remapping: true, extended_interrupt_mode: true"}});
  CHECK(d.interrupts[0].apic_id == 256);
}

TEST_CASE("A virtual processor takes interrupts that are posted", "[platforms]") {
  const std::string unit = "registers: 0xfed9_0000";
  const std::string posting = unit + ", interrupt_remapping: true, posted_interrupts: true";
  const std::string key = "  interrupts:";
  const auto processors = [&key](const std::string& list) {
    return "  virtual_processors:\n    - " + list + "\n" + key;
  };
  const std::string vcpu = "{name: vcpu0, descriptor: 0x1000_0040, notification: 0xf2, apic_id: 3, suppressed: true}";
  const std::string posted = "{device: nic0, index: 1, vector: 0x41, virtual_processor: vcpu0, urgent: true}";
  const Description d = load({{unit, posting}, {key, processors(vcpu)}, {interrupt, posted}});
  REQUIRE(d.virtual_processors.size() == 1);
  CHECK(d.virtual_processors[0].descriptor == PhysAddr{0x1000'0040});
  CHECK(d.virtual_processors[0].notification == 0xF2);
  CHECK(d.virtual_processors[0].apic_id == 3);
  CHECK(d.virtual_processors[0].suppressed);
  CHECK(d.interrupts[0].virtual_processor == "vcpu0");
  CHECK(d.interrupts[0].urgent);

  const std::string at = "{device: nic0, index: 1, vector: 0x41, virtual_processor: @vcpu0}";
  check_error(edited({{key, processors(vcpu)}, {interrupt, at}}),
              "software.interrupts.0.virtual_processor: found 'vcpu0', expected an apic_id: no IOMMU above 'nic0' has "
              "posted_interrupts");
  check_error(edited({{unit, posting}, {interrupt, at}}),
              "software.interrupts.0.virtual_processor: found 'vcpu0', expected none (software.virtual_processors is "
              "empty)");
  check_error(edited({{key, processors("{name: vcpu0, descriptor: @0x1000_0041, notification: 0xf2}")}}),
              "software.virtual_processors.vcpu0.descriptor: found '0x1000_0041', expected a multiple of 64");
  check_error(edited({{key, processors("{name: vcpu0, descriptor: @0x40_0000_0000, notification: 0xf2}")}}),
              "software.virtual_processors.vcpu0.descriptor: found 0x4000000000, expected 64 bytes of memory");
}

TEST_CASE("Without local APICs nobody takes an interrupt", "[platforms]") {
  check_error(
      edited({{"platform: sample", "platform: sample\nlocal_apic: false"}, {interrupt, "@" + interrupt}}),
      "software.interrupts.0: found an interrupt, expected none on a platform with local_apic: false and no gic");
}
