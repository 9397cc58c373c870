// SPDX-License-Identifier: Apache-2.0
// Oracle: the order in which Linux's driver writes registers, retyped, and what the unit does with requests meanwhile.
#include "smmuv3_driver_fixture.h"
#include "software/driver_error.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

using namespace iommusim;
using namespace iommusim::tests::smmu;
using software::DomainKind;
using software::DriverError;

namespace {

/// The values that went to a register, in order.
std::vector<std::uint64_t> written(const UnitBus& bus, std::uint64_t at) {
  std::vector<std::uint64_t> values;
  for (const RegisterWrite& write : bus.writes())
    if (write.offset == at) values.push_back(write.value);
  return values;
}

std::size_t position(const UnitBus& bus, std::uint64_t at) {
  const auto found = std::find_if(bus.writes().begin(), bus.writes().end(),
                                  [at](const RegisterWrite& write) { return write.offset == at; });
  return static_cast<std::size_t>(found - bus.writes().begin());
}

}  // namespace

TEST_CASE("Bring-up ends enabled, without an error", "[software][smmuv3]") {
  DriverFixture f{GENERATE(plain_unit(), full_unit())};
  f.driver.enable();
  CHECK((f.read32(offset::cr0ack) & cr0::smmuen) != 0);
  CHECK_FALSE(f.has_errors());
  CHECK(f.read32(offset::irq_ctrlack) == f.read32(offset::irq_ctrl));
  CHECK(f.read32(offset::cmdq_cons) == f.read32(offset::cmdq_prod));
}

TEST_CASE("Queues start one after another, translation last", "[software][smmuv3]") {
  DriverFixture plain;
  plain.driver.enable();
  CHECK(written(plain.bus, offset::cr0) == std::vector<std::uint64_t>{0, 0x8, 0xC, 0xD});
  DriverFixture full{full_unit()};
  full.driver.enable();
  CHECK(written(full.bus, offset::cr0) == std::vector<std::uint64_t>{0, 0x8, 0xC, 0xE, 0x1E, 0x1F});
  for (const DriverFixture* f : {&plain, &full}) {
    CHECK(written(f->bus, offset::cr1) == std::vector<std::uint64_t>{0xD75});
    CHECK(written(f->bus, offset::cr2) == std::vector<std::uint64_t>{0x6});
    CHECK(position(f->bus, offset::strtab_base) < position(f->bus, offset::cmdq_base));
    CHECK(position(f->bus, offset::cmdq_base) < position(f->bus, offset::eventq_base));
  }
}

TEST_CASE("The stream table has two levels where the unit walks them and has many streams", "[software][smmuv3]") {
  smmuv3::UnitConfig linear;
  linear.two_level_streams = false;
  linear.stream_id_bits = 6;
  smmuv3::UnitConfig few;
  few.stream_id_bits = 8;
  const auto config_of = [](const smmuv3::UnitConfig& config) {
    DriverFixture f{config};
    f.driver.enable();
    return f.read32(offset::strtab_base_cfg);
  };
  CHECK(config_of(plain_unit()) == (1U << 16 | 8U << 6 | 16U));
  CHECK(config_of(linear) == 6);
  CHECK(config_of(few) == 8);
}

TEST_CASE("A linear stream table translates, and ends where it ends", "[software][smmuv3]") {
  smmuv3::UnitConfig config;
  config.two_level_streams = false;
  config.stream_id_bits = 6;
  DriverFixture f{config};
  const RequesterId device{0, 1, 0};
  const auto domain = f.start(software::Stage::first, device);
  f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  CHECK(f.reaches(device, 0x1000, 0x8000));
  CHECK(f.refuses(RequesterId{0, 2, 0}, 0x1000));
  CHECK_THROWS_AS(f.driver.attach(domain, nic), DriverError);
}

TEST_CASE("Firmware's translation is refused until the driver's own begins", "[software][smmuv3]") {
  DriverFixture f;
  f.bus.unit().write_register(offset::cr0, 4, cr0::smmuen);
  f.driver.prepare();
  CHECK((f.read32(offset::gbpa) & gbpa::abort) != 0);
  CHECK(f.refuses(nic, 0x1000));
  const auto identity = f.driver.create_domain(DomainKind::identity, software::Stage::first);
  f.driver.attach(identity, nic);
  f.driver.enable();
  CHECK(f.reaches(nic, 0x1000, 0x1000));
}

TEST_CASE("An error that firmware left does not keep the queues from running", "[software][smmuv3]") {
  DriverFixture f;
  // An empty slot of memory 0: opcode 0 is illegal.
  f.bus.unit().write_register(offset::cmdq_base, 8, DriverFixture::ram);
  f.bus.unit().write_register(offset::cr0, 4, cr0::cmdqen);
  f.bus.unit().write_register(offset::cmdq_prod, 4, 1);
  REQUIRE(f.has_errors());
  f.driver.enable();
  CHECK_FALSE(f.has_errors());
}

TEST_CASE("Messages are programmed where the unit can send them", "[software][smmuv3]") {
  software::Smmuv3DriverConfig config;
  config.event_message = {BusAddr{0x808'0040}, 17};
  DriverFixture f{full_unit(), config};
  f.driver.enable();
  CHECK(f.bus.unit().read_register(offset::eventq_irq_cfg0, 8) == 0x808'0040);
  CHECK(f.read32(offset::eventq_irq_cfg0 + offset::cfg1) == 17);
  CHECK(f.read32(offset::eventq_irq_cfg0 + offset::cfg2) == 1);
  CHECK(f.bus.unit().read_register(offset::gerror_irq_cfg0, 8) == 0);
}

TEST_CASE("The driver says what the hardware lacks", "[software][smmuv3]") {
  UnitBus bus{plain_unit(), {PhysAddr{DriverFixture::ram}, PhysAddr{DriverFixture::ram + 0xFFF'FFFF}}};
  software::PageAllocator pages{bus, {PhysAddr{DriverFixture::ram}, PhysAddr{DriverFixture::ram + 0xFFF'FFFF}}};
  software::Smmuv3DriverConfig config;
  config.register_base = PhysAddr{0x1000'0000};
  CHECK_THROWS_WITH((software::Smmuv3Driver{bus, pages, config}), "the SMMU at 0x10000000 does not answer");

  smmuv3::UnitConfig no_64k;
  no_64k.granule_64k = false;
  software::Smmuv3DriverConfig wants_64k;
  wants_64k.granule = smmuv3::Granule::size_64k;
  CHECK_THROWS_WITH((DriverFixture{no_64k, wants_64k}), "the SMMU at 0x9050000 has no tables of 64 KiB pages");
}
