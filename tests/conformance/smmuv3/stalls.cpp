// SPDX-License-Identifier: Apache-2.0
// Stalled transactions: their records, and what software says of them (SMMUv3 architecture, 3.12.2 and 4.7).
// Oracle: the architecture's rules.
#include "support/smmuv3_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests::smmu;
using smmuv3::StallVerdict;

namespace {

constexpr std::uint32_t stream = 5;
constexpr unsigned f_translation = 0x10;

struct StallBench : Bench {
  explicit StallBench(const smmuv3::UnitConfig& config = full_config(), unsigned bits = 3) : Bench{config, bits} {
    start();
    attach(stream, true);
  }

  /// The tag of a transaction that stalls.
  std::uint32_t stall(std::uint64_t address = 0x1000) {
    const auto result = read(stream, address);
    REQUIRE(result.outcome == iommu::Outcome::stalled);
    return result.message_data;
  }
};

/// STALL and STAG of a record.
bool is_stall(const EventWords& event) {
  return (event[1] >> 31 & 1) != 0;
}
std::uint32_t tag_of(const EventWords& event) {
  return static_cast<std::uint32_t>(event[1] & 0xFFFF);
}

smmuv3::UnitConfig terminating(bool abort_only) {
  smmuv3::UnitConfig config = full_config();
  config.abort_only = abort_only;
  return config;
}

}  // namespace

TEST_CASE("SMMU-064 A stalled transaction is recorded with its tag", "[smmuv3][stalls]") {
  StallBench bench;
  const std::uint32_t tag = bench.stall();
  const auto event = bench.take_event();
  REQUIRE(event.has_value());
  CHECK(((*event)[0] & 0xFF) == f_translation);
  CHECK((*event)[0] >> 32 == stream);
  CHECK(is_stall(*event));
  CHECK(tag_of(*event) == tag);
  CHECK_FALSE(bench.unit.take_verdict(tag).has_value());
}

TEST_CASE("SMMU-064 CMD_RESUME with Ac walks the tables as they are now", "[smmuv3][stalls]") {
  StallBench bench;
  const std::uint32_t tag = bench.stall();
  bench.map_gigabyte(0, PhysAddr{0x4000'0000});
  bench.submit(resume_retry(stream, tag));
  REQUIRE(bench.unit.take_verdict(tag) == StallVerdict::retry);
  CHECK(bench.read(stream, 0x1000).address.value() == 0x4000'1000);
}

TEST_CASE("SMMU-064 CMD_RESUME without Ac ends the transaction as Ab says", "[smmuv3][stalls]") {
  StallBench bench;
  const std::uint32_t first = bench.stall();
  bench.submit(resume_end(stream, first, true));
  CHECK(bench.unit.take_verdict(first) == StallVerdict::abort);
  const std::uint32_t second = bench.stall();
  bench.submit(resume_end(stream, second, false));
  CHECK(bench.unit.take_verdict(second) == StallVerdict::ignore);
  CHECK_FALSE(bench.unit.take_verdict(second).has_value());
}

TEST_CASE("SMMU-064 A unit that aborts only does not look at Ab", "[smmuv3][stalls]") {
  StallBench bench{terminating(true)};
  const std::uint32_t tag = bench.stall();
  bench.submit(resume_end(stream, tag, false));
  CHECK(bench.unit.take_verdict(tag) == StallVerdict::abort);
}

TEST_CASE("SMMU-064 CMD_RESUME for another stream or tag does nothing", "[smmuv3][stalls]") {
  StallBench bench;
  const std::uint32_t tag = bench.stall();
  bench.put(resume_retry(stream + 1, tag));
  bench.put(resume_retry(stream, tag + 1));
  bench.put(resume_retry(stream, 0xFFFF));
  bench.submit(sync());
  CHECK(bench.consumed() == 4);
  CHECK(bench.active_errors() == 0);
  CHECK_FALSE(bench.unit.take_verdict(tag).has_value());
}

TEST_CASE("SMMU-064 A driver may answer within the interrupt of the record", "[smmuv3][stalls]") {
  StallBench bench;
  bench.unit.on_wire([&](smmuv3::InterruptSource source) {
    if (source != smmuv3::InterruptSource::event_queue) return;
    const auto event = bench.take_event();
    REQUIRE(event.has_value());
    bench.submit(resume_end(stream, tag_of(*event), true));
  });
  const std::uint32_t tag = bench.stall();
  CHECK(bench.unit.take_verdict(tag) == StallVerdict::abort);
}

TEST_CASE("SMMU-065 CMD_STALL_TERM aborts what the stream has stalled", "[smmuv3][stalls]") {
  StallBench bench;
  bench.attach(stream + 1, true);
  const std::uint32_t first = bench.stall();
  const std::uint32_t second = bench.stall(0x2000);
  const auto other = bench.read(stream + 1, 0x1000);
  REQUIRE(other.outcome == iommu::Outcome::stalled);
  bench.submit(stall_term(stream));
  CHECK(bench.unit.take_verdict(first) == StallVerdict::abort);
  CHECK(bench.unit.take_verdict(second) == StallVerdict::abort);
  CHECK_FALSE(bench.unit.take_verdict(other.message_data).has_value());
}

TEST_CASE("SMMU-065 Without the stall model its commands are illegal", "[smmuv3][stalls]") {
  smmuv3::UnitConfig config = full_config();
  config.stall_model = smmuv3::StallModel::terminate_only;
  const CommandWords words = GENERATE(stall_term(1), resume_retry(1, 0));
  Bench bench{config};
  bench.start();
  bench.submit(words);
  CHECK(bench.command_error() == 1);
  CHECK(bench.active_errors() == gerror::cmdq_err);
}

TEST_CASE("SMMU-061 A stall that finds the queue full is told when there is room, and never overflows",
          "[smmuv3][stalls]") {
  StallBench bench{full_config(), 1};
  bench.make_event();
  bench.make_event();
  const std::uint32_t before = bench.read32(offset::eventq_prod);
  const std::uint32_t tag = bench.stall();
  CHECK(bench.read32(offset::eventq_prod) == before);
  CHECK_FALSE(bench.unit.take_verdict(tag).has_value());
  bench.take_event();
  REQUIRE(bench.unit.take_verdict(tag) == StallVerdict::retry);
  const std::uint32_t again = bench.stall();
  bench.take_event();
  const auto event = bench.take_event();
  REQUIRE(event.has_value());
  CHECK(is_stall(*event));
  CHECK(tag_of(*event) == again);
}

TEST_CASE("SMMU-061 A stall whose record memory refused is told after the error is acknowledged", "[smmuv3][stalls]") {
  StallBench bench;
  bench.bus.fail_page(Bench::event_queue);
  const std::uint32_t tag = bench.stall();
  CHECK(bench.active_errors() == gerror::eventq_abt);
  CHECK_FALSE(bench.unit.take_verdict(tag).has_value());
  bench.bus.repair();
  bench.acknowledge_errors();
  CHECK(bench.unit.take_verdict(tag) == StallVerdict::retry);
}

TEST_CASE("SMMU-061 A stall waits for EVENTQEN", "[smmuv3][stalls]") {
  StallBench bench;
  bench.clear_bits(offset::cr0, cr0::eventqen);
  const std::uint32_t tag = bench.stall();
  CHECK_FALSE(bench.unit.take_verdict(tag).has_value());
  bench.set_bits(offset::cr0, cr0::eventqen);
  CHECK(bench.unit.take_verdict(tag) == StallVerdict::retry);
}

TEST_CASE("SMMU-064 What software was not told of, CMD_RESUME does not concern", "[smmuv3][stalls]") {
  StallBench bench;
  bench.clear_bits(offset::cr0, cr0::eventqen);
  const std::uint32_t tag = bench.stall();
  bench.submit(resume_end(stream, tag, true));
  CHECK_FALSE(bench.unit.take_verdict(tag).has_value());
  bench.submit(stall_term(stream));
  CHECK(bench.unit.take_verdict(tag) == StallVerdict::abort);
}

TEST_CASE("No more transactions stall than STALL_MAX; the others are asked again when there is room",
          "[smmuv3][stalls]") {
  StallBench bench;
  std::vector<std::uint32_t> tags;
  for (unsigned i = 0; i < 4; ++i)
    tags.push_back(bench.stall(0x1000 * i));
  CHECK(bench.stall(0x9000) == smmuv3::Stalls::no_tag);
  CHECK(bench.events_waiting() == 4);
  CHECK_FALSE(bench.unit.take_verdict(smmuv3::Stalls::no_tag).has_value());
  bench.submit(resume_retry(stream, tags[2]));
  CHECK_FALSE(bench.unit.take_verdict(smmuv3::Stalls::no_tag).has_value());
  REQUIRE(bench.unit.take_verdict(tags[2]) == StallVerdict::retry);
  CHECK(bench.unit.take_verdict(smmuv3::Stalls::no_tag) == StallVerdict::retry);
  CHECK(bench.stall(0x9000) == tags[2]);
}

TEST_CASE("Turning SMMUEN off ends what is stalled", "[smmuv3][stalls]") {
  StallBench bench;
  const std::uint32_t tag = bench.stall();
  bench.clear_bits(offset::cr0, cr0::eventqen);
  const std::uint32_t untold = bench.stall();
  bench.clear_bits(offset::cr0, cr0::smmuen);
  CHECK(bench.unit.take_verdict(tag) == StallVerdict::abort);
  CHECK(bench.unit.take_verdict(untold) == StallVerdict::abort);
}

TEST_CASE("A tag that nobody has says nothing", "[smmuv3][stalls]") {
  StallBench bench;
  CHECK_FALSE(bench.unit.take_verdict(0).has_value());
  CHECK_FALSE(bench.unit.take_verdict(0x1'0000).has_value());
}
