// SPDX-License-Identifier: Apache-2.0
// Root entry, context entry and what the translation type lets through (VT-d sheet, 2.1, 2.2, 3.1, 4.1).
// Oracle: the specification's entry layouts and fault reasons.
#include "support/vtd_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr std::uint64_t page = 0x1234'5000;
constexpr PhysAddr target{0x5'6789'A000};

/// `device` has a page; every entry on the way is valid until a test changes it.
struct MappedBench : VtdBench {
  explicit MappedBench(const vtd::UnitConfig& config = {}) : VtdBench{config} {
    domain = start(config.table_levels.back());
    leaf = tables.map(domain, Iova{page}, target);
    root_entry = tables.root_entry(device.bus());
    context_entry = tables.context_entry(device);
  }
  Domain domain;
  PhysAddr leaf, root_entry, context_entry;
};

iommu::TranslationRequest of_type(AddressType type, iommu::TranslationRequest request) {
  request.address_type = type;
  return request;
}

}  // namespace

TEST_CASE("VTD-021 Without TE requests reach memory at their own address", "[vtd][legacy]") {
  VtdBench bench;
  const std::uint64_t address = GENERATE(std::uint64_t{0}, 0x1234'5678U, 0xF'0000'0000U, 0xFEDF'FFFCU, 0xFEF0'0000U);
  expect_translated(bench, read_of(address), PhysAddr{address});
  expect_translated(bench, write_of(address), PhysAddr{address});
  CHECK(bench.fetches.size() == 0);
}

TEST_CASE("VTD-022 An absent root entry blocks the request with fault 0x1", "[vtd][legacy]") {
  MappedBench bench;
  bench.tables.set<RootEntry, RootEntry::P>(bench.root_entry, 0);
  expect_fault(bench, read_of(page + 0x123), 0x1);
  expect_fault(bench, write_of(page + 0x123), 0x1);
  const RequesterId elsewhere{7, 31, 7};
  expect_fault(bench, read_of(page, elsewhere), 0x1);
}

TEST_CASE("VTD-022 An absent root entry is not checked for reserved bits", "[vtd][legacy]") {
  MappedBench bench;
  bench.tables.store(bench.root_entry, RootEntry{{0xFFFF'FFFF'FFFF'FFFE, ~std::uint64_t{0}}});
  expect_fault(bench, read_of(page), 0x1);
}

TEST_CASE("VTD-023 An access error at the root entry is fault 0x8", "[vtd][legacy]") {
  MappedBench bench;
  bench.bus.fail_page(bench.tables.root());
  expect_fault(bench, read_of(page), 0x8);
  expect_fault(bench, write_of(page), 0x8);
}

TEST_CASE("VTD-023 A reserved bit in a present root entry is fault 0xA", "[vtd][legacy]") {
  MappedBench bench;
  const auto valid = bench.tables.load<RootEntry>(bench.root_entry);
  for (unsigned bit = 1; bit < 128; ++bit) {
    if (bit >= 12 && bit < 48) continue;
    bench.tables.store(bench.root_entry, with_bit(valid, bit));
    expect_fault(bench, read_of(page), 0xA);
  }
}

TEST_CASE("VTD-024 An absent context entry is fault 0x2", "[vtd][legacy]") {
  MappedBench bench;
  bench.tables.set<ContextEntry, ContextEntry::P>(bench.context_entry, 0);
  expect_fault(bench, read_of(page), 0x2);
  expect_fault(bench, write_of(page, other_device), 0x2);
}

TEST_CASE("VTD-024 An absent context entry is not checked for reserved bits", "[vtd][legacy]") {
  MappedBench bench;
  const ContextEntry garbage{{0xFFFF'FFFF'FFFF'FFFC, ~std::uint64_t{0}}};
  bench.tables.store(bench.context_entry, garbage);
  expect_fault(bench, read_of(page), 0x2);
}

TEST_CASE("VTD-024 An access error at the context entry is fault 0x9", "[vtd][legacy]") {
  MappedBench bench;
  bench.bus.fail_page(bench.context_entry);
  expect_fault(bench, read_of(page), 0x9);
}

TEST_CASE("VTD-024 A reserved bit in a present context entry is fault 0xB", "[vtd][legacy]") {
  MappedBench bench;
  const auto valid = bench.tables.load<ContextEntry>(bench.context_entry);
  for (unsigned bit = 4; bit < 128; ++bit) {
    const bool reserved = bit <= 11 || bit == 71 || bit >= 88;
    if (!reserved) continue;
    bench.tables.store(bench.context_entry, with_bit(valid, bit));
    expect_fault(bench, read_of(page), 0xB);
  }
}

TEST_CASE("VTD-024 Context bits 70:67 belong to software", "[vtd][legacy]") {
  MappedBench bench;
  auto entry = bench.tables.load<ContextEntry>(bench.context_entry);
  for (unsigned bit = 67; bit <= 70; ++bit)
    entry = with_bit(entry, bit);
  bench.tables.store(bench.context_entry, entry);
  expect_translated(bench, read_of(page), target);
}

TEST_CASE("VTD-024 A reserved bit is reported before an unsupported width or type", "[vtd][legacy]") {
  MappedBench bench;
  bench.tables.set<ContextEntry, ContextEntry::AW>(bench.context_entry, 7);
  bench.tables.set<ContextEntry, ContextEntry::TT>(bench.context_entry, TranslationType::reserved);
  bench.tables.store(bench.context_entry, with_bit(bench.tables.load<ContextEntry>(bench.context_entry), 71));
  expect_fault(bench, read_of(page), 0xB);
}

TEST_CASE("VTD-025 An address width that SAGAW does not list is fault 0x3", "[vtd][legacy]") {
  vtd::UnitConfig config;
  config.table_levels = {4};
  MappedBench bench{config};
  for (const unsigned width : {0U, 1U, 3U, 4U, 5U, 6U, 7U}) {
    INFO("AW " << width);
    bench.tables.set<ContextEntry, ContextEntry::AW>(bench.context_entry, width);
    expect_fault(bench, read_of(page), 0x3);
  }
}

TEST_CASE("VTD-025 A reserved or unsupported translation type is fault 0x3", "[vtd][legacy]") {
  vtd::UnitConfig config;
  config.pass_through = false;
  MappedBench bench{config};
  const auto type = GENERATE(TranslationType::reserved, TranslationType::device_tlb, TranslationType::pass_through);
  bench.tables.set<ContextEntry, ContextEntry::TT>(bench.context_entry, type);
  expect_fault(bench, read_of(page), 0x3);
  expect_fault(bench, write_of(page), 0x3);
}

TEST_CASE("VTD-026 Pass-through leaves addresses alone and touches no page table", "[vtd][legacy]") {
  VtdBench bench;
  bench.tables.attach_pass_through(device, 1, 4);
  bench.tables.set<ContextEntry, ContextEntry::SSPTPTR>(bench.tables.context_entry(device), 0x300'0000 >> 12);
  bench.bus.fail_page(PhysAddr{0x300'0000});
  bench.enable_translation();
  for (const std::uint64_t address : {std::uint64_t{0}, std::uint64_t{0x1234'5678}, std::uint64_t{0xF'FFFF'FFFC}}) {
    expect_translated(bench, read_of(address), PhysAddr{address});
    expect_translated(bench, write_of(address), PhysAddr{address});
    expect_translated(bench, atomic_on(address), PhysAddr{address});
  }
}

TEST_CASE("VTD-026 Pass-through with less than the largest width is fault 0x3", "[vtd][legacy]") {
  VtdBench bench;
  bench.tables.attach_pass_through(device, 1, 3);
  bench.enable_translation();
  expect_fault(bench, read_of(page), 0x3);
}

TEST_CASE("VTD-039 Translated and translation requests are refused with 0xD without device-TLB", "[vtd][legacy]") {
  MappedBench bench;
  const auto type = GENERATE(TranslationType::untranslated_only, TranslationType::pass_through);
  bench.tables.set<ContextEntry, ContextEntry::TT>(bench.context_entry, type);
  expect_fault(bench, of_type(AddressType::translated, read_of(page)), 0xD);
  expect_fault(bench, of_type(AddressType::translated, write_of(page)), 0xD);
  expect_fault(bench, of_type(AddressType::translation_request, read_of(page)), 0xD);
  CHECK(bench.translate(of_type(AddressType::translation_request, read_of(page))).status ==
        CompletionStatus::unsupported_request);
}

TEST_CASE("VTD-039 The entries are checked before the type of the request", "[vtd][legacy]") {
  MappedBench bench;
  const auto translated = of_type(AddressType::translated, read_of(page));
  bench.tables.store(bench.context_entry, with_bit(bench.tables.load<ContextEntry>(bench.context_entry), 4));
  expect_fault(bench, translated, 0xB);
  bench.tables.set<ContextEntry, ContextEntry::P>(bench.context_entry, 0);
  expect_fault(bench, translated, 0x2);
}
