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

TEST_CASE("Without local APICs nobody takes an interrupt", "[platforms]") {
  check_error(edited({{"platform: sample", "platform: sample\nlocal_apic: false"}, {interrupt, "@" + interrupt}}),
              "software.interrupts.0: found an interrupt, expected none on a platform with local_apic: false");
}
