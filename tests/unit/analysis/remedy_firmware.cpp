// SPDX-License-Identifier: Apache-2.0
// Remedies where firmware of a device and the users of its domain have different memory at one address.
// Oracle: ranges and names come from the platform's text; which regions Linux relaxes, from docs/map.md.
#include "unit/analysis/advice.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::analysis;
using namespace iommusim::test;

namespace {

const std::string region = "iommus.dmar0.rmrrs=[{base: 0x1400_0000, size: 64KiB, devices: [nic0]}]";
const std::string over_region = "software.domains.user.mappings=[{iova: 0x1400_0000, buffer: ring}]";
const Access into_region = dma_write(0x1400'0040);

bool mentions(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

std::vector<std::string> with(std::vector<std::string> settings, const std::string& more) {
  settings.push_back(more);
  return settings;
}

}  // namespace

TEST_CASE("A user's domain over firmware's memory is laid out around it, or its device is not given away",
          "[analysis]") {
  const auto settings = with(with(linux_acs, region), over_region);
  Booted platform{settings};
  const Advice advice = advise(platform, "nic0", into_region, AccessSource::firmware);
  CHECK(advice.kind == CollisionKind::wrong_memory);
  CHECK(advice.record.landing.address == 0x1000'0040);
  CHECK(advice.actions() == Actions{"lay-out-around", "refuse-assignment"});
  CHECK(mentions(advice.text("lay-out-around"), "Leave 0x14000000-0x1400ffff out of the memory that domain user has"));
  CHECK(mentions(advice.text("refuse-assignment"), "Linux lists 0x14000000-0x1400ffff as direct,"));

  Booted relaxable{with(settings, "devices.nic0.class=usb")};
  const Advice taken_over = advise(relaxable, "nic0", into_region, AccessSource::firmware);
  CHECK(taken_over.actions() == Actions{"lay-out-around", "take-over"});
  CHECK(mentions(taken_over.text("take-over"), "Linux lists 0x14000000-0x1400ffff as direct-relaxable"));

  // The first advice, followed.
  Booted around{with(with(linux_acs, region),
                     "software.domains.user={name: user, type: unmanaged, devices: [nic0], "
                     "reserved_memory: kept}")};
  CHECK(around.walk("nic0", into_region).landing.address == 0x1400'0040);
}

TEST_CASE("A user whose memory lies under firmware's is told of it", "[analysis]") {
  Booted platform{with(with(linux_acs, region),
                       "software.domains.user={name: user, type: unmanaged, devices: [nic0], reserved_memory: kept, "
                       "mappings: [{iova: 0x1400_0000, buffer: ring}]}")};
  const Advice advice = advise(platform, "nic0", into_region);
  CHECK(advice.kind == CollisionKind::wrong_memory);
  CHECK(advice.record.landing.address == 0x1400'0040);
  CHECK(advice.actions() == Actions{"lay-out-around"});
  CHECK(mentions(advice.text("lay-out-around"), "for firmware of nic0"));
}

TEST_CASE("Where firmware is refused its memory is mapped, or told of", "[analysis]") {
  // Nothing is mapped at the region.
  Booted refused{with(linux_acs, region)};
  const Advice user = advise(refused, "nic0", into_region, AccessSource::firmware);
  CHECK(user.kind == CollisionKind::translation_fault);
  CHECK(user.actions() == Actions{"lay-out-around", "refuse-assignment"});

  Booted unlisted{linux_acs};
  const Advice unknown = advise(unlisted, "nic0", into_region, AccessSource::firmware);
  CHECK(unknown.actions() == Actions{"list-reserved-memory"});
  CHECK(mentions(unknown.text("list-reserved-memory"), "no RMRR says so: list this memory (rmrrs of dmar0)"));

  Booted without_domain{with(with(linux_acs, region), "software.domains=[]")};
  const Advice none = advise(without_domain, "nic0", into_region, AccessSource::firmware);
  CHECK(none.kind == CollisionKind::translation_fault);
  CHECK(none.actions() == Actions{"map"});
}

TEST_CASE("The kernel's domains have firmware's memory one to one, but where something was mapped before",
          "[analysis]") {
  const std::string of_ssd = "iommus.dmar0.rmrrs=[{base: 0x1400_0000, size: 64KiB, devices: [ssd0]}]";
  Booted platform{
      {of_ssd, "software.domains.ssd-driver.mappings=[{iova: 0x1400_1000, physical: 0x1300_0000, size: 4KiB}]"}};
  CHECK(platform.walk("ssd0", into_region).landing.address == 0x1400'0040);
  const Advice advice = advise(platform, "ssd0", dma_write(0x1400'1000), AccessSource::firmware);
  CHECK(advice.kind == CollisionKind::wrong_memory);
  CHECK(advice.record.landing.address == 0x1300'0000);
  CHECK(advice.actions() == Actions{"map"});
  CHECK(mentions(advice.text("map"), "Map nothing else at 0x14000000-0x1400ffff in domain ssd-driver"));
}
