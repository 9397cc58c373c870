// SPDX-License-Identifier: Apache-2.0
// SMMUEN, stream table, and what stream table entries say of a whole stream.
// Oracle: the SMMUv3 architecture, 3.3.1, 3.4, 5.1, 5.2 and 6.3.14.
#include "iommu/smmuv3/control_registers.h"
#include "support/smmuv3_decision_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::smmuv3::testing;
using iommusim::smmuv3::EventCode;
using iommusim::smmuv3::FaultClass;

TEST_CASE("SMMU-012 Without SMMUEN, GBPA aborts everything or passes it", "[smmuv3]") {
  DecisionBench bench;
  bench.control.enabled = false;
  expect_passes(bench, read_at(0x1234'5678), 0x1234'5678);
  CHECK(bench.fetches.size() == 0);
  expect_passes(bench, write_at(0xFFFF'FFFF'F000), 0xFFFF'FFFF'F000);
  expect_silent_abort(bench, read_at(0x1'0000'0000'0000));
  bench.control.bypass.abort = true;
  expect_silent_abort(bench, read_at(0x1234'5678));
}

TEST_CASE("SMMU-012 Without SMMUEN attributes are as GBPA says", "[smmuv3]") {
  DecisionBench bench;
  bench.control.enabled = false;
  expect_passes(bench, read_at(0x1000), 0x1000);
  CHECK(bench.effects.attributes == smmuv3::MemoryAttributes{0xFF, smmuv3::Shareability::non_shareable});
  CHECK_FALSE(bench.effects.privileged);
  bench.control.bypass.overrides_type = true;
  bench.control.bypass.memory_attributes = 0x1;
  bench.control.bypass.privilege = 3;
  bench.control.bypass.instruction = 3;
  expect_passes(bench, read_at(0x1000), 0x1000);
  CHECK(bench.effects.attributes == smmuv3::MemoryAttributes{0x04, smmuv3::Shareability::outer});
  CHECK(bench.effects.privileged);
  CHECK(bench.effects.instruction);
  expect_passes(bench, write_at(0x1000), 0x1000);
  CHECK_FALSE(bench.effects.instruction);
}

TEST_CASE("SMMU-018 StreamIDs beyond the table abort and are recorded with RECINVSID only", "[smmuv3]") {
  DecisionBench bench;
  bench.bypass();
  bench.control.streams.log2_size = 4;
  expect_passes(bench, read_at(0x1000), 0x1000);
  bench.control.streams.log2_size = 3;
  expect_event(bench, read_at(0x1000), EventCode::c_bad_streamid);
  bench.control.record_bad_stream_ids = false;
  expect_silent_abort(bench, read_at(0x1000));
  // Of nothing else.
  bench.control.streams.log2_size = 4;
  bench.ste<Ste::V>(0);
  expect_event(bench, read_at(0x1000), EventCode::c_bad_ste);
}

TEST_CASE("SMMU-019 Span says how many entries a level 1 descriptor leads to", "[smmuv3]") {
  DecisionBench bench;
  const PhysAddr pointers = bench.new_table();
  bench.bypass();
  bench.control.streams = {pointers, 8, true, 6};
  for (const unsigned span : {5U, 6U, 7U}) {
    bench.store(pointers, bench.stream_table.value() | span);
    expect_passes(bench, read_at(0x1000), 0x1000);
    CHECK(bench.fetches.size() == 2);
  }
  // Span 4 covers eight entries, so that number 8 is the first beyond; 8 is SPLIT + 2; 12 and more are reserved.
  for (const unsigned span : {0U, 1U, 4U, 8U, 12U, 31U}) {
    bench.store(pointers, bench.stream_table.value() | span);
    expect_event(bench, read_at(0x1000), EventCode::c_bad_streamid);
  }
  bench.bus.fail_page(pointers);
  const auto event = expect_event(bench, read_at(0x1000), EventCode::f_ste_fetch);
  CHECK(event.fetch_address == pointers.value());
}

TEST_CASE("SMMU-019 SPLIT cuts the StreamID", "[smmuv3]") {
  for (const unsigned split : {6U, 8U, 10U}) {
    DecisionBench bench;
    const PhysAddr pointers = bench.new_table(0x2000);
    const PhysAddr leaf = bench.new_table(0x1'0000);
    bench.control.streams = {pointers, 16, true, split};
    const std::uint32_t number = (3U << split) | ((1U << split) - 1);
    bench.store(pointers + 8 * 3, leaf.value() | (split + 1));
    Ste entry;
    entry.set<Ste::V>(true);
    entry.set<Ste::Config>(4);
    bench.put(leaf + 64 * ((std::uint64_t{1} << split) - 1), entry);
    auto request = read_at(0x5000);
    request.requester = RequesterId{static_cast<std::uint16_t>(number)};
    expect_passes(bench, request, 0x5000);
  }
}

TEST_CASE("SMMU-020 SPLIT other than 6, 8 and 10 acts as 6, FMT 2 and 3 as linear", "[smmuv3]") {
  const smmuv3::UnitConfig config;
  smmuv3::RegisterFile registers{config};
  for (unsigned split = 0; split < 32; ++split) {
    for (unsigned format = 0; format < 4; ++format) {
      registers.write(0x88, 12 | split << 6 | format << 16);
      const auto streams = smmuv3::control_state_of(registers, config).streams;
      CHECK(streams.split == (split == 8 || split == 10 ? split : 6));
      CHECK(streams.two_level == (format == 1));
      CHECK(streams.log2_size == 12);
    }
  }
  registers.write(0x88, 20);
  CHECK(smmuv3::control_state_of(registers, config).streams.log2_size == config.stream_id_bits);
}

TEST_CASE("SMMU-021 An invalid entry is C_BAD_STE, one that cannot be read F_STE_FETCH", "[smmuv3]") {
  DecisionBench bench;
  const auto bad = expect_event(bench, with_substream(read_at(0x1000), 0x123), EventCode::c_bad_ste);
  CHECK(bad.has_substream);
  CHECK(bad.substream == 0x123);
  bench.bus.fail_page(bench.ste_at());
  const auto event = expect_event(bench, read_at(0x1000), EventCode::f_ste_fetch);
  CHECK(event.fetch_address == bench.ste_at().value());
}

TEST_CASE("SMMU-022 Config 0b0xx aborts without an event", "[smmuv3]") {
  for (const unsigned config : {0U, 1U, 2U, 3U}) {
    DecisionBench bench;
    bench.stage_1();
    bench.ste<Ste::Config>(config);
    bench.ste<Ste::S1CDMax>(31);
    expect_silent_abort(bench, read_at(0x1000));
    expect_silent_abort(bench, with_substream(write_at(0x1000), 1));
  }
}

TEST_CASE("SMMU-023 Config 0b100 passes addresses that the output can have", "[smmuv3]") {
  DecisionBench bench;
  bench.bypass();
  expect_passes(bench, write_at(0xFFFF'FFFF'F123), 0xFFFF'FFFF'F123);
  const auto event = expect_event(bench, write_at(0x1'0000'0000'0000), EventCode::f_addr_size);
  CHECK_FALSE(event.stage_2);
  CHECK(event.fault_class == FaultClass::input);
  CHECK_FALSE(event.read);
  CHECK(event.input_address == 0x1'0000'0000'0000);
}

TEST_CASE("SMMU-023 Attributes of a bypassed stream are as its entry overrides them", "[smmuv3]") {
  DecisionBench bench;
  bench.bypass();
  expect_passes(bench, read_at(0x1000), 0x1000);
  CHECK(bench.effects.attributes == smmuv3::MemoryAttributes{0xFF, smmuv3::Shareability::non_shareable});
  bench.ste<Ste::SHCFG>(3);
  bench.ste<Ste::MTCFG>(1);
  bench.ste<Ste::MemAttr>(0xA);
  bench.ste<Ste::PRIVCFG>(3);
  expect_passes(bench, read_at(0x1000), 0x1000);
  CHECK(bench.effects.attributes == smmuv3::MemoryAttributes{0xBB, smmuv3::Shareability::inner});
  CHECK(bench.effects.privileged);
  bench.ste<Ste::MemAttr>(0xF);
  bench.ste<Ste::ALLOCCFG>(0xC);
  expect_passes(bench, read_at(0x1000), 0x1000);
  CHECK(bench.effects.attributes.type == 0xEE);
  bench.ste<Ste::MemAttr>(0x5);
  expect_passes(bench, read_at(0x1000), 0x1000);
  CHECK(bench.effects.attributes == smmuv3::MemoryAttributes{0x44, smmuv3::Shareability::outer});
}

TEST_CASE("SMMU-023 Without IDR1.ATTR_TYPES_OVR and ATTR_PERMS_OVR nothing is overridden", "[smmuv3]") {
  auto config = everything();
  config.attribute_type_overrides = config.attribute_permission_overrides = false;
  DecisionBench bench{config};
  bench.bypass();
  bench.ste<Ste::SHCFG>(3);
  bench.ste<Ste::MTCFG>(1);
  bench.ste<Ste::PRIVCFG>(3);
  expect_passes(bench, read_at(0x1000), 0x1000);
  CHECK(bench.effects.attributes == smmuv3::MemoryAttributes{0xFF, smmuv3::Shareability::non_shareable});
  CHECK_FALSE(bench.effects.privileged);
}

TEST_CASE("SMMU-030 Config 0b100 does not look at the fields of the stages", "[smmuv3]") {
  DecisionBench bench;
  bench.bypass();
  for (std::size_t word = 0; word < 8; ++word)
    bench.store(bench.ste_at() + 8 * word, ~std::uint64_t{0});
  bench.ste<Ste::Config>(4);
  expect_passes(bench, read_at(0x1234), 0x1234);
}

TEST_CASE("A requester's StreamID is as the platform maps it", "[smmuv3]") {
  auto config = everything();
  config.streams = {{RequesterId{0x100}, 0x100, 0x20}, {DecisionBench::device, 1, 0x7}};
  CHECK(smmuv3::stream_of(config, RequesterId{0x1FF}) == 0x11F);
  CHECK(smmuv3::stream_of(config, RequesterId{0x200}) == std::nullopt);
  CHECK(smmuv3::stream_of(config, RequesterId{0xFF}) == std::nullopt);
  CHECK(smmuv3::stream_of(config, DecisionBench::device) == 7);
  CHECK(smmuv3::stream_of(everything(), RequesterId{0xABCD}) == 0xABCD);
}
