// SPDX-License-Identifier: Apache-2.0
// CMD_ATC_INV and what devices owe a CMD_SYNC (SMMUv3 architecture, 3.9.1 and 4.5.1).
// Oracle: the architecture's rules.
#include "support/smmuv3_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests::smmu;

namespace {

constexpr unsigned atc_inv_sync = 3;
constexpr std::uint32_t stream = 0x108;
constexpr RequesterId device{stream};

struct DeviceBench : Bench {
  explicit DeviceBench(const smmuv3::UnitConfig& config = full_config(), unsigned bits = 6) : Bench{config, bits} {
    start();
  }
  void complete(std::size_t which) {
    unit.complete_invalidation(invalidations[which].request.target, std::uint32_t{1} << invalidations[which].tag);
  }
};

}  // namespace

TEST_CASE("CMD_ATC_INV asks the device to forget an aligned block", "[smmuv3][ats]") {
  DeviceBench bench;
  for (const std::uint64_t size : {0, 1, 9, 20, 51}) {
    bench.invalidations.clear();
    bench.submit(atc_inv(stream, 0x7654'3210'F000, size));
    REQUIRE(bench.invalidations.size() == 1);
    const iommu::DeviceTlbInvalidation& request = bench.invalidations[0].request;
    const std::uint64_t bytes = std::uint64_t{4096} << size;
    CHECK(request.target == device);
    CHECK_FALSE(request.pasid.has_value());
    CHECK_FALSE(request.global);
    CHECK(request.block.first.value() == 0x7654'3210'F000 / bytes * bytes);
    CHECK(request.block.last - request.block.first == bytes - 1);
    bench.complete(0);
  }
  bench.invalidations.clear();
  bench.submit(atc_inv(stream, 0x7654'3210'F000, 52));
  REQUIRE(bench.invalidations.size() == 1);
  CHECK(bench.invalidations[0].request.block == Range<Iova>{Iova{0}, Iova{~std::uint64_t{0}}});
}

TEST_CASE("CMD_ATC_INV carries the SubstreamID, and Global with it only", "[smmuv3][ats]") {
  constexpr std::uint64_t global = 1U << 9;
  DeviceBench bench;
  bench.submit(command(0x40, of_stream(stream) | of_substream(0x12345) | global, 0));
  bench.submit(command(0x40, of_stream(stream) | of_substream(0x12345), 0));
  bench.submit(command(0x40, of_stream(stream) | global, 0));
  REQUIRE(bench.invalidations.size() == 3);
  CHECK(bench.invalidations[0].request.pasid == Pasid{0x12345});
  CHECK(bench.invalidations[0].request.global);
  CHECK_FALSE(bench.invalidations[1].request.global);
  CHECK_FALSE(bench.invalidations[2].request.pasid.has_value());
  CHECK_FALSE(bench.invalidations[2].request.global);
}

TEST_CASE("CMD_SYNC waits for what devices owe, and the commands after it with it", "[smmuv3][ats]") {
  DeviceBench bench;
  bench.put(atc_inv(stream, 0x1000));
  bench.put(atc_inv(stream, 0x2000));
  bench.put(sync_with_irq(0x9000, 5));
  bench.put(atc_inv(stream, 0x3000));
  bench.ring();
  CHECK(bench.consumed() == 2);
  CHECK(bench.invalidations.size() == 2);
  CHECK(bench.unit.waits_for_devices());
  bench.complete(1);
  CHECK(bench.consumed() == 2);
  bench.complete(0);
  CHECK(bench.consumed() == 4);
  CHECK(bench.load64(PhysAddr{0x9000}) == 5);
  CHECK(bench.invalidations.size() == 3);
  bench.complete(2);
  CHECK_FALSE(bench.unit.waits_for_devices());
  CHECK(bench.unit.statistics().device_invalidations == 3);
}

TEST_CASE("A device may answer within the request", "[smmuv3][ats]") {
  DeviceBench bench;
  bench.unit.on_device_invalidation([&](const iommu::DeviceTlbInvalidation& request, unsigned tag) {
    bench.unit.complete_invalidation(request.target, std::uint32_t{1} << tag);
  });
  for (unsigned n = 0; n < 50; ++n)
    bench.put(atc_inv(stream, 0x1000));
  bench.submit(sync());
  CHECK(bench.consumed() == 51);
  CHECK_FALSE(bench.unit.waits_for_devices());
}

TEST_CASE("No more requests are under way than there are tags", "[smmuv3][ats]") {
  DeviceBench bench;
  for (unsigned n = 0; n < 34; ++n)
    bench.put(atc_inv(stream, 0x1000));
  bench.submit(sync());
  CHECK(bench.invalidations.size() == 32);
  CHECK(bench.consumed() == 32);
  bench.complete(7);
  CHECK(bench.invalidations.size() == 33);
  for (std::size_t n = 0; n < bench.invalidations.size(); ++n)
    if (n != 7) bench.complete(n);
  CHECK(bench.consumed() == 35);
  CHECK_FALSE(bench.unit.waits_for_devices());
}

TEST_CASE("A device that does not answer makes the CMD_SYNC fail once", "[smmuv3][ats]") {
  DeviceBench bench;
  bench.put(atc_inv(stream, 0x1000));
  bench.submit(sync_with_irq(0x9000, 5));
  bench.unit.time_out_invalidations();
  CHECK(bench.consumed() == 1);
  CHECK(bench.command_error() == atc_inv_sync);
  CHECK(bench.active_errors() == gerror::cmdq_err);
  CHECK(bench.load64(PhysAddr{0x9000}) == 0);
  CHECK_FALSE(bench.unit.waits_for_devices());
  bench.acknowledge_errors();
  CHECK(bench.consumed() == 2);
  CHECK(bench.load64(PhysAddr{0x9000}) == 5);
  CHECK(bench.active_errors() == 0);
}

TEST_CASE("A time-out is told by the next CMD_SYNC, not before", "[smmuv3][ats]") {
  DeviceBench bench;
  bench.submit(atc_inv(stream, 0x1000));
  bench.unit.time_out_invalidations();
  bench.unit.time_out_invalidations();
  CHECK(bench.active_errors() == 0);
  bench.put(cfgi_all());
  bench.submit(sync());
  CHECK(bench.consumed() == 2);
  CHECK(bench.command_error() == atc_inv_sync);
}

TEST_CASE("Completions that answer nothing change nothing", "[smmuv3][ats]") {
  DeviceBench bench;
  bench.put(atc_inv(stream, 0x1000));
  bench.submit(sync());
  bench.unit.complete_invalidation(RequesterId{1}, 0xFFFF'FFFF);
  bench.unit.complete_invalidation(device, 0);
  bench.unit.complete_invalidation(device, ~(std::uint32_t{1} << bench.invalidations[0].tag));
  CHECK(bench.consumed() == 1);
  bench.complete(0);
  CHECK(bench.consumed() == 2);
  bench.complete(0);
  CHECK(bench.active_errors() == 0);
}

TEST_CASE("SMMU-079 Without ATS or PRI their commands are illegal", "[smmuv3][ats]") {
  smmuv3::UnitConfig config = full_config();
  config.pri = false;
  config.page_request_queue_bits = 0;
  Bench without_pri{config};
  without_pri.start();
  without_pri.submit(pri_resp(stream, 0, 2));
  CHECK(without_pri.command_error() == 1);
  config.ats = config.ats_record_errors = false;
  Bench without_ats{config};
  without_ats.start();
  without_ats.submit(atc_inv(stream, 0));
  CHECK(without_ats.command_error() == 1);
  CHECK(without_ats.invalidations.empty());
}

TEST_CASE("SMMU-079 The reserved response is illegal", "[smmuv3][ats]") {
  DeviceBench bench;
  bench.submit(pri_resp(stream, 0, 3));
  CHECK(bench.command_error() == 1);
  CHECK(bench.responses.empty());
}

TEST_CASE("SMMU-079 With SMMUEN 0 devices are told nothing", "[smmuv3][ats]") {
  DeviceBench bench;
  bench.clear_bits(offset::cr0, cr0::smmuen);
  bench.put(atc_inv(stream, 0x1000));
  bench.put(pri_resp(stream, 0, 2));
  bench.submit(sync());
  CHECK(bench.consumed() == 3);
  CHECK(bench.active_errors() == 0);
  CHECK(bench.invalidations.empty());
  CHECK(bench.responses.empty());
}

TEST_CASE("Streams that nobody has are told nothing", "[smmuv3][ats]") {
  smmuv3::UnitConfig config = full_config();
  config.streams = {{RequesterId{0x100}, 0x10, 0x2000}};
  DeviceBench bench{config};
  bench.put(atc_inv(0x2008, 0x1000));
  bench.put(atc_inv(0x2010, 0x1000));
  bench.put(pri_resp(0x100, 0, 2));
  bench.put(sync());
  bench.ring();
  REQUIRE(bench.invalidations.size() == 1);
  CHECK(bench.invalidations[0].request.target == RequesterId{0x108});
  CHECK(bench.responses.empty());
  bench.complete(0);
  CHECK(bench.consumed() == 4);
}
