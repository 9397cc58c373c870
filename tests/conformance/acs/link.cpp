// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements of docs/compliance.md; PCIe base specification, 2.4.1: sizes and rates added up by
// hand, the ordering table retyped.
#include "pcie/completion_split.h"
#include "pcie/flow_control.h"
#include "pcie/link_timing.h"
#include "pcie/ordering.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

#include <array>
#include <vector>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

namespace {

std::vector<std::uint32_t> sizes(std::uint64_t address, std::uint32_t size, const CompletionLimits& limits) {
  std::vector<std::uint32_t> all;
  for (const CompletionPart& part : CompletionSplit{BusAddr{address}, size, limits})
    all.push_back(part.size);
  return all;
}

double rate(unsigned generation, unsigned width) {
  return LinkTiming{generation, width, Duration{}}.gigabits_per_second();
}

constexpr std::uint64_t above_4g = 0x1'0000'0000;

}  // namespace

TEST_CASE("ACS-040 The first completion of an unaligned read ends at a multiple of the boundary", "[acs]") {
  // 512 bytes from 0x30: to 0x100 (208), to 0x200 (256), the last 48. With 128-byte payloads: 0x80, 0x100 ...
  // 0x200, 48.
  CHECK(sizes(0x30, 512, {256, 64}) == std::vector<std::uint32_t>{208, 256, 48});
  CHECK(sizes(0x30, 512, {128, 64}) == std::vector<std::uint32_t>{80, 128, 128, 128, 48});
  CHECK(sizes(0x30, 512, {256, 128}) == std::vector<std::uint32_t>{208, 256, 48});
  // From 0x50, 0x150 is cut back to the boundary: 0x140 or 0x100.
  CHECK(sizes(0x50, 512, {256, 64}) == std::vector<std::uint32_t>{240, 256, 16});
  CHECK(sizes(0x50, 512, {256, 128}) == std::vector<std::uint32_t>{176, 256, 80});
}

TEST_CASE("ACS-040 A read that fits is one completion, and a zero-length read is answered", "[acs]") {
  CHECK(sizes(0x38, 16, {128, 64}) == std::vector<std::uint32_t>{16});
  CHECK(sizes(0x38, 0, {128, 64}) == std::vector<std::uint32_t>{0});
}

TEST_CASE("ACS-040 Byte Count is what is left, Lower Address where it begins", "[acs]") {
  const CompletionSplit split{BusAddr{0x1'0030}, 512, {256, 64}};
  auto part = split.begin();
  CHECK((*part).byte_count == 512);
  CHECK((*part).lower_address() == 0x30);
  ++part;
  CHECK((*part).byte_count == 304);
  CHECK((*part).lower_address() == 0);
}

TEST_CASE("ACS-041 A write of 256 bytes costs 280 bytes above 4 GiB and 276 below", "[acs]") {
  CHECK(request_bytes(write_request({}, above_4g, 256)) == 280);
  CHECK(request_bytes(write_request({}, 0x1000, 256)) == 276);
}

TEST_CASE("ACS-042 A write of 128 bytes with a 64-bit address and ECRC costs 156 bytes", "[acs]") {
  CHECK(request_bytes(write_request({}, above_4g, 128)) + ecrc_bytes == 156);
}

TEST_CASE("ACS-043 A completion costs 20 bytes beside its data", "[acs]") {
  CHECK(completion_bytes(64, 128) == 84);
  // 512 bytes from 0x30 come in three completions.
  CHECK(completion_bytes(BusAddr{0x30}, 512, {256, 64}) == 572);
}

TEST_CASE("ACS-044 Links carry their line rate less its encoding", "[acs]") {
  CHECK(rate(1, 1) == Approx(2.0).epsilon(0.001));
  CHECK(rate(3, 8) == Approx(63.0).epsilon(0.001));
  CHECK(rate(4, 16) == Approx(252.1).epsilon(0.001));
}

TEST_CASE("ACS-045 A posted write may pass an older read", "[acs]") {
  CHECK(may_pass({TlpClass::posted}, TlpClass::non_posted_read) == Passing::required);
  CHECK(may_pass({TlpClass::non_posted_read}, TlpClass::posted) == Passing::never);
}

TEST_CASE("ACS-046 A posted write passes an earlier one with relaxed or ID-based ordering only", "[acs]") {
  PassingTlp write{TlpClass::posted};
  CHECK(may_pass(write, TlpClass::posted) == Passing::never);
  write.relaxed_ordering = true;
  CHECK(may_pass(write, TlpClass::posted) == Passing::optional);
  write.relaxed_ordering = false;
  write.id_based_ordering = true;
  CHECK(may_pass(write, TlpClass::posted) == Passing::optional);
}

TEST_CASE("ACS-046 The ordering table without attributes", "[acs]") {
  constexpr std::array<TlpClass, 4> classes{TlpClass::posted, TlpClass::non_posted_read, TlpClass::non_posted_with_data,
                                            TlpClass::completion};
  constexpr Passing n = Passing::never;
  constexpr Passing may = Passing::optional;
  constexpr Passing y = Passing::required;
  // Rows pass columns.
  constexpr std::array<std::array<Passing, 4>, 4> table{
      {{n, y, y, may}, {n, may, may, may}, {n, may, may, may}, {n, y, y, may}}};
  for (std::size_t row = 0; row < 4; ++row)
    for (std::size_t column = 0; column < 4; ++column) {
      INFO("row " << row << ", column " << column);
      CHECK(may_pass({classes[row]}, classes[column]) == table[row][column]);
    }
}

TEST_CASE("ACS-046 What the attributes change, and completions of one read", "[acs]") {
  PassingTlp atomic{TlpClass::non_posted_with_data};
  atomic.id_based_ordering = true;
  CHECK(may_pass(atomic, TlpClass::posted) == Passing::never);
  atomic.relaxed_ordering = true;
  CHECK(may_pass(atomic, TlpClass::posted) == Passing::optional);
  PassingTlp completion{TlpClass::completion};
  completion.same_transaction = true;
  CHECK(may_pass(completion, TlpClass::completion) == Passing::never);
  PassingTlp to_bus{TlpClass::posted};
  to_bus.to_conventional_bus = true;
  CHECK(may_pass(to_bus, TlpClass::completion) == Passing::required);
}

TEST_CASE("ACS-047 A root port that forwards between peers has finite completion credits", "[acs]") {
  CHECK_FALSE(minimum_credits(PortType::root_port, false, 256).completion.header.has_value());
  CHECK_FALSE(minimum_credits(PortType::endpoint, true, 256).completion.data.has_value());
  const AdvertisedCredits forwarding = minimum_credits(PortType::root_port, true, 256);
  CHECK(forwarding.completion.header == 1U);
  CHECK(forwarding.completion.data == 16U);
  CHECK(minimum_credits(PortType::downstream_port, false, 128).completion.data == 8U);
}

TEST_CASE("ACS-047 A peer that takes no completion holds back those of its siblings", "[acs]") {
  CreditCounter pool{minimum_credits(PortType::root_port, true, 256).completion};
  REQUIRE(pool.can_send(64));
  pool.send(64);
  CHECK_FALSE(pool.can_send(64));
  pool.release(64);
  CHECK(pool.can_send(256));
  CHECK_FALSE(pool.can_send(512));
  CreditCounter endless{minimum_credits(PortType::root_port, false, 256).completion};
  for (unsigned i = 0; i < 1000; ++i)
    endless.send(256);
  CHECK(endless.can_send(4096));
}
