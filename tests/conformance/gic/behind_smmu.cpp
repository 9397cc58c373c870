// SPDX-License-Identifier: Apache-2.0
// Messages that an SMMUv3 translates, and those that it sends itself, at an ITS (GICv3 architecture, 5.2; SMMUv3
// architecture, 3.18). Oracle: the architectures' rules.
#include "interrupts/gic/rules.h"
#include "support/doorbell_message.h"
#include "support/gic_bench.h"
#include "support/smmuv3_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
namespace rules = iommusim::gic::rules;
namespace offset = iommusim::tests::smmu::offset;

namespace {

constexpr std::uint32_t nic = 0x10;
constexpr std::uint64_t gigabyte = 0x4000'0000;

gic::ItsConfig its_at(PhysAddr base) {
  gic::ItsConfig config;
  config.register_base = base;
  config.device_bits = 20;
  return config;
}

/// The ITS lies where the SMMU's memory does not answer. Input gigabyte 2 of `nic` leads to it, gigabyte 3 nowhere.
struct SmmuAndIts {
  static constexpr PhysAddr its_base = smmu::Bench::nowhere;

  explicit SmmuAndIts(const smmuv3::UnitConfig& config = smmu::full_config()) : smmu{config}, gic{its_at(its_base)} {
    gic.start();
    gic.write(gits_at::ctlr, 0, 4);
    gic.write(gits_at::baser0, valid_bit | GicBench::device_table.value() | 2 << 8 | 127);
    gic.write(gits_at::ctlr, 1, 4);
  }

  iommu::TranslationResult translate(std::uint64_t iova, Operation operation = Operation::write) {
    iommu::TranslationRequest request;
    request.requester = RequesterId{nic};
    request.operation = operation;
    request.address = Iova{iova};
    request.size = 4;
    return smmu.unit.translate(request, smmu.fetches);
  }
  /// A write that reaches the ITS.
  const Rule* ring(BusAddr address, std::uint32_t data, RequesterId requester,
                   std::optional<std::uint32_t> device = {}) {
    gic::DoorbellRequest request = doorbell_message(address, data, requester);
    request.device = device;
    return gic.its.ring(request).rule;
  }

  smmu::Bench smmu;
  GicBench gic;
};

constexpr std::uint64_t doorbell_iova = 2 * gigabyte + gits_at::translater;

}  // namespace

TEST_CASE("GIC-013 A device's message goes to an IOVA that the SMMU maps to the doorbell", "[gic][smmuv3]") {
  SmmuAndIts machine;
  machine.smmu.start();
  machine.smmu.attach(nic, false);
  machine.smmu.map_gigabyte(2, SmmuAndIts::its_base);
  machine.gic.map(nic, 1, {8192});
  const auto result = machine.translate(doorbell_iova);
  REQUIRE(result.outcome == iommu::Outcome::translated);
  CHECK(result.address == SmmuAndIts::its_base + gits_at::translater);
  CHECK(machine.ring(BusAddr{result.address.value()}, 0, RequesterId{nic}) == &rules::lpi_delivered);
}

TEST_CASE("GIC-013 Without a mapping of the doorbell a message is F_TRANSLATION of a write", "[gic][smmuv3]") {
  SmmuAndIts machine;
  machine.smmu.start();
  machine.smmu.attach(nic, false);
  const auto result = machine.translate(doorbell_iova);
  CHECK(result.outcome == iommu::Outcome::fault);
  CHECK(result.fault_reason == 0x10);
  const auto event = machine.smmu.take_event();
  REQUIRE(event);
  CHECK(((*event)[0] & 0xFF) == 0x10);
  CHECK((*event)[0] >> 32 == nic);
  // RnW.
  CHECK(((*event)[1] >> 35 & 1) == 0);
  CHECK((*event)[2] == doorbell_iova);
}

TEST_CASE("GIC-014 The ITS knows a translated message by the device's DeviceID, whatever its StreamID",
          "[gic][smmuv3]") {
  smmuv3::UnitConfig config = smmu::full_config();
  config.streams = {{RequesterId{nic}, 1, 0x20}};
  SmmuAndIts machine{config};
  machine.smmu.start();
  machine.smmu.attach(0x20, false);
  machine.smmu.map_gigabyte(2, SmmuAndIts::its_base);
  machine.gic.map(nic, 1, {8192});
  machine.gic.map(0x20, 1, {8193});
  const auto result = machine.translate(doorbell_iova);
  REQUIRE(result.outcome == iommu::Outcome::translated);
  CHECK(machine.ring(BusAddr{result.address.value()}, 0, RequesterId{nic}) == &rules::lpi_delivered);
  CHECK(machine.gic.delivered() == std::vector<std::uint32_t>{8192});
}

TEST_CASE("GIC-015 The SMMU's own message goes to a physical address and has the SMMU's DeviceID", "[gic][smmuv3]") {
  constexpr std::uint32_t smmu_device = 0x1'0000;
  SmmuAndIts machine;
  machine.gic.map(smmu_device, 2, {8200, 8201, 8202});
  machine.smmu.write64(offset::eventq_irq_cfg0, (SmmuAndIts::its_base + gits_at::translater).value());
  machine.smmu.write32(offset::eventq_irq_cfg0 + offset::cfg1, 2);
  machine.smmu.write32(offset::eventq_irq_cfg0 + offset::cfg2, 1);
  machine.smmu.start();
  unsigned sent = 0;
  machine.smmu.unit.on_message([&](const interrupts::MsiMessage& message) {
    ++sent;
    CHECK(machine.ring(message.address, message.data, RequesterId{}, smmu_device) == &rules::lpi_delivered);
  });
  // No stream has a mapping, so a message that were translated would not arrive.
  machine.smmu.make_event();
  CHECK(sent == 1);
  CHECK(machine.gic.delivered() == std::vector<std::uint32_t>{8202});
}
