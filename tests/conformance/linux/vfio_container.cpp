// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements on software policy of docs/compliance.md.
#include "software/vfio_container.h"

#include "platforms/loader.h"
#include "platforms/machine_bus.h"
#include "platforms/operating_system.h"
#include "platforms/walk.h"
#include "support/source_dir.h"

#include <catch2/catch.hpp>

#include <cstdint>
#include <string>
#include <vector>

using namespace iommusim;
using namespace iommusim::software;
using Answer = VfioContainer::Answer;

namespace {

constexpr std::uint64_t gib = std::uint64_t{1} << 30;
const Range<Iova> rmrr{Iova{0x7B00'0000}, Iova{0x7B0F'FFFF}};

Range<Iova> range(std::uint64_t first, std::uint64_t last) {
  return {Iova{first}, Iova{last}};
}

/// Where nic0's write to its guest's memory ends, on a host whose PCI window has the same addresses.
LandingKind landing_on(const std::string& platform) {
  const platforms::Description description =
      platforms::load_platform(tests::source_dir() + "/platforms/" + platform + ".yaml", {});
  platforms::Machine machine{description};
  platforms::MachineBus bus{machine};
  platforms::OperatingSystem system{machine, bus};
  system.boot();
  Access access;
  access.operation = Operation::write;
  access.address = BusAddr{0x4000'0100};
  access.size = 64;
  iommu::FetchLog fetches;
  return platforms::walk(machine, machine.find_function("nic0"), access, fetches).landing.kind;
}

}  // namespace

TEST_CASE("POL-024 A mapping lies in one valid range, even if both ends are valid", "[linux]") {
  VfioContainer container;
  REQUIRE(container.attach(0, vtd_reserved_regions({0x02'0000, {rmrr}}), 48) == Answer::done);
  CHECK(container.usable() == std::vector<Range<Iova>>{range(0, 0x7AFF'FFFF), range(0x7B10'0000, 0xFEDF'FFFF),
                                                       range(0xFEF0'0000, 0xFFFF'FFFF'FFFF)});
  CHECK(container.map(range(0, 2 * gib - 1)) == Answer::invalid);
  CHECK(container.map(range(0x7AFF'F000, 0x7B10'0FFF)) == Answer::invalid);
  CHECK(container.map(range(0x7B00'0000, 0x7B00'0FFF)) == Answer::invalid);
  CHECK(container.map(range(0, 0x7AFF'FFFF)) == Answer::done);
  CHECK(container.map(range(0x7B10'0000, 2 * gib - 1)) == Answer::done);
  CHECK(container.map(range(0xFFFF'FFFF'F000, 0x1'0000'0000'0FFF)) == Answer::invalid);
}

TEST_CASE("POL-025 Relaxable regions limit no container", "[linux]") {
  VfioContainer container;
  REQUIRE(container.map(range(0, 2 * gib - 1)) == Answer::done);
  CHECK(container.attach(0, vtd_reserved_regions({0x0C'0330, {rmrr}}), 48) == Answer::done);
  CHECK(container.usable().front() == range(0, 0xFEDF'FFFF));
}

TEST_CASE("POL-026 A group whose regions meet mappings is not attached, and one that is detached gives its back",
          "[linux]") {
  const ReservedRegions plain = vtd_reserved_regions({0x02'0000, {}});
  const ReservedRegions with_rmrr = vtd_reserved_regions({0x01'0700, {rmrr}});
  VfioContainer container;
  REQUIRE(container.attach(0, plain, 48) == Answer::done);
  REQUIRE(container.map(range(0, 2 * gib - 1)) == Answer::done);
  CHECK(container.attach(1, with_rmrr, 48) == Answer::invalid);
  // Nothing is left of the attempt.
  CHECK(container.usable().front() == range(0, 0xFEDF'FFFF));
  container.unmap(range(0x7A00'0000, 0x7BFF'FFFF));
  REQUIRE(container.attach(1, with_rmrr, 48) == Answer::done);
  CHECK(container.map(range(0x7A00'0000, 0x7BFF'FFFF)) == Answer::invalid);
  container.detach(1);
  CHECK(container.map(range(0x7A00'0000, 0x7BFF'FFFF)) == Answer::done);
  CHECK(container.map(range(0x7A00'0000, 0x7A00'0FFF)) == Answer::exists);
}

TEST_CASE("A group whose IOMMU reaches less than is mapped, or nothing, is not attached", "[linux]") {
  VfioContainer container;
  REQUIRE(container.map(range(std::uint64_t{1} << 39, (std::uint64_t{1} << 39) + 0xFFF)) == Answer::done);
  CHECK(container.attach(0, {}, 39) == Answer::invalid);
  CHECK(container.attach(0, {}, 40) == Answer::done);
  VfioContainer empty;
  ReservedRegions everything;
  everything.insert({range(0, 0xFFFF'FFFF'FFFF), ReservedType::reserved});
  CHECK(empty.attach(0, everything, 48) == Answer::invalid);
}

TEST_CASE("POL-049 A window for doorbells over a relaxable region is accepted", "[linux]") {
  // As a board was shipped: firmware's region holds the whole window, and may be remapped.
  const Range<Iova> rmr = range(0x0100'0000, 0x10FF'FFFF);
  VfioContainer container;
  CHECK(container.attach(0, arm_reserved_regions({0x02'0000, {}, {rmr}}), 48) == Answer::done);
  CHECK(container.map(range(0x0100'0000, 0x07FF'FFFF)) == Answer::done);
  CHECK(container.map(range(0x0800'0000, 0x0800'0FFF)) == Answer::invalid);
  // One that may not is in the way of users, and of nobody else.
  VfioContainer refused;
  REQUIRE(refused.attach(0, arm_reserved_regions({0x02'0000, {rmr}}), 48) == Answer::done);
  CHECK(refused.map(range(0x0100'0000, 0x07FF'FFFF)) == Answer::invalid);
}

TEST_CASE("POL-050 Windows in the list refuse a guest where hardware would do, and out of it let one in where not",
          "[linux]") {
  const Range<Iova> guest_memory = range(0x4000'0000, 0x1'3FFF'FFFF);
  ReservedRegions with_window = arm_reserved_regions({0x02'0000, {}});
  with_window.insert({range(0x4000'0000, 0xBFFF'FFFF), ReservedType::reserved});
  VfioContainer before;
  REQUIRE(before.attach(0, with_window, 48) == Answer::done);
  CHECK(before.map(guest_memory) == Answer::invalid);
  CHECK(landing_on("seattle-windows-acs") == LandingKind::memory);

  VfioContainer now;
  REQUIRE(now.attach(0, arm_reserved_regions({0x02'0000, {}}), 48) == Answer::done);
  CHECK(now.map(guest_memory) == Answer::done);
  CHECK(landing_on("seattle-windows") == LandingKind::rejected);
}
