// SPDX-License-Identifier: Apache-2.0
// What descriptors permit, and what the unit updates in them.
// Oracle: VMSAv8-64 permissions; SMMUv3 architecture, 3.13, 13.1 and 13.4.1.
#include "support/smmuv3_decision_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::smmuv3::testing;
using iommusim::smmuv3::EventCode;

namespace {

constexpr std::uint64_t page = 0x4000'0000;
constexpr std::uint64_t target = 0x9000'0000;

/// One page; requests carry SubstreamID 1, so that they can be privileged and fetch instructions.
struct PermissionBench : DecisionBench {
  PermissionBench() : DecisionBench{everything()} {
    stage_1();
    leaf = map_1(page, target);
    const PhysAddr table = new_table();
    for (std::uint64_t word = 0; word < 64; word += 8)
      store(table + 64 + word, load(contexts + word));
    ste<Ste::S1ContextPtr>(table.value() >> 6);
    ste<Ste::S1CDMax>(4);
    contexts = table + 64;
  }
  bool allows(const iommu::TranslationRequest& request) {
    const auto result = translate(with_substream(request, 1));
    if (result.outcome == iommu::Outcome::translated) return true;
    CHECK(result.fault_reason == static_cast<unsigned>(EventCode::f_permission));
    return false;
  }
  PhysAddr leaf;
};

}  // namespace

TEST_CASE("SMMU-045 A missing access flag is reported before a missing permission", "[smmuv3]") {
  DecisionBench bench;
  bench.stage_1();
  const PhysAddr leaf = bench.map_1(page, target);
  bench.set<S1, S1::AP2>(leaf, 1);
  bench.set<S1, S1::AF>(leaf, 0);
  expect_event(bench, write_at(page), EventCode::f_access);
  bench.set<S1, S1::AF>(leaf, 1);
  expect_event(bench, write_at(page), EventCode::f_permission);
}

TEST_CASE("SMMU-046 AP says who may read and write", "[smmuv3]") {
  PermissionBench bench;
  for (unsigned ap = 0; ap < 4; ++ap) {
    INFO("AP[2:1] " << ap);
    bench.set<S1, S1::AP1>(bench.leaf, ap & 1);
    bench.set<S1, S1::AP2>(bench.leaf, ap >> 1);
    const bool writable = ap < 2;
    const bool by_all = (ap & 1) != 0;
    CHECK(bench.allows(privileged(read_at(page))));
    CHECK(bench.allows(privileged(write_at(page))) == writable);
    CHECK(bench.allows(privileged(atomic_at(page))) == writable);
    CHECK(bench.allows(read_at(page)) == by_all);
    CHECK(bench.allows(write_at(page)) == (writable && by_all));
    CHECK(bench.allows(atomic_at(page)) == (writable && by_all));
  }
}

TEST_CASE("SMMU-046 S2AP says what may be done", "[smmuv3]") {
  DecisionBench bench;
  bench.stage_2();
  const PhysAddr leaf = bench.map_2(page, target);
  bench.set<S2, S2::W>(leaf, 0);
  expect_passes(bench, read_at(page), target);
  const auto write = expect_event(bench, write_at(page), EventCode::f_permission);
  CHECK(write.stage_2);
  CHECK_FALSE(write.read);
  bench.set<S2, S2::R>(leaf, 0);
  expect_event(bench, read_at(page), EventCode::f_permission);
  bench.set<S2, S2::W>(leaf, 1);
  expect_passes(bench, write_at(page), target);
  // An atomic that lacks read permission alone.
  const auto atomic = expect_event(bench, atomic_at(page), EventCode::f_permission);
  CHECK(atomic.read);
  bench.set<S2, S2::R>(leaf, 1);
  bench.set<S2, S2::W>(leaf, 0);
  CHECK_FALSE(expect_event(bench, atomic_at(page), EventCode::f_permission).read);
}

TEST_CASE("SMMU-046 The EL2 world without E2H has no unprivileged accesses to keep out", "[smmuv3]") {
  DecisionBench bench;
  bench.stage_1();
  bench.ste<Ste::STRW>(2);
  const PhysAddr leaf = bench.map_1(page, target);
  bench.set<S1, S1::AP1>(leaf, 0);
  expect_passes(bench, read_at(page), target);
  expect_passes(bench, write_at(page), target);
  bench.set<S1, S1::AP2>(leaf, 1);
  expect_event(bench, write_at(page), EventCode::f_permission);
}

TEST_CASE("SMMU-046 PRIVCFG and INSTCFG decide which permission is looked for", "[smmuv3]") {
  PermissionBench bench;
  bench.set<S1, S1::AP1>(bench.leaf, 0);
  CHECK_FALSE(bench.allows(read_at(page)));
  bench.ste<Ste::PRIVCFG>(3);
  CHECK(bench.allows(read_at(page)));
  CHECK(bench.effects.privileged);
  bench.set<S1, S1::PXN>(bench.leaf, 1);
  bench.ste<Ste::INSTCFG>(3);
  CHECK_FALSE(bench.allows(read_at(page)));
  CHECK(bench.effects.event.instruction);
  CHECK(bench.allows(write_at(page)));
  bench.ste<Ste::INSTCFG>(2);
  CHECK(bench.allows(execute(read_at(page))));
  bench.ste<Ste::PRIVCFG>(2);
  CHECK_FALSE(bench.allows(privileged(read_at(page))));
}

TEST_CASE("SMMU-047 Instruction fetches need execute permission", "[smmuv3]") {
  PermissionBench bench;
  CHECK(bench.allows(execute(read_at(page))));
  // Writable without privilege: never executed with it.
  CHECK_FALSE(bench.allows(privileged(execute(read_at(page)))));
  bench.set<S1, S1::AP2>(bench.leaf, 1);
  CHECK(bench.allows(privileged(execute(read_at(page)))));
  bench.set<S1, S1::UXN>(bench.leaf, 1);
  CHECK_FALSE(bench.allows(execute(read_at(page))));
  CHECK(bench.allows(privileged(execute(read_at(page)))));
  CHECK(bench.allows(read_at(page)));
  bench.set<S1, S1::UXN>(bench.leaf, 0);
  bench.set<S1, S1::PXN>(bench.leaf, 1);
  CHECK(bench.allows(execute(read_at(page))));
  CHECK_FALSE(bench.allows(privileged(execute(read_at(page)))));
}

TEST_CASE("SMMU-047 Writes are never instruction fetches", "[smmuv3]") {
  PermissionBench bench;
  bench.set<S1, S1::UXN>(bench.leaf, 1);
  bench.set<S1, S1::PXN>(bench.leaf, 1);
  CHECK(bench.allows(execute(write_at(page))));
  bench.set<S1, S1::AP2>(bench.leaf, 1);
  CHECK_FALSE(bench.allows(execute(write_at(page))));
  CHECK_FALSE(bench.effects.event.instruction);
}

TEST_CASE("SMMU-047 WXN: what is writable is not executable", "[smmuv3]") {
  PermissionBench bench;
  bench.cd<Cd::WXN>(1);
  CHECK_FALSE(bench.allows(execute(read_at(page))));
  bench.set<S1, S1::AP2>(bench.leaf, 1);
  CHECK(bench.allows(execute(read_at(page))));
  CHECK(bench.allows(privileged(execute(read_at(page)))));
}

TEST_CASE("SMMU-047 PAN keeps privileged data accesses from what others may use", "[smmuv3]") {
  PermissionBench bench;
  bench.cd<Cd::PAN>(1);
  CHECK_FALSE(bench.allows(privileged(read_at(page))));
  CHECK(bench.allows(read_at(page)));
  bench.set<S1, S1::AP1>(bench.leaf, 0);
  CHECK(bench.allows(privileged(write_at(page))));
  bench.cd<Cd::EPAN>(1);
  CHECK_FALSE(bench.allows(privileged(write_at(page))));
  bench.set<S1, S1::UXN>(bench.leaf, 1);
  CHECK(bench.allows(privileged(write_at(page))));
}

TEST_CASE("SMMU-047 E0PD keeps unprivileged accesses out of a half", "[smmuv3]") {
  PermissionBench bench;
  bench.cd<Cd::E0PD0>(1);
  CHECK(bench.allows(privileged(read_at(page))));
  expect_event(bench, with_substream(read_at(page), 1), EventCode::f_translation);
}

TEST_CASE("SMMU-047 XN of stage 2 tells the privilege levels apart with XNX", "[smmuv3]") {
  struct Row {
    unsigned xn;
    bool privileged;
    bool unprivileged;
    bool without;
  };
  for (const Row& row :
       {Row{0, true, true, true}, Row{1, false, true, true}, Row{2, false, false, false}, Row{3, true, false, false}}) {
    for (const bool has_xnx : {true, false}) {
      auto config = everything();
      config.execute_never_per_level = has_xnx;
      DecisionBench bench{config};
      bench.stage_2();
      bench.ste<Ste::INSTCFG>(3);
      const PhysAddr leaf = bench.map_2(page, target);
      bench.set<S2, S2::XN>(leaf, row.xn);
      for (const bool with_privilege : {true, false}) {
        bench.ste<Ste::PRIVCFG>(with_privilege ? 3 : 2);
        const bool expected = !has_xnx ? row.without : with_privilege ? row.privileged : row.unprivileged;
        CHECK((bench.translate(read_at(page)).outcome == iommu::Outcome::translated) == expected);
      }
    }
  }
}

TEST_CASE("SMMU-048 Table descriptors take permissions away, unless HAD", "[smmuv3]") {
  PermissionBench bench;
  bench.set<S1, S1::AP1>(bench.leaf, 1);
  const PhysAddr top = bench.root_1 + 8 * (page >> 39);
  bench.set<S1, S1::APTable>(top, 2);
  CHECK_FALSE(bench.allows(write_at(page)));
  CHECK(bench.allows(read_at(page)));
  bench.set<S1, S1::APTable>(top, 1);
  CHECK_FALSE(bench.allows(read_at(page)));
  CHECK(bench.allows(privileged(write_at(page))));
  bench.set<S1, S1::APTable>(top, 0);
  bench.set<S1, S1::UXNTable>(top, 1);
  CHECK_FALSE(bench.allows(execute(read_at(page))));
  bench.set<S1, S1::AP2>(bench.leaf, 1);
  CHECK(bench.allows(privileged(execute(read_at(page)))));
  bench.set<S1, S1::PXNTable>(top, 1);
  CHECK_FALSE(bench.allows(privileged(execute(read_at(page)))));
  bench.set<S1, S1::APTable>(top, 3);
  bench.cd<Cd::HAD0>(1);
  bench.set<S1, S1::AP2>(bench.leaf, 0);
  CHECK(bench.allows(write_at(page)));
  CHECK(bench.allows(execute(read_at(page))));
}

TEST_CASE("SMMU-049 With HD a write to a clean page makes it dirty", "[smmuv3]") {
  PermissionBench bench;
  bench.set<S1, S1::AP2>(bench.leaf, 1);
  bench.set<S1, S1::DBM>(bench.leaf, 1);
  const std::uint64_t clean = bench.load(bench.leaf);
  CHECK_FALSE(bench.allows(write_at(page)));
  bench.cd<Cd::HD>(1);
  CHECK_FALSE(bench.allows(write_at(page)));
  bench.cd<Cd::HA>(1);
  CHECK(bench.allows(read_at(page)));
  CHECK(bench.load(bench.leaf) == clean);
  CHECK(bench.allows(write_at(page)));
  CHECK(bench.load(bench.leaf) == (clean & ~S1::AP2::mask));
  bench.set<S1, S1::AP2>(bench.leaf, 1);
  bench.set<S1, S1::DBM>(bench.leaf, 0);
  CHECK_FALSE(bench.allows(write_at(page)));
}

TEST_CASE("SMMU-049 A table without write permission keeps its pages clean", "[smmuv3]") {
  PermissionBench bench;
  bench.set<S1, S1::AP2>(bench.leaf, 1);
  bench.set<S1, S1::DBM>(bench.leaf, 1);
  bench.cd<Cd::HD>(1);
  bench.cd<Cd::HA>(1);
  bench.set<S1, S1::APTable>(bench.root_1 + 8 * (page >> 39), 2);
  CHECK_FALSE(bench.allows(write_at(page)));
  CHECK((bench.load(bench.leaf) & S1::AP2::mask) != 0);
}

TEST_CASE("SMMU-049 Stage 2 sets S2AP[1] of a clean page", "[smmuv3]") {
  DecisionBench bench;
  bench.stage_2();
  const PhysAddr leaf = bench.map_2(page, target);
  bench.set<S2, S2::W>(leaf, 0);
  bench.set<S2, S2::DBM>(leaf, 1);
  bench.set<S2, S2::AF>(leaf, 0);
  expect_event(bench, write_at(page), EventCode::f_access);
  bench.ste<Ste::S2HA>(1);
  expect_event(bench, write_at(page), EventCode::f_permission);
  bench.ste<Ste::S2HD>(1);
  expect_passes(bench, write_at(page), target);
  CHECK((bench.load(leaf) & S2::W::mask) != 0);
  CHECK((bench.load(leaf) & S2::AF::mask) != 0);
}

TEST_CASE("SMMU-049 An update that memory refuses is F_WALK_EABT", "[smmuv3]") {
  struct ReadOnly final : memory::PhysicalBus {
    explicit ReadOnly(memory::PhysicalBus& bus) : behind{bus} {}
    bool read(PhysAddr address, void* to, std::size_t size) const override { return behind.read(address, to, size); }
    bool write(PhysAddr, const void*, std::size_t) override { return false; }
    memory::PhysicalBus& behind;
  };
  DecisionBench bench;
  bench.stage_1();
  bench.cd<Cd::HA>(1);
  const PhysAddr leaf = bench.map_1(page, target);
  bench.set<S1, S1::AF>(leaf, 0);
  ReadOnly bus{bench.memory};
  auto result = smmuv3::decide(bench.inputs(), read_at(page), bench.fetches, bench.effects);
  CHECK(result.outcome == iommu::Outcome::translated);
  smmuv3::commit(bench.caches, bus, read_at(page), bench.fetches, bench.effects, result);
  CHECK(result.outcome == iommu::Outcome::fault);
  CHECK(result.fault_recorded);
  const smmuv3::Event& event = bench.effects.event;
  CHECK(event.code == EventCode::f_walk_eabt);
  CHECK_FALSE(event.stage_2);
  CHECK(event.fault_class == smmuv3::FaultClass::table_walk);
  CHECK(event.fetch_address == leaf.value());
  CHECK(event.input_address == page);
}
