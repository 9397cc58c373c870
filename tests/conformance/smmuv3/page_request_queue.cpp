// SPDX-License-Identifier: Apache-2.0
// The PRI queue and its responses (SMMUv3 architecture, 8).
// Oracle: the architecture's rules and layouts, retyped.
#include "support/smmuv3_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests::smmu;
using iommu::PageResponse;

namespace {

constexpr RequesterId device{0x0105};

iommu::PageRequest page_request(bool last, std::uint16_t group = 9) {
  iommu::PageRequest request;
  request.requester = device;
  request.address = Iova{0x1234'5000};
  request.group = group;
  request.last = last;
  request.read = true;
  return request;
}

struct PageBench : Bench {
  explicit PageBench(const smmuv3::UnitConfig& config = full_config()) : Bench{config, 1} { start(); }

  std::uint32_t producer() const { return read32(offset::priq_prod); }
  void fill() {
    unit.request_page(page_request(true));
    unit.request_page(page_request(true));
  }
  void acknowledge_overflow(std::uint32_t consumer) {
    write32(offset::priq_cons, (producer() & overflow_flag) | consumer);
  }
};

void check_failure(PageBench& bench) {
  bench.unit.request_page(page_request(false));
  CHECK(bench.responses.empty());
  bench.unit.request_page(page_request(true));
  REQUIRE(bench.responses.size() == 1);
  CHECK(bench.responses[0].code == PageResponse::response_failure);
  CHECK(bench.responses[0].target == device);
  CHECK(bench.responses[0].group == 9);
  CHECK((bench.producer() & overflow_flag) == 0);
}

}  // namespace

TEST_CASE("A page request is in the queue as it came", "[smmuv3][pri]") {
  PageBench bench;
  iommu::PageRequest request = page_request(false, 0x1FF);
  request.pasid = Pasid{0xABCDE};
  request.write = request.privileged = request.execute = true;
  bench.unit.request_page(request);
  bench.unit.request_page(page_request(true));
  CHECK(bench.producer() == 2);
  constexpr std::uint64_t one = 1;
  CHECK(bench.load64(Bench::page_request_queue) ==
        (0x0105 | std::uint64_t{0xABCDE} << 32 | one << 58 | one << 59 | one << 60 | one << 61 | one << 63));
  CHECK(bench.load64(Bench::page_request_queue + 8) == (0x1234'5000 | 0x1FF));
  CHECK(bench.load64(Bench::page_request_queue + 16) == (0x0105 | one << 60 | one << 62));
  CHECK(bench.load64(Bench::page_request_queue + 24) == (0x1234'5000 | 9));
  CHECK(bench.responses.empty());
  CHECK(bench.unit.statistics().page_requests == 2);
}

TEST_CASE("SMMU-083 A request that finds the queue full overflows it once", "[smmuv3][pri]") {
  PageBench bench;
  bench.fill();
  const std::uint32_t full = bench.producer();
  bench.unit.request_page(page_request(false));
  CHECK(bench.producer() == (full | overflow_flag));
  CHECK(bench.responses.empty());
  bench.unit.request_page(page_request(true));
  CHECK(bench.producer() == (full | overflow_flag));
  REQUIRE(bench.responses.size() == 1);
  CHECK(bench.responses[0].code == PageResponse::success);
}

TEST_CASE("SMMU-083 Nothing gets in until the overflow is acknowledged", "[smmuv3][pri]") {
  PageBench bench;
  bench.fill();
  bench.unit.request_page(page_request(false));
  bench.write32(offset::priq_cons, 2);
  bench.unit.request_page(page_request(true));
  CHECK(bench.producer() == (2 | overflow_flag));
  CHECK(bench.responses.size() == 1);
  bench.acknowledge_overflow(2);
  bench.unit.request_page(page_request(true));
  CHECK(bench.producer() == (3 | overflow_flag));
  CHECK(bench.responses.size() == 1);
}

TEST_CASE("SMMU-083 Stop markers are never answered", "[smmuv3][pri]") {
  PageBench bench;
  iommu::PageRequest marker = page_request(true);
  marker.pasid = Pasid{1};
  marker.read = false;
  bench.fill();
  bench.unit.request_page(marker);
  CHECK(bench.responses.empty());
  bench.clear_bits(offset::cr0, cr0::priqen);
  bench.unit.request_page(marker);
  CHECK(bench.responses.empty());
}

TEST_CASE("SMMU-083 Without PRIQEN, or SMMUEN, the device hears of a failure", "[smmuv3][pri]") {
  PageBench bench;
  bench.clear_bits(offset::cr0, GENERATE(cr0::priqen, cr0::smmuen));
  check_failure(bench);
}

TEST_CASE("SMMU-083 A unit without PRI fails every request", "[smmuv3][pri]") {
  smmuv3::UnitConfig config = full_config();
  config.pri = false;
  config.page_request_queue_bits = 0;
  PageBench bench{config};
  check_failure(bench);
}

TEST_CASE("SMMU-083 A queue that memory refuses fails requests until the error is acknowledged", "[smmuv3][pri]") {
  PageBench bench;
  bench.bus.fail_page(Bench::page_request_queue);
  check_failure(bench);
  CHECK(bench.active_errors() == gerror::priq_abt);
  CHECK(bench.producer() == 0);
  bench.bus.repair();
  bench.unit.request_page(page_request(true));
  CHECK(bench.producer() == 0);
  CHECK(bench.responses.size() == 2);
  bench.acknowledge_errors();
  bench.unit.request_page(page_request(true));
  CHECK(bench.producer() == 1);
}

TEST_CASE("SMMU-084 With LO, the last request of a group interrupts, and only that", "[smmuv3][pri]") {
  Bench bench{full_config(), 3};
  bench.write32(offset::priq_irq_cfg0 + offset::cfg2, last_only);
  bench.start();
  bench.unit.request_page(page_request(false));
  bench.unit.request_page(page_request(false));
  CHECK(bench.wires.empty());
  bench.unit.request_page(page_request(true));
  CHECK(bench.wires == std::vector{smmuv3::InterruptSource::page_request_queue});
  bench.unit.request_page(page_request(true));
  CHECK(bench.wires.size() == 2);
}

TEST_CASE("SMMU-084 Without LO, the queue interrupts when it stops being empty", "[smmuv3][pri]") {
  Bench bench{full_config(), 3};
  bench.start();
  bench.unit.request_page(page_request(false));
  bench.unit.request_page(page_request(true));
  CHECK(bench.wires == std::vector{smmuv3::InterruptSource::page_request_queue});
}

TEST_CASE("CMD_PRI_RESP answers a group of the device", "[smmuv3][pri]") {
  PageBench bench;
  bench.submit(pri_resp(0x0105, 0x1FF, 2));
  bench.submit(pri_resp(0x0105, 3, 1));
  bench.submit(command(0x41, of_stream(0x0105) | of_substream(0x77), 4));
  REQUIRE(bench.responses.size() == 3);
  CHECK(bench.responses[0].target == device);
  CHECK(bench.responses[0].group == 0x1FF);
  CHECK(bench.responses[0].code == PageResponse::success);
  CHECK_FALSE(bench.responses[0].pasid.has_value());
  CHECK(bench.responses[1].code == PageResponse::invalid_request);
  CHECK(bench.responses[2].code == PageResponse::response_failure);
  CHECK(bench.responses[2].pasid == Pasid{0x77});
}

TEST_CASE("Answers of the unit carry the PASID where the unit, or the stream's entry, says that they do",
          "[smmuv3][pri]") {
  constexpr std::uint64_t ppar = std::uint64_t{1} << 18;
  constexpr std::uint32_t stream = 5;
  smmuv3::UnitConfig config = full_config();
  config.page_response_pasid = GENERATE(true, false);
  const bool stream_says_so = GENERATE(true, false);
  PageBench bench{config};
  bench.attach(stream, false);
  const PhysAddr ste = Bench::stream_table + 64 * stream;
  if (stream_says_so) bench.store64(ste + 8, bench.load64(ste + 8) | ppar);
  bench.clear_bits(offset::cr0, cr0::priqen);
  iommu::PageRequest request = page_request(true);
  request.requester = RequesterId{stream};
  request.pasid = Pasid{3};
  bench.unit.request_page(request);
  REQUIRE(bench.responses.size() == 1);
  CHECK(bench.responses[0].pasid.has_value() == (config.page_response_pasid || stream_says_so));
}
