// SPDX-License-Identifier: Apache-2.0
// Device-TLB invalidation: the request to the device, its completion, and what waits for it (VT-d sheet, 5.1 and 5.2).
// Oracle: the specification's descriptor layouts and its rules of waiting, time-out and unexpected completions.
#include "support/vtd_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr PhysAddr status{0x900'0000};

vtd::UnitConfig with_device_tlbs() {
  vtd::UnitConfig config = vtd::scalable_mode_config();
  config.device_tlb = true;
  return config;
}

struct Asked {
  iommu::DeviceTlbInvalidation request;
  unsigned tag = 0;
};

/// A device that completes what it is asked when the test says so.
struct DeviceBench : VtdBench {
  explicit DeviceBench(const vtd::UnitConfig& config = with_device_tlbs()) : VtdBench{config} {
    unit.on_device_invalidation([this](const iommu::DeviceTlbInvalidation& request, unsigned tag) {
      asked.push_back({request, tag});
      if (answers_at_once) complete(asked.size() - 1);
    });
  }
  void complete(std::size_t index) { unit.complete_invalidation(asked[index].request.target, 1U << asked[index].tag); }
  std::uint64_t head() const { return registers.read64(offset::iqh); }
  std::uint16_t timed_out() const { return static_cast<std::uint16_t>(registers.read64(offset::iqercd) >> 32); }
  std::uint16_t unexpected() const { return static_cast<std::uint16_t>(registers.read64(offset::iqercd) >> 48); }

  std::vector<Asked> asked;
  bool answers_at_once = false;
};

struct NarrowBench : DeviceBench {
  NarrowBench() { queue.enable(); }
};

PasidDeviceTlbDescriptor invalidate_pasid_device_tlb(std::uint32_t pasid, Iova address) {
  auto result = descriptor<PasidDeviceTlbDescriptor>();
  result.set<PasidDeviceTlbDescriptor::SID>(device.raw());
  result.set<PasidDeviceTlbDescriptor::PASID>(pasid);
  result.set<PasidDeviceTlbDescriptor::ADDR>(address.value() >> 12);
  return result;
}

}  // namespace

TEST_CASE("VTD-091 A device-TLB invalidation reaches its device with its page", "[vtd][invalidation]") {
  NarrowBench bench;
  bench.queue.submit(invalidate_device_tlb(device, Iova{0x1234'5000}));
  REQUIRE(bench.asked.size() == 1);
  CHECK(bench.asked[0].request.target == device);
  CHECK_FALSE(bench.asked[0].request.pasid.has_value());
  CHECK(bench.asked[0].request.block == Range<Iova>{Iova{0x1234'5000}, Iova{0x1234'5FFF}});
  CHECK(bench.head() == 16);
}

TEST_CASE("VTD-091 The size bit and the lowest zero bit of the address give the block", "[vtd][invalidation]") {
  struct Case {
    std::uint64_t address, first, last;
  };
  const Case c =
      GENERATE(Case{0x4'0000, 0x4'0000, 0x4'1FFF}, Case{0x4'1000, 0x4'0000, 0x4'3FFF},
               Case{0x4'7000, 0x4'0000, 0x4'FFFF}, Case{0x400F'F000, 0x4000'0000, 0x401F'FFFF},
               Case{0x7FFF'FFFF'FFFF'F000, 0, ~std::uint64_t{0}}, Case{0xFFFF'FFFF'FFFF'F000, 0, ~std::uint64_t{0}});
  NarrowBench bench;
  auto request = invalidate_device_tlb(device, Iova{c.address});
  request.set<DeviceTlbDescriptor::S>(1);
  bench.queue.submit(request);
  REQUIRE(bench.asked.size() == 1);
  CHECK(bench.asked[0].request.block == Range<Iova>{Iova{c.first}, Iova{c.last}});
}

TEST_CASE("VTD-091 A PASID device-TLB invalidation names its address space", "[vtd][invalidation]") {
  DeviceBench bench;
  bench.registers.set_root(bench.tables.root(), 1);
  bench.queue.enable_wide();
  auto request = invalidate_pasid_device_tlb(0xF'1234, Iova{0x5000'0000});
  const bool global = GENERATE(false, true);
  request.set<PasidDeviceTlbDescriptor::G>(global);
  request.set<PasidDeviceTlbDescriptor::S>(1);
  bench.queue.submit(request);
  REQUIRE(bench.asked.size() == 1);
  CHECK(bench.asked[0].request.target == device);
  CHECK(bench.asked[0].request.pasid == Pasid{0xF'1234});
  CHECK(bench.asked[0].request.global == global);
  CHECK(bench.asked[0].request.block == Range<Iova>{Iova{0x5000'0000}, Iova{0x5000'1FFF}});
}

TEST_CASE("VTD-091 A wait behind it completes with the device's completion and not before", "[vtd][invalidation]") {
  NarrowBench bench;
  bench.queue.append(invalidate_device_tlb(device, Iova{0}));
  bench.queue.append(invalidate_device_tlb(other_device, Iova{0}));
  bench.queue.submit(wait_with_status(status, 1));
  REQUIRE(bench.asked.size() == 2);
  CHECK(bench.asked[0].tag != bench.asked[1].tag);
  CHECK(bench.head() == 3 * 16);
  CHECK(bench.unit.waits_for_devices());
  CHECK(bench.load32(status) == 0);
  bench.complete(1);
  CHECK(bench.load32(status) == 0);
  bench.complete(0);
  CHECK(bench.load32(status) == 1);
  CHECK_FALSE(bench.unit.waits_for_devices());
}

TEST_CASE("VTD-091 A device may complete before the request returns", "[vtd][invalidation]") {
  NarrowBench bench;
  bench.answers_at_once = true;
  bench.queue.append(invalidate_device_tlb(device, Iova{0}));
  bench.queue.submit(wait_with_status(status, 1));
  CHECK(bench.load32(status) == 1);
  CHECK(bench.registers.fault_status() == 0);
}

TEST_CASE("VTD-091 A wait does not wait for what was asked after it", "[vtd][invalidation]") {
  NarrowBench bench;
  bench.queue.append(invalidate_device_tlb(device, Iova{0}));
  bench.queue.append(wait_with_status(status, 1));
  bench.queue.append(invalidate_device_tlb(other_device, Iova{0}));
  bench.queue.submit(wait_with_status(status + 4, 2));
  bench.complete(0);
  CHECK(bench.load32(status) == 1);
  CHECK(bench.load32(status + 4) == 0);
  bench.complete(1);
  CHECK(bench.load32(status + 4) == 2);
}

TEST_CASE("VTD-091 Behind a fence nothing starts before the device has answered", "[vtd][invalidation]") {
  NarrowBench bench;
  auto fence = wait_with_status(status, 1);
  const bool fenced = GENERATE(true, false);
  fence.set<WaitDescriptor::FN>(fenced);
  bench.queue.append(invalidate_device_tlb(device, Iova{0}));
  bench.queue.append(fence);
  bench.queue.submit(invalidate_device_tlb(other_device, Iova{0}));
  CHECK(bench.asked.size() == (fenced ? 1 : 2));
  CHECK(bench.head() == (fenced ? 2 : 3) * 16);
  bench.complete(0);
  CHECK(bench.asked.size() == 2);
  CHECK(bench.load32(status) == 1);
  CHECK(bench.head() == 3 * 16);
}

TEST_CASE("VTD-091 With all 32 tags under way the queue goes on when one is free", "[vtd][invalidation]") {
  NarrowBench bench;
  for (unsigned i = 0; i < 33; ++i)
    bench.queue.append(invalidate_device_tlb(device, Iova{i * page_4k}));
  bench.queue.submit(wait_with_status(status, 1));
  CHECK(bench.asked.size() == 32);
  CHECK(bench.head() == 32 * 16);
  for (std::size_t i = 0; i < 33; ++i)
    bench.complete(i);
  CHECK(bench.asked.size() == 33);
  CHECK(bench.load32(status) == 1);
}

TEST_CASE("VTD-091 A time-out sets ITE and its source, and stops the queue until ITE is cleared",
          "[vtd][invalidation]") {
  NarrowBench bench;
  bench.registers.program_event(offset::fectl, 0xFEE0'5000, 0x71);
  bench.queue.append(invalidate_device_tlb(other_device, Iova{0}));
  bench.queue.submit(wait_with_status(status, 1));
  bench.unit.time_out_invalidations();
  CHECK(bench.registers.fault_status() == fault_status::ite);
  CHECK(bench.timed_out() == other_device.raw());
  CHECK(bench.messages.size() == 1);
  CHECK(bench.load32(status) == 0);

  bench.queue.submit(wait_with_status(status + 4, 2));
  CHECK(bench.load32(status + 4) == 0);
  CHECK(bench.head() == 2 * 16);
  bench.registers.write32(offset::fsts, fault_status::ite);
  CHECK(bench.registers.fault_status() == 0);
  CHECK(bench.load32(status + 4) == 2);
  // The wait that timed out is not done later either.
  CHECK(bench.load32(status) == 0);
}

TEST_CASE("VTD-091 A completion that comes after the time-out completes nothing that was asked later",
          "[vtd][invalidation]") {
  NarrowBench bench;
  bench.queue.submit(invalidate_device_tlb(device, Iova{0}));
  bench.unit.time_out_invalidations();
  bench.registers.write32(offset::fsts, fault_status::ite);
  // More than there are tags, but for one.
  for (unsigned i = 1; i <= 40; ++i) {
    bench.queue.submit(invalidate_device_tlb(device, Iova{i * page_4k}));
    if (i < 40) bench.complete(i);
  }
  bench.queue.submit(wait_with_status(status, 1));
  bench.complete(0);
  CHECK(bench.load32(status) == 0);
  CHECK(bench.registers.fault_status() == fault_status::ice);
  bench.complete(40);
  CHECK(bench.load32(status) == 1);
}

TEST_CASE("VTD-091 When all 32 tags timed out they are used again", "[vtd][invalidation]") {
  NarrowBench bench;
  for (unsigned i = 0; i < 32; ++i)
    bench.queue.submit(invalidate_device_tlb(device, Iova{i * page_4k}));
  bench.unit.time_out_invalidations();
  bench.registers.write32(offset::fsts, fault_status::ite);
  bench.queue.append(invalidate_device_tlb(device, Iova{0}));
  bench.queue.submit(wait_with_status(status, 1));
  REQUIRE(bench.asked.size() == 33);
  bench.complete(32);
  CHECK(bench.load32(status) == 1);
}

TEST_CASE("VTD-091 The source of the first time-out and of the first unexpected completion stands until it is cleared",
          "[vtd][invalidation]") {
  NarrowBench bench;
  bench.unit.complete_invalidation(device, 1);
  bench.unit.complete_invalidation(other_device, 1);
  CHECK(bench.unexpected() == device.raw());
  bench.registers.write32(offset::fsts, fault_status::ice);
  bench.unit.complete_invalidation(other_device, 1);
  CHECK(bench.unexpected() == other_device.raw());

  bench.queue.submit(invalidate_device_tlb(device, Iova{0}));
  bench.unit.time_out_invalidations();
  CHECK(bench.timed_out() == device.raw());
  bench.registers.write32(offset::fsts, fault_status::ite);
  bench.queue.submit(invalidate_device_tlb(other_device, Iova{0}));
  bench.unit.time_out_invalidations();
  CHECK(bench.timed_out() == other_device.raw());
}

TEST_CASE("VTD-091 Without an invalidation under way nothing times out", "[vtd][invalidation]") {
  NarrowBench bench;
  bench.answers_at_once = true;
  bench.queue.submit(invalidate_device_tlb(device, Iova{0}));
  bench.unit.time_out_invalidations();
  CHECK(bench.registers.fault_status() == 0);
}

TEST_CASE("VTD-091 A completion that nobody asked for sets ICE and its source", "[vtd][invalidation]") {
  NarrowBench bench;
  bench.queue.append(invalidate_device_tlb(device, Iova{0}));
  bench.queue.submit(wait_with_status(status, 1));
  const unsigned tag = bench.asked[0].tag;
  switch (GENERATE(0, 1, 2)) {
    case 0: bench.unit.complete_invalidation(other_device, 1U << tag); break;
    case 1: bench.unit.complete_invalidation(other_device, 1U << (tag + 1)); break;
    default: bench.unit.complete_invalidation(other_device, 0); break;
  }
  CHECK(bench.registers.fault_status() == fault_status::ice);
  CHECK(bench.unexpected() == other_device.raw());
  CHECK(bench.load32(status) == 0);
  // The queue goes on.
  bench.complete(0);
  CHECK(bench.load32(status) == 1);
  bench.registers.write32(offset::fsts, fault_status::ice);
  CHECK(bench.registers.fault_status() == 0);
}

TEST_CASE("VTD-091 Without device TLBs the descriptor does not exist", "[vtd][invalidation]") {
  VtdBench bench;
  bench.queue.enable();
  bench.queue.submit(invalidate_device_tlb(device, Iova{0}));
  CHECK(bench.registers.fault_status() == fault_status::iqe);
  CHECK(bench.registers.queue_error() == 3);
}

TEST_CASE("VTD-091 A reserved bit of a device-TLB descriptor is queue error 4", "[vtd][invalidation]") {
  NarrowBench bench;
  // 12 to 15 and 52 to 63 are PFSID, which needs ECAP.DIT.
  bench.queue.submit(
      with_bit(invalidate_device_tlb(device, Iova{0}), GENERATE(4U, 12U, 15U, 21U, 31U, 48U, 52U, 63U, 65U, 75U)));
  CHECK(bench.registers.fault_status() == fault_status::iqe);
  CHECK(bench.registers.queue_error() == 4);
  CHECK(bench.asked.empty());
}

TEST_CASE("VTD-091 Throttling hints are accepted with DIT", "[vtd][invalidation]") {
  vtd::UnitConfig config = with_device_tlbs();
  config.device_tlb_throttling = true;
  DeviceBench bench{config};
  bench.queue.enable();
  bench.queue.submit(with_bit(invalidate_device_tlb(device, Iova{0}), GENERATE(12U, 16U, 20U, 63U)));
  CHECK(bench.registers.fault_status() == 0);
  CHECK(bench.asked.size() == 1);
}

TEST_CASE("VTD-091 A reserved bit of a PASID device-TLB descriptor is queue error 4", "[vtd][invalidation]") {
  DeviceBench bench;
  bench.registers.set_root(bench.tables.root(), 1);
  bench.queue.enable_wide();
  bench.queue.submit(with_bit(invalidate_pasid_device_tlb(5, Iova{0}), GENERATE(12U, 52U, 65U, 74U, 128U, 255U)));
  CHECK(bench.registers.fault_status() == fault_status::iqe);
  CHECK(bench.registers.queue_error() == 4);
  CHECK(bench.asked.empty());
}
