// SPDX-License-Identifier: Apache-2.0
// Page requests of devices: the queue, its event, overflow, responses and draining (VT-d sheet, 1.16 and 7.2).
// Oracle: the specification's layout of queue entries and responses, and its rules of the queue.
#include "base/endian.h"
#include "support/scalable_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr PhysAddr requests{0xA00'0000};
constexpr PhysAddr status{0x900'0000};
constexpr std::uint32_t event_address = 0xFEE0'6000, event_data = 0x77;

vtd::UnitConfig with_page_requests() {
  vtd::UnitConfig config = vtd::scalable_mode_config();
  config.device_tlb = true;
  config.page_requests = true;
  config.page_request_drain = true;
  return config;
}

iommu::PageRequest request_for(std::uint64_t address, std::uint16_t group = 0) {
  iommu::PageRequest request;
  request.requester = device;
  request.address = Iova{address};
  request.group = group;
  request.read = true;
  return request;
}

/// The context entry allows ATS, PASIDs below 2^13 and page requests. Requests without PASID pass through.
struct RequestBench : ScalableBench {
  explicit RequestBench(const vtd::UnitConfig& config = with_page_requests()) : ScalableBench{config} {
    set_context_field<ScalableContextEntry::DTE>(1);
    set_context_field<ScalableContextEntry::PRE>(1);
    set_context_field<ScalableContextEntry::PDTS>(0);
    use(ScalableTables::pass_through(3));
    unit.on_page_response([this](const iommu::PageGroupResponse& response) { responses.push_back(response); });
    registers.write64(offset::pqa, requests.value());
    registers.program_event(offset::pectl, event_address, event_data);
  }

  std::uint64_t entry(unsigned slot, unsigned word) const {
    std::array<std::uint8_t, 8> bytes{};
    REQUIRE(memory.read(requests + 32 * std::uint64_t{slot} + 8 * std::uint64_t{word}, bytes.data(), bytes.size()));
    return load_le<std::uint64_t>(bytes.data());
  }
  std::uint64_t tail() const { return registers.read64(offset::pqt); }
  std::uint32_t state() const { return registers.read32(offset::prs); }
  void expect_refused(const iommu::PageRequest& request, std::uint16_t reason) {
    unit.request_page(request);
    const FaultRecord record = registers.fault_record();
    CHECK(record.get<FaultRecord::F>() == 1);
    CHECK(record.get<FaultRecord::FR>() == reason);
    CHECK(record.get<FaultRecord::SID>() == request.requester.raw());
    CHECK(record.get<FaultRecord::FI>() == request.address.value() >> 12);
    // (T1, T2) = 01 is a page request.
    CHECK(record.get<FaultRecord::T1>() == 0);
    CHECK(record.get<FaultRecord::T2>() == 1);
    CHECK(tail() == 0);
    REQUIRE(responses.size() == 1);
    CHECK(responses[0].code != iommu::PageResponse::success);
  }

  std::vector<iommu::PageGroupResponse> responses;
};

}  // namespace

TEST_CASE("VTD-104 A page request becomes one entry of the queue", "[vtd][pri]") {
  RequestBench bench;
  iommu::PageRequest request = request_for(0x1234'5678'9000, 0x155);
  request.write = true;
  request.last = false;
  bench.unit.request_page(request);
  CHECK(bench.entry(0, 0) == (0x01 | std::uint64_t{device.raw()} << 16));
  CHECK(bench.entry(0, 1) == (0x1234'5678'9000 | 0x155 << 3 | 0b011));
  CHECK(bench.entry(0, 2) == 0);
  CHECK(bench.entry(0, 3) == 0);
  CHECK(bench.tail() == 32);
  CHECK(bench.state() == page_request_status::ppr);
  CHECK(bench.responses.empty());
}

TEST_CASE("VTD-104 An entry says the PASID and what was asked with it", "[vtd][pri]") {
  RequestBench bench;
  bench.scalable.set_pasid(device, 0x1234, ScalableTables::pass_through(3));
  iommu::PageRequest request = request_for(0x1000);
  request.pasid = Pasid{0x1234};
  request.execute = true;
  request.privileged = true;
  bench.unit.request_page(request);
  CHECK(bench.entry(0, 0) == (0x01 | 1 << 8 | std::uint64_t{device.raw()} << 16 | std::uint64_t{0x1234} << 32 |
                              std::uint64_t{1} << 52 | std::uint64_t{1} << 53));
  CHECK(bench.entry(0, 1) == (0x1000 | 0b101));
}

TEST_CASE("VTD-104 One event announces requests until PPR is cleared", "[vtd][pri]") {
  RequestBench bench;
  bench.unit.request_page(request_for(0x1000));
  bench.unit.request_page(request_for(0x2000));
  REQUIRE(bench.messages.size() == 1);
  CHECK(bench.messages[0] == interrupts::MsiMessage{BusAddr{event_address}, event_data});
  bench.registers.write32(offset::prs, page_request_status::ppr);
  CHECK(bench.state() == 0);
  bench.unit.request_page(request_for(0x3000));
  CHECK(bench.messages.size() == 2);
  CHECK(bench.tail() == 96);
}

TEST_CASE("VTD-104 A masked page request event is pending, and ends with PPR", "[vtd][pri]") {
  RequestBench bench;
  bench.registers.write32(offset::pectl, event_control::im);
  bench.unit.request_page(request_for(0x1000));
  CHECK(bench.messages.empty());
  CHECK(bench.registers.read32(offset::pectl) == (event_control::im | event_control::ip));
  if (GENERATE(true, false)) {
    bench.registers.write32(offset::pectl, 0);
    CHECK(bench.messages.size() == 1);
  } else {
    bench.registers.write32(offset::prs, page_request_status::ppr);
    CHECK(bench.registers.read32(offset::pectl) == event_control::im);
    bench.registers.write32(offset::pectl, 0);
    CHECK(bench.messages.empty());
  }
}

TEST_CASE("VTD-104 The entry after the last slot is slot 0", "[vtd][pri]") {
  RequestBench bench;
  const std::uint64_t last = GENERATE(std::uint64_t{0xFE0}, std::uint64_t{0x1FE0});
  if (last > 0x1000) bench.registers.write64(offset::pqa, requests.value() | 1);
  bench.registers.write64(offset::pqh, last);
  bench.registers.write64(offset::pqt, last);
  bench.unit.request_page(request_for(0x1000));
  CHECK(bench.tail() == 0);
  bench.unit.request_page(request_for(0x7000));
  CHECK((bench.entry(0, 1) & ~std::uint64_t{0xFFF}) == 0x7000);
  CHECK(bench.tail() == 32);
}

TEST_CASE("VTD-104 Without PRE page requests are fault 0x47", "[vtd][pri]") {
  RequestBench bench;
  bench.set_context_field<ScalableContextEntry::PRE>(0);
  bench.expect_refused(request_for(0x5000), 0x47);
}

TEST_CASE("VTD-104 A page request with PASID needs PASIDE and a PASID of the directory", "[vtd][pri]") {
  const bool allowed = GENERATE(true, false);
  RequestBench bench;
  bench.set_context_field<ScalableContextEntry::PASIDE>(allowed ? 1 : 0);
  iommu::PageRequest request = request_for(0x5000);
  request.pasid = Pasid{allowed ? 0x2000U : 1U};
  bench.expect_refused(request, allowed ? 0x46 : 0x45);
  CHECK(bench.registers.fault_record().get<FaultRecord::PP>() == 1);
}

TEST_CASE("VTD-104 A page request needs its PASID in directory and table", "[vtd][pri]") {
  RequestBench bench;
  const bool has_pasid = GENERATE(true, false);
  iommu::PageRequest request = request_for(0x5000);
  const std::uint32_t pasid = has_pasid ? 0x77 : 0;
  if (has_pasid) request.pasid = Pasid{pasid};
  bench.scalable.set_pasid(device, pasid, ScalableTables::pass_through(3));
  const PhysAddr directory = bench.scalable.directory_entry(device, pasid);
  const PhysAddr entry = bench.scalable.pasid_entry(device, pasid);
  struct Case {
    PhysAddr where;
    std::uint64_t set, clear;
    std::uint16_t reason;
  };
  const Case broken =
      GENERATE_COPY(Case{directory, 0, 1, 0x51}, Case{directory, 1 << 2, 0, 0x52}, Case{entry, 0, 1, 0x59},
                    Case{entry, 1 << 10, 0, 0x5A}, Case{entry, 7 << 6, 0, 0x5B});
  bench.change(broken.where, broken.set, broken.clear);
  bench.expect_refused(request, broken.reason);
}

TEST_CASE("VTD-104 A page request whose PASID cannot be looked up is fault 0x50 or 0x58", "[vtd][pri]") {
  RequestBench bench;
  const bool in_table = GENERATE(true, false);
  bench.bus.fail_page(in_table ? bench.scalable.pasid_entry(device, 0) : bench.scalable.directory_entry(device, 0));
  bench.expect_refused(request_for(0x5000), in_table ? 0x58 : 0x50);
}

TEST_CASE("VTD-104 A page request with the PASID of requests without one is fault 0x48", "[vtd][pri]") {
  RequestBench bench;
  iommu::PageRequest request = request_for(0x5000);
  request.pasid = Pasid{0};
  bench.expect_refused(request, 0x48);
}

TEST_CASE("VTD-104 A page request for the interrupt range is queued as any other", "[vtd][pri]") {
  RequestBench bench;
  bench.unit.request_page(request_for(0xFEE0'0000));
  CHECK(bench.tail() == 32);
  CHECK(bench.no_fault_recorded());
}

TEST_CASE("VTD-104 A page request drops what is cached of its page", "[vtd][pri]") {
  constexpr std::uint64_t page = 0x1234'5000, other_page = 0x2234'5000;
  constexpr PhysAddr target{0x5'0000'0000}, elsewhere{0x6'0000'0000};
  RequestBench bench;
  const Domain domain = bench.tables.new_domain(4);
  const std::uint64_t type = GENERATE(pgtt::first_stage, pgtt::second_stage, pgtt::nested);
  constexpr std::uint64_t guest = 0x10'0000'0000;
  const FirstStage first =
      type == pgtt::nested ? bench.scalable.new_nested(domain, guest) : bench.scalable.new_first_stage();
  const auto map = [&](std::uint64_t from, PhysAddr to) {
    if (type != pgtt::second_stage) bench.scalable.map(first, Iova{from}, type == pgtt::nested ? from : to.value());
    if (type != pgtt::first_stage) bench.tables.map(domain, Iova{from}, to);
  };
  bench.use(type == pgtt::second_stage ? ScalableTables::second_stage(domain) : ScalableTables::first_stage(first, 9));
  for (const std::uint64_t each : {page, other_page}) {
    map(each, target);
    expect_translated(bench, read_of(each), target);
    map(each, elsewhere);
    expect_translated(bench, read_of(each), target);
  }
  bench.unit.request_page(request_for(page));
  expect_translated(bench, read_of(page), elsewhere);
  // Which nested translations depend on a page of the second stage is not known.
  expect_translated(bench, read_of(other_page), type == pgtt::nested ? elsewhere : target);
}

TEST_CASE("VTD-104 A page request of an unknown requester is fault 0x41", "[vtd][pri]") {
  RequestBench bench;
  iommu::PageRequest request = request_for(0x5000);
  request.requester = other_device;
  bench.expect_refused(request, 0x41);
}

TEST_CASE("VTD-104 FPD of the context entry suppresses the record", "[vtd][pri]") {
  RequestBench bench;
  bench.set_context_field<ScalableContextEntry::PRE>(0);
  const PhysAddr context = bench.scalable.context_entry(device);
  bench.tables.store(context, Word<64>{bench.tables.load<Word<64>>(context).raw() | 2});
  bench.unit.request_page(request_for(0x5000));
  CHECK(bench.no_fault_recorded());
  CHECK(bench.responses.size() == 1);
}

TEST_CASE("VTD-104 In legacy mode a page request is fault 0x32", "[vtd][pri]") {
  RequestBench bench;
  bench.registers.set_root(bench.tables.root(), 0);
  bench.expect_refused(request_for(0x5000), 0x32);
}

TEST_CASE("VTD-104 Without remapping a page request is answered as invalid and leaves no record", "[vtd][pri]") {
  RequestBench bench;
  bench.registers.withdraw(global::te);
  bench.unit.request_page(request_for(0x5000));
  CHECK(bench.no_fault_recorded());
  REQUIRE(bench.responses.size() == 1);
  CHECK(bench.responses[0].code == iommu::PageResponse::invalid_request);
}

TEST_CASE("VTD-105 A full queue sets PRO, keeps its entries and answers the last of a group", "[vtd][pri]") {
  RequestBench bench;
  for (unsigned i = 0; i < 127; ++i)
    bench.unit.request_page(request_for(page_4k * (i + 1)));
  CHECK(bench.tail() == 0xFE0);
  CHECK(bench.state() == page_request_status::ppr);

  iommu::PageRequest more = request_for(0x7000, 9);
  more.last = false;
  bench.unit.request_page(more);
  CHECK(bench.responses.empty());
  more.last = true;
  bench.unit.request_page(more);
  CHECK(bench.tail() == 0xFE0);
  CHECK(bench.state() == (page_request_status::ppr | page_request_status::pro));
  CHECK(bench.entry(127, 0) == 0);
  // PPR stood already: no other event.
  CHECK(bench.messages.size() == 1);
  REQUIRE(bench.responses.size() == 1);
  CHECK(bench.responses[0].target == device);
  CHECK(bench.responses[0].group == 9);
  CHECK(bench.responses[0].code == iommu::PageResponse::success);
}

TEST_CASE("VTD-105 While PRO is set nothing is queued, though there is room", "[vtd][pri]") {
  RequestBench bench;
  bench.registers.write64(offset::pqh, 32);
  bench.unit.request_page(request_for(0x1000));
  CHECK(bench.state() == page_request_status::pro);
  CHECK(bench.messages.size() == 1);
  bench.registers.write64(offset::pqh, 0);
  bench.unit.request_page(request_for(0x2000));
  CHECK(bench.tail() == 0);
  bench.registers.write32(offset::prs, page_request_status::pro);
  bench.unit.request_page(request_for(0x3000));
  CHECK(bench.tail() == 32);
  CHECK(bench.state() == page_request_status::ppr);
}

TEST_CASE("VTD-105 A stop marker that is not queued is answered by nobody", "[vtd][pri]") {
  RequestBench bench;
  bench.registers.write64(offset::pqh, 32);
  iommu::PageRequest marker = request_for(0x1000);
  marker.pasid = Pasid{5};
  marker.read = false;
  bench.unit.request_page(marker);
  CHECK(bench.responses.empty());
}

TEST_CASE("VTD-105 A stop marker that faults is recorded and answered by nobody", "[vtd][pri]") {
  RequestBench bench;
  bench.set_context_field<ScalableContextEntry::PRE>(0);
  iommu::PageRequest marker = request_for(0x1000);
  marker.pasid = Pasid{5};
  marker.read = false;
  bench.unit.request_page(marker);
  CHECK(bench.registers.fault_record().get<FaultRecord::FR>() == 0x47);
  CHECK(bench.responses.empty());
}

TEST_CASE("VTD-103 Abort-DMA mode answers page requests as invalid and records nothing", "[vtd][pri]") {
  vtd::UnitConfig config = with_page_requests();
  config.abort_dma_mode = true;
  RequestBench bench{config};
  bench.registers.set_root(bench.scalable.root(), 3);
  bench.unit.request_page(request_for(0x5000));
  CHECK(bench.no_fault_recorded());
  CHECK(bench.tail() == 0);
  REQUIRE(bench.responses.size() == 1);
  CHECK(bench.responses[0].code == iommu::PageResponse::invalid_request);
}

TEST_CASE("VTD-103 In a table mode that the unit lacks a page request is fault 0x30", "[vtd][pri]") {
  RequestBench bench;
  bench.registers.set_root(bench.scalable.root(), GENERATE(2U, 3U));
  bench.expect_refused(request_for(0x5000), 0x30);
}

TEST_CASE("VTD-106 A page group response descriptor becomes the response message", "[vtd][pri]") {
  RequestBench bench;
  bench.queue.enable_wide();
  auto response = descriptor<PageGroupResponseDescriptor>();
  response.set<PageGroupResponseDescriptor::RID>(device.raw());
  response.set<PageGroupResponseDescriptor::PRGI>(0x1AA);
  response.set<PageGroupResponseDescriptor::PASID>(0x1234);
  const bool with_pasid = GENERATE(true, false);
  response.set<PageGroupResponseDescriptor::PP>(with_pasid);
  const auto code = GENERATE(iommu::PageResponse::success, iommu::PageResponse::invalid_request,
                             iommu::PageResponse::response_failure);
  response.set<PageGroupResponseDescriptor::RC>(static_cast<std::uint64_t>(code));
  bench.queue.submit(response);
  CHECK(bench.registers.fault_status() == 0);
  CHECK(bench.registers.read64(offset::iqh) == 32);
  REQUIRE(bench.responses.size() == 1);
  CHECK(bench.responses[0].target == device);
  CHECK(bench.responses[0].group == 0x1AA);
  CHECK(bench.responses[0].code == code);
  CHECK(bench.responses[0].pasid.has_value() == with_pasid);
  if (with_pasid) CHECK(bench.responses[0].pasid == Pasid{0x1234});
}

TEST_CASE("VTD-106 A reserved bit of a page group response is queue error 4", "[vtd][pri]") {
  RequestBench bench;
  bench.queue.enable_wide();
  bench.queue.submit(with_bit(descriptor<PageGroupResponseDescriptor>(), GENERATE(6U, 52U, 63U, 64U, 65U, 76U, 127U)));
  CHECK(bench.registers.fault_status() == fault_status::iqe);
  CHECK(bench.registers.queue_error() == 4);
  CHECK(bench.responses.empty());
}

TEST_CASE("VTD-106 Without page requests the descriptor does not exist", "[vtd][pri]") {
  VtdBench bench{vtd::scalable_mode_config()};
  bench.queue.enable_wide();
  bench.queue.submit(descriptor<PageGroupResponseDescriptor>());
  CHECK(bench.registers.fault_status() == fault_status::iqe);
  CHECK(bench.registers.queue_error() == 3);
}

TEST_CASE("VTD-107 When a draining wait is done, earlier page requests are in the queue", "[vtd][pri]") {
  RequestBench bench;
  bench.queue.enable_wide();
  bench.unit.request_page(request_for(0x1000));
  auto wait = wait_with_status(status, 1);
  wait.set<WaitDescriptor::PD>(1);
  bench.queue.submit(wait);
  CHECK(bench.registers.fault_status() == 0);
  CHECK(bench.load32(status) == 1);
  CHECK(bench.tail() == 32);
  CHECK(bench.entry(0, 1) != 0);
}

TEST_CASE("VTD-107 PD is reserved without page-request draining", "[vtd][pri]") {
  vtd::UnitConfig config = with_page_requests();
  config.page_request_drain = false;
  RequestBench bench{config};
  bench.queue.enable_wide();
  auto wait = wait_with_status(status, 1);
  wait.set<WaitDescriptor::PD>(1);
  bench.queue.submit(wait);
  CHECK(bench.registers.queue_error() == 4);
  CHECK(bench.load32(status) == 0);
}
