// SPDX-License-Identifier: Apache-2.0
// What invalidations drop (VT-d sheet, 1.7, 1.8, 5.2, 5.3, section 6).
// Oracle: after an invalidation that covers a changed entry, memory is the truth; before it, a cached
// translation of the old entry may be used, and each test first shows that it was cached.
#include "support/vtd_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr std::uint64_t page = 0x1220'0000;
constexpr PhysAddr old_target{0x1'0000'0000};
constexpr PhysAddr new_target{0x2'0000'0000};

struct CachedBench : VtdBench {
  explicit CachedBench(const vtd::UnitConfig& config = {}) : VtdBench{config}, domain{start()} {}

  /// Maps `page` to the old target, has it cached, and maps it to the new one behind the unit's back.
  void make_stale(const iommu::TranslationRequest& request, const Domain& in, std::uint64_t size = page_4k) {
    const std::uint64_t first = request.address.aligned_down(size).value();
    tables.map(in, Iova{first}, old_target, Rights{}, size);
    translate(request);
    REQUIRE(translate(request).translation_cached);
    tables.map(in, Iova{first}, new_target, Rights{}, size);
  }
  bool is_fresh(const iommu::TranslationRequest& request) {
    const auto result = translate(request);
    return result.outcome == iommu::Outcome::translated && result.address >= new_target;
  }
  void submit(const Descriptor& descriptor) {
    queue.submit(descriptor);
    CHECK(registers.fault_status() == 0);
  }
  Domain domain;
};

IotlbCommand iotlb_command(Granularity granularity, std::uint16_t domain) {
  IotlbCommand command;
  command.set<IotlbCommand::IIRG>(granularity);
  command.set<IotlbCommand::DID>(domain);
  return command;
}

InvalidateAddress pages(std::uint64_t address, unsigned mask) {
  InvalidateAddress result;
  result.set<InvalidateAddress::ADDR>(address >> 12);
  result.set<InvalidateAddress::AM>(mask);
  return result;
}

ContextCommand context_command(Granularity granularity) {
  ContextCommand command;
  command.set<ContextCommand::CIRG>(granularity);
  return command;
}

/// `actual` is what was asked or coarser, and not "ignored".
bool at_least(Granularity actual, Granularity asked) {
  return actual != Granularity::none && actual <= asked;
}

}  // namespace

TEST_CASE("VTD-082 A page invalidation drops the aligned block that holds its address", "[vtd][invalidation]") {
  CachedBench bench;
  bench.queue.enable();
  const unsigned mask = GENERATE(0U, 1U, 2U, 3U, 9U);
  const std::uint64_t block = page_4k << mask;
  const std::uint64_t last = page + block - page_4k;
  bench.make_stale(read_of(page), bench.domain);
  bench.make_stale(read_of(last), bench.domain);
  // Any page of the block names it: the low bits of the address do not count.
  const std::uint64_t named = GENERATE(false, true) ? page : last;
  bench.submit(invalidate_pages(bench.domain.id, Iova{named}, mask));
  CHECK(bench.is_fresh(read_of(page)));
  CHECK(bench.is_fresh(read_of(last)));
}

TEST_CASE("VTD-082 A page invalidation through the registers drops the block too", "[vtd][invalidation]") {
  CachedBench bench;
  bench.make_stale(read_of(page), bench.domain);
  bench.make_stale(read_of(page + 3 * page_4k), bench.domain);
  bench.registers.run(iotlb_command(Granularity::selective, bench.domain.id), pages(page + page_4k, 2));
  CHECK(bench.is_fresh(read_of(page)));
  CHECK(bench.is_fresh(read_of(page + 3 * page_4k)));
}

TEST_CASE("VTD-011 IVA and IOTLB written in halves invalidate the page", "[vtd][invalidation]") {
  CachedBench bench;
  const std::uint64_t high_page = page + (std::uint64_t{1} << 40);
  bench.make_stale(read_of(high_page), bench.domain);
  const std::uint64_t at = vtd::UnitConfig{}.iotlb_offset;
  bench.registers.write32(at, static_cast<std::uint32_t>(high_page));
  bench.registers.write32(at + 4, static_cast<std::uint32_t>(high_page >> 32));
  auto command = iotlb_command(Granularity::selective, bench.domain.id);
  command.set<IotlbCommand::IVT>(1);
  bench.registers.write32(at + 8, 0);
  bench.registers.write32(at + 12, static_cast<std::uint32_t>(command.raw() >> 32));
  CHECK(bench.is_fresh(read_of(high_page)));
}

TEST_CASE("VTD-082 A page invalidation without IH drops upper entries that it used", "[vtd][invalidation]") {
  CachedBench bench;
  bench.queue.enable();
  bench.tables.map(bench.domain, Iova{page}, old_target);
  bench.translate(read_of(page));
  REQUIRE(bench.translate(read_of(page)).translation_cached);
  const PhysAddr other_table = bench.tables.new_page();
  bench.tables.store(bench.tables.second_stage_entry(bench.domain, Iova{page}, 2), second_stage_entry(other_table));
  bench.tables.map(bench.domain, Iova{page}, new_target);
  bench.submit(invalidate_pages(bench.domain.id, Iova{page}, 0));
  CHECK(bench.is_fresh(read_of(page)));
}

TEST_CASE("VTD-083 A cached 2 MiB page is dropped by an invalidation of any page inside it", "[vtd][invalidation]") {
  CachedBench bench;
  bench.queue.enable();
  const std::uint64_t large = 0x4000'0000;
  const std::uint64_t touched = large + GENERATE(std::uint64_t{0}, 0x12'3000U, 0x1F'F000U);
  bench.make_stale(read_of(touched), bench.domain, page_2m);
  bench.submit(invalidate_pages(bench.domain.id, Iova{large + GENERATE(0U, 0x8'0000U, 0x1F'F000U)}, 0));
  CHECK(bench.is_fresh(read_of(touched)));
}

TEST_CASE("VTD-083 A cached 1 GiB page is dropped by an invalidation of any page inside it", "[vtd][invalidation]") {
  CachedBench bench;
  bench.queue.enable();
  bench.make_stale(read_of(0x4000'0000), bench.domain, page_1g);
  bench.submit(invalidate_pages(bench.domain.id, Iova{0x7FFF'F000}, 0));
  CHECK(bench.is_fresh(read_of(0x4000'0000)));
}

TEST_CASE("VTD-084 An address mask above MAMV is ignored by the register and an error in the queue",
          "[vtd][invalidation]") {
  vtd::UnitConfig config;
  config.max_address_mask = 10;
  CachedBench bench{config};
  const auto done = bench.registers.run(iotlb_command(Granularity::selective, bench.domain.id), pages(0, 11));
  CHECK(done.get<IotlbCommand::IVT>() == 0);
  CHECK(done.get<IotlbCommand::IAIG>() == Granularity::none);
  const auto legal = bench.registers.run(iotlb_command(Granularity::selective, bench.domain.id), pages(0, 10));
  CHECK(at_least(legal.get<IotlbCommand::IAIG>(), Granularity::selective));
  bench.queue.enable();
  bench.submit(invalidate_pages(bench.domain.id, Iova{0}, 10));
  bench.queue.submit(invalidate_pages(bench.domain.id, Iova{0}, 11));
  CHECK(bench.registers.fault_status() == fault_status::iqe);
  CHECK(bench.registers.read64(offset::iqh) == 16);
}

TEST_CASE("VTD-085 IOTLB commands complete with the granularity asked for or a coarser one", "[vtd][invalidation]") {
  CachedBench bench;
  const auto asked = GENERATE(Granularity::global, Granularity::domain, Granularity::selective);
  bench.make_stale(read_of(page), bench.domain);
  const auto done = bench.registers.run(iotlb_command(asked, bench.domain.id), pages(page, 0));
  CHECK(done.get<IotlbCommand::IVT>() == 0);
  CHECK(at_least(done.get<IotlbCommand::IAIG>(), asked));
  CHECK(bench.is_fresh(read_of(page)));
}

TEST_CASE("VTD-085 CCMD completes with the granularity asked for or a coarser one", "[vtd][invalidation]") {
  CachedBench bench;
  const auto asked = GENERATE(Granularity::global, Granularity::domain, Granularity::selective);
  bench.make_stale(read_of(page), bench.domain);
  bench.tables.store(bench.tables.context_entry(device), ContextEntry{});
  auto command = context_command(asked);
  command.set<ContextCommand::DID>(bench.domain.id);
  command.set<ContextCommand::SID>(device.raw());
  const auto done = bench.registers.run(command);
  CHECK(done.get<ContextCommand::ICC>() == 0);
  CHECK(at_least(done.get<ContextCommand::CAIG>(), asked));
  bench.registers.run(iotlb_command(Granularity::domain, bench.domain.id));
  expect_fault(bench, read_of(page), 0x2);
}

TEST_CASE("VTD-085 A reserved granularity is ignored and reported as 00", "[vtd][invalidation]") {
  CachedBench bench;
  bench.registers.invalidate_everything();
  const auto context = bench.registers.run(context_command(Granularity::none));
  CHECK(context.get<ContextCommand::ICC>() == 0);
  CHECK(context.get<ContextCommand::CAIG>() == Granularity::none);
  const auto iotlb = bench.registers.run(iotlb_command(Granularity::none, 1));
  CHECK(iotlb.get<IotlbCommand::IVT>() == 0);
  CHECK(iotlb.get<IotlbCommand::IAIG>() == Granularity::none);
}

TEST_CASE("VTD-086 A device invalidation that masks the function reaches all eight", "[vtd][invalidation]") {
  CachedBench bench;
  bench.queue.enable();
  const std::uint8_t dev = 5;
  bench.tables.map(bench.domain, Iova{page}, old_target);
  const Domain replacement = bench.tables.new_domain(4);
  bench.tables.map(replacement, Iova{page}, new_target);
  for (std::uint8_t function = 0; function < 8; ++function) {
    bench.tables.attach(RequesterId{0, dev, function}, bench.domain);
    bench.translate(read_of(page, RequesterId{0, dev, function}));
    REQUIRE(bench.translate(read_of(page, RequesterId{0, dev, function})).context_cached);
    bench.tables.attach(RequesterId{0, dev, function}, replacement);
  }
  auto context = invalidate_context(Granularity::selective);
  context.set<ContextCacheDescriptor::SID>(RequesterId{0, dev, 3}.raw());
  context.set<ContextCacheDescriptor::FM>(3);
  context.set<ContextCacheDescriptor::DID>(bench.domain.id);
  bench.submit(context);
  bench.submit(invalidate_iotlb(Granularity::domain, bench.domain.id));
  for (std::uint8_t function = 0; function < 8; ++function)
    CHECK(bench.is_fresh(read_of(page, RequesterId{0, dev, function})));
}

TEST_CASE("VTD-087 A changed context entry counts after device and domain invalidation", "[vtd][invalidation]") {
  CachedBench bench;
  bench.queue.enable();
  bench.make_stale(read_of(page), bench.domain);
  const Domain replacement = bench.tables.new_domain(3);
  bench.tables.map(replacement, Iova{page}, new_target + page_1g);
  bench.tables.attach(device, replacement);
  auto context = invalidate_context(Granularity::selective);
  context.set<ContextCacheDescriptor::SID>(device.raw());
  context.set<ContextCacheDescriptor::DID>(bench.domain.id);
  bench.submit(context);
  bench.submit(invalidate_iotlb(Granularity::domain, bench.domain.id));
  expect_translated(bench, read_of(page), new_target + page_1g);
}

TEST_CASE("VTD-087 A context entry taken away counts after device and domain invalidation", "[vtd][invalidation]") {
  CachedBench bench;
  bench.make_stale(read_of(page), bench.domain);
  bench.tables.store(bench.tables.context_entry(device), ContextEntry{});
  auto context = context_command(Granularity::selective);
  context.set<ContextCommand::SID>(device.raw());
  context.set<ContextCommand::DID>(bench.domain.id);
  bench.registers.run(context);
  bench.registers.run(iotlb_command(Granularity::domain, bench.domain.id));
  expect_fault(bench, read_of(page), 0x2);
}

TEST_CASE("VTD-090 SRTP with ESRTPS leaves no translation of the old root", "[vtd][invalidation]") {
  vtd::UnitConfig config;
  config.enhanced_set_root = true;
  CachedBench bench{config};
  CHECK((bench.registers.read64(offset::cap) >> 63) == 1);
  bench.make_stale(read_of(page), bench.domain);
  VtdTables second{bench.memory, PhysAddr{0x80'0000}};
  const Domain domain = second.new_domain(4);
  second.attach(device, domain);
  second.map(domain, Iova{page}, new_target + page_1g);
  bench.registers.set_root(second.root());
  expect_translated(bench, read_of(page), new_target + page_1g);
}
