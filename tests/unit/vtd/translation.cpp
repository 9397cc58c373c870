// SPDX-License-Identifier: Apache-2.0
// Oracle: tables made by hand in machine.h; the page is where the builder put it. Counts of fetches are
// levels plus root and context entry.
#include "unit/vtd/machine.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::vtd;
using namespace iommusim::vtd::testing;
using iommu::Outcome;

namespace {

constexpr RequesterId device{1, 2, 3};
constexpr std::uint64_t iova = 0x12'3456'7000;
constexpr PhysAddr page{0x2000'0000};

/// One device, one 4-level domain (5), one writable page.
struct OnePage : Machine {
  explicit OnePage(const UnitConfig& config = {}) : Machine{config} {
    set_context(device, second_stage(table, 4, 5));
    entry = map(table, 4, Iova{iova}, page);
    enable();
  }
  PhysAddr table = new_table();
  PhysAddr entry;
};

}  // namespace

TEST_CASE("A first access walks the tables, a second is answered by the caches", "[vtd]") {
  OnePage machine;
  const auto walked = machine.request(device, Operation::write, iova + 0x123, 4);
  CHECK(walked.outcome == Outcome::translated);
  CHECK(walked.address == page + 0x123);
  CHECK(walked.rule->id == "vtd.second-stage");
  CHECK(machine.fetches.size() == 6);
  CHECK(std::string_view{machine.fetches.back().what} == "PTE");

  const auto hit = machine.request(device, Operation::read, iova + 0x456, 4);
  CHECK(hit.address == page + 0x456);
  CHECK(hit.rule->id == "vtd.iotlb-hit");
  CHECK(hit.translation_cached);
  CHECK(hit.context_cached);
  CHECK(machine.fetches.size() == 0);
  CHECK(machine.unit.statistics().iotlb_hits == 1);
  CHECK(machine.unit.statistics().context_misses == 1);
  CHECK(machine.unit.statistics().fetches == 6);
}

TEST_CASE("Asking what the unit would do changes nothing", "[vtd]") {
  OnePage machine;
  iommu::FetchLog fetches;
  for (int i = 0; i < 2; ++i) {
    const auto asked = machine.unit.decide(Machine::make_request(device, Operation::read, iova), fetches);
    CHECK(asked.outcome == Outcome::translated);
    CHECK_FALSE(asked.translation_cached);
    CHECK(fetches.size() == 6);
  }
  const auto refused = machine.unit.decide(Machine::make_request(RequesterId{9, 0, 0}, Operation::read, iova), fetches);
  CHECK(refused.fault_reason == 0x1);
  CHECK(machine.unit.read_register(offset::fsts, 4) == 0);
  CHECK(machine.unit.statistics().requests == 0);
}

TEST_CASE("An unmapped page is served from the IOTLB until it is invalidated", "[vtd]") {
  OnePage machine;
  machine.request(device, Operation::read, iova);
  machine.store(machine.entry, 0);
  CHECK(machine.request(device, Operation::read, iova).outcome == Outcome::translated);
  machine.unit.write_register(offset::iotlb, 8,
                              std::uint64_t{1} << 63 | std::uint64_t{2} << 60 | std::uint64_t{5} << 32);
  CHECK(machine.request(device, Operation::read, iova).fault_reason == 0x6);
}

TEST_CASE("A cached right that does not suffice is looked up again in the tables", "[vtd]") {
  OnePage machine;
  machine.map(machine.table, 4, Iova{iova}, page, 1, false);
  CHECK(machine.request(device, Operation::read, iova).outcome == Outcome::translated);
  machine.map(machine.table, 4, Iova{iova}, page, 1, true);
  CHECK(machine.request(device, Operation::write, iova).outcome == Outcome::translated);
  CHECK(machine.request(device, Operation::write, iova).translation_cached);
}

TEST_CASE("Without caching mode a fault is never cached, with it an empty entry is until invalidated", "[vtd]") {
  UnitConfig config;
  config.caching_mode = GENERATE(false, true);
  OnePage machine{config};
  machine.store(machine.entry, 0);
  CHECK(machine.request(device, Operation::write, iova).fault_reason == 0x5);
  machine.map(machine.table, 4, Iova{iova}, page);
  const auto after = machine.request(device, Operation::write, iova);
  CHECK((after.outcome == Outcome::fault) == config.caching_mode);
  machine.unit.write_register(offset::iva, 8, iova);
  machine.unit.write_register(offset::iotlb, 8,
                              std::uint64_t{1} << 63 | std::uint64_t{3} << 60 | std::uint64_t{5} << 32);
  CHECK(machine.request(device, Operation::write, iova).outcome == Outcome::translated);
}

TEST_CASE("With caching mode an absent context entry is kept under domain 0", "[vtd]") {
  UnitConfig config;
  config.caching_mode = true;
  OnePage machine{config};
  const RequesterId other{1, 2, 4};
  CHECK(machine.request(other, Operation::read, iova).fault_reason == 0x2);
  machine.set_context(other, Machine::second_stage(machine.table, 4, 5));
  CHECK(machine.request(other, Operation::read, iova).fault_reason == 0x2);
  const std::uint64_t device_selective = std::uint64_t{1} << 63 | std::uint64_t{3} << 61;
  machine.unit.write_register(offset::ccmd, 8, device_selective | std::uint64_t{other.raw()} << 16);
  CHECK(machine.request(other, Operation::read, iova).outcome == Outcome::translated);
}

TEST_CASE("Large pages carry the low bits through and are cached whole", "[vtd]") {
  OnePage machine;
  machine.map(machine.table, 4, Iova{0x4000'0000}, PhysAddr{0x0}, 3);
  machine.map(machine.table, 4, Iova{0x8020'0000}, PhysAddr{0x3000'0000}, 2);
  CHECK(machine.request(device, Operation::read, 0x4123'4567, 1).address == PhysAddr{0x123'4567});
  CHECK(machine.request(device, Operation::read, 0x7FFF'FFFF, 1).translation_cached);
  const auto large = machine.request(device, Operation::read, 0x8020'1234, 1);
  CHECK(large.address == PhysAddr{0x3000'1234});
  CHECK(large.page_size == page_2m);
}

TEST_CASE("Only the part of a large page that lies in the interrupt range is refused", "[vtd]") {
  UnitConfig config;
  OnePage machine{config};
  machine.map(machine.table, 4, Iova{0x4000'0000}, PhysAddr{0xC000'0000}, 3);
  CHECK(machine.request(device, Operation::read, 0x4000'0000).outcome == Outcome::translated);
  const auto refused = machine.request(device, Operation::read, 0x7EE0'0000);
  CHECK(refused.fault_reason == 0xE);
  CHECK(refused.translation_cached);
}

TEST_CASE("Five levels translate 57 bits", "[vtd]") {
  UnitConfig config;
  config.table_levels = {5};
  config.guest_address_width = 57;
  Machine machine{config};
  const PhysAddr table = machine.new_table();
  const std::uint64_t high = 0x1F0'1234'5678'9000;
  machine.set_context(device, Machine::second_stage(table, 5, 1));
  machine.map(table, 5, Iova{high}, page);
  machine.enable();
  CHECK(machine.request(device, Operation::read, high).address == page);
  CHECK(machine.fetches.size() == 7);
  CHECK(machine.request(device, Operation::read, std::uint64_t{1} << 57).fault_reason == 0x4);
  CHECK(machine.fetches.size() == 0);
}

TEST_CASE("Pass-through leaves the address and fetches no paging entry", "[vtd]") {
  Machine machine;
  machine.set_context(device, Machine::pass_through(4));
  machine.enable();
  const auto passed = machine.request(device, Operation::write, 0x1234'5678, 8);
  CHECK(passed.address == PhysAddr{0x1234'5678});
  CHECK(passed.rule->id == "vtd.pass-through");
  CHECK(machine.fetches.size() == 2);
  CHECK(machine.request(device, Operation::read, std::uint64_t{1} << 48).fault_reason == 0x4);
}

TEST_CASE("Remapping cannot be enabled without a root table unless the unit is told to start at 0", "[vtd]") {
  UnitConfig config;
  config.require_root_table = GENERATE(true, false);
  Machine machine{config};
  machine.unit.write_register(offset::gcmd, 4, te);
  CHECK((machine.unit.read_register(offset::gsts, 4) == te) == !config.require_root_table);
}

TEST_CASE("A posted write is lost without a completion, everything else is told", "[vtd]") {
  OnePage machine;
  const std::uint64_t unmapped = iova + page_4k;
  CHECK(machine.request(device, Operation::write, unmapped).status == CompletionStatus::none);
  CHECK(machine.request(device, Operation::read, unmapped).status == CompletionStatus::unsupported_request);
  CHECK(machine.request(device, Operation::atomic, unmapped).status == CompletionStatus::unsupported_request);
}

TEST_CASE("Users of earlier translations hear of everything that may shorten them", "[vtd]") {
  OnePage machine;
  int calls = 0;
  machine.unit.on_invalidate([&calls] { ++calls; });
  const auto calls_after = [&](std::uint64_t at, unsigned width, std::uint64_t value) {
    calls = 0;
    machine.unit.write_register(at, width, value);
    return calls;
  };
  CHECK(calls_after(offset::iotlb, 8, std::uint64_t{1} << 63 | std::uint64_t{1} << 60) == 1);
  CHECK(calls_after(offset::ccmd, 8, std::uint64_t{1} << 63 | std::uint64_t{1} << 61) == 1);
  CHECK(calls_after(offset::gcmd, 4, te | srtp) == 1);
  CHECK(calls_after(offset::gcmd, 4, te) == 0);
  CHECK(calls_after(offset::gcmd, 4, 0) == 1);
}

TEST_CASE("A table that cannot be read is the context entry's fault at the top and the tables' below", "[vtd]") {
  OnePage machine;
  const PhysAddr nowhere{page_1g};
  machine.map(machine.table, 4, Iova{0x80'0000'0000}, nowhere, 3);
  const PhysAddr top_entry = machine.table + 8;
  machine.store(top_entry, nowhere.value() | 3);
  CHECK(machine.request(device, Operation::read, 0x80'0000'0000).fault_reason == 0x7);
  const RequesterId other{1, 2, 4};
  machine.set_context(other, Machine::second_stage(nowhere, 4, 6));
  CHECK(machine.request(other, Operation::read, iova).fault_reason == 0x3);
}

TEST_CASE("Pass-through with less than the deepest tables is invalid", "[vtd]") {
  Machine machine;
  machine.set_context(device, Machine::pass_through(3));
  machine.enable();
  CHECK(machine.request(device, Operation::read, iova).fault_reason == 0x3);
}

TEST_CASE("The next fault goes to the next record, also after the first was cleared", "[vtd]") {
  UnitConfig config;
  config.fault_records = 2;
  OnePage machine{config};
  constexpr std::uint64_t f = std::uint64_t{1} << 63;
  const auto is_pending = [&](unsigned record) {
    return (machine.unit.read_register(offset::frcd + 16 * record + 8, 8) & f) != 0;
  };
  machine.request(RequesterId{9, 0, 0}, Operation::read, iova);
  CHECK(is_pending(0));
  machine.unit.write_register(offset::frcd + 8, 8, f);
  machine.request(RequesterId{9, 0, 0}, Operation::read, iova);
  CHECK_FALSE(is_pending(0));
  CHECK(is_pending(1));
  CHECK(machine.unit.read_register(offset::fsts, 4) == 0x102);
}
