// SPDX-License-Identifier: Apache-2.0
// Interrupt posting (VT-d sheet, 2.9, 2.10 and 8). Oracle: the sheet's steps.
#include "support/vtd_interrupts.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr std::uint8_t virtual_vector = 0x51;
constexpr std::uint8_t notification_vector = 0xF2;
/// Bit 14 of a message's data.
constexpr std::uint32_t level_asserted = 1U << 14;

/// Entry 5 posts to the descriptor, which notifies APIC 3 with vector 0xF2.
struct PostingBench : InterruptBench {
  explicit PostingBench(const vtd::UnitConfig& config = with_posting(), std::uint64_t table_flags = 7,
                        std::uint32_t destination = 3U << 8)
      : InterruptBench{config, table_flags} {
    set_entry(5, posted_entry(virtual_vector, descriptor));
    PostedDescriptor fresh;
    fresh.set<PostedDescriptor::NV>(notification_vector);
    fresh.set<PostedDescriptor::NDST>(destination);
    store_descriptor(fresh);
  }

  template <class F>
  void set_descriptor(typename F::value_type value) {
    PostedDescriptor changed = load_descriptor();
    changed.set<F>(value);
    store_descriptor(changed);
  }
  iommu::TranslationResult post() { return send(remappable(5)); }
};

/// PIR has just these bits.
void expect_requests(const PostingBench& bench, std::initializer_list<unsigned> vectors) {
  PostedDescriptor expected;
  for (const unsigned vector : vectors)
    expected.set_word(vector / 64, expected.word(vector / 64) | std::uint64_t{1} << vector % 64);
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(bench.load_descriptor().word(i) == expected.word(i));
}

}  // namespace

TEST_CASE("VTD-068 An entry with IM=1 is fault 0x24 on a unit without posted interrupts", "[vtd][posted-interrupts]") {
  PostingBench bench{InterruptBench::with_remapping()};
  expect_interrupt_fault(bench, bench.post(), 0x24, 5);
  expect_requests(bench, {});
}

TEST_CASE("VTD-069 A posted interrupt sets its bit and ON, and notifies once", "[vtd][posted-interrupts]") {
  PostingBench bench;
  const auto result = bench.post();
  CHECK(result.outcome == iommu::Outcome::posted);
  CHECK((result.message_data & 0xFF) == virtual_vector);
  CHECK(bench.no_fault_recorded());
  expect_requests(bench, {virtual_vector});
  CHECK(bench.load_descriptor().get<PostedDescriptor::ON>() == 1);
  REQUIRE(bench.messages.size() == 1);
  CHECK(bench.messages[0] == interrupts::MsiMessage{BusAddr{0xFEE0'3000}, level_asserted | notification_vector});
}

TEST_CASE("VTD-069 While ON is set, posted interrupts set their bits and nobody is notified",
          "[vtd][posted-interrupts]") {
  PostingBench bench;
  bench.set_entry(6, posted_entry(0xFF, InterruptBench::descriptor));
  bench.post();
  bench.send(remappable(6));
  bench.post();
  expect_requests(bench, {virtual_vector, 0xFF});
  CHECK(bench.messages.size() == 1);
  // The processor has taken the notice: the next one notifies again.
  bench.set_descriptor<PostedDescriptor::ON>(0);
  bench.post();
  CHECK(bench.messages.size() == 2);
}

TEST_CASE("VTD-069 With extended interrupt mode NDST has 32 bits", "[vtd][posted-interrupts]") {
  vtd::UnitConfig config = InterruptBench::with_posting();
  config.extended_interrupt_mode = true;
  PostingBench bench{config, 1U << 11 | 7, 0x0001'0203};
  CHECK(bench.post().outcome == iommu::Outcome::posted);
  REQUIRE(bench.messages.size() == 1);
  CHECK(bench.messages[0] ==
        interrupts::MsiMessage{BusAddr{0x0001'0200'FEE0'3000}, level_asserted | notification_vector});
}

TEST_CASE("VTD-069 Nothing but PIR and ON of a descriptor changes", "[vtd][posted-interrupts]") {
  PostingBench bench;
  PostedDescriptor before = bench.load_descriptor();
  before.set_word(6, 0x0123'4567'89AB'CDEF);
  bench.store_descriptor(before);
  bench.post();
  before.set_word(virtual_vector / 64, std::uint64_t{1} << virtual_vector % 64);
  before.set<PostedDescriptor::ON>(1);
  CHECK(bench.load_descriptor() == before);
}

TEST_CASE("VTD-069 Asking what a unit would do posts nothing", "[vtd][posted-interrupts]") {
  PostingBench bench;
  iommu::TranslationRequest request = write_of(remappable(5));
  CHECK(bench.unit.decide(request, bench.fetches).outcome == iommu::Outcome::posted);
  expect_requests(bench, {});
  CHECK(bench.messages.empty());
}

TEST_CASE("VTD-070 SN suppresses the notification and leaves ON clear", "[vtd][posted-interrupts]") {
  PostingBench bench;
  bench.set_descriptor<PostedDescriptor::SN>(1);
  bench.post();
  expect_requests(bench, {virtual_vector});
  CHECK(bench.load_descriptor().get<PostedDescriptor::ON>() == 0);
  CHECK(bench.messages.empty());
}

TEST_CASE("VTD-070 An urgent interrupt notifies in spite of SN, but not while ON is set", "[vtd][posted-interrupts]") {
  PostingBench bench;
  bench.set_descriptor<PostedDescriptor::SN>(1);
  Irte urgent = posted_entry(virtual_vector, InterruptBench::descriptor);
  urgent.set<Irte::URG>(1);
  bench.set_entry(6, urgent);
  bench.send(remappable(6));
  CHECK(bench.messages.size() == 1);
  CHECK(bench.load_descriptor().get<PostedDescriptor::ON>() == 1);
  bench.send(remappable(6));
  CHECK(bench.messages.size() == 1);
}

TEST_CASE("VTD-071 A descriptor that cannot be accessed is fault 0x27", "[vtd][posted-interrupts]") {
  PostingBench bench;
  bench.bus.fail_page(InterruptBench::descriptor);
  expect_interrupt_fault(bench, bench.post(), 0x27, 5);
  CHECK(bench.messages.empty());
  bench.bus.repair();
  expect_requests(bench, {});
}

TEST_CASE("VTD-062 The address of a descriptor has no bits beyond the host's: fault 0x24", "[vtd][posted-interrupts]") {
  vtd::UnitConfig config = InterruptBench::with_posting();
  config.host_address_width = 34;
  PostingBench bench{config};
  bench.set_entry(6, posted_entry(virtual_vector, PhysAddr{0x4'0000'0000}));
  expect_interrupt_fault(bench, bench.send(remappable(6)), 0x24, 6);
  bench.set_entry(6, posted_entry(virtual_vector, PhysAddr{0x3'FFFF'FFC0}));
  CHECK(bench.send(remappable(6)).outcome == iommu::Outcome::posted);
}

TEST_CASE("VTD-071 Every reserved bit of a descriptor is fault 0x28, and its requests stay",
          "[vtd][posted-interrupts]") {
  PostingBench bench;
  const PostedDescriptor good = bench.load_descriptor();
  for (unsigned bit = 258; bit < 320; ++bit) {
    // NV, and NDST[15:8].
    if ((bit >= 272 && bit <= 279) || (bit >= 296 && bit <= 303)) continue;
    INFO("bit " << bit);
    bench.store_descriptor(with_bit(good, bit));
    expect_interrupt_fault(bench, bench.post(), 0x28, 5);
    expect_requests(bench, {});
  }
  CHECK(bench.messages.empty());
}

TEST_CASE("VTD-071 FPD keeps faults of the descriptor out of the log", "[vtd][posted-interrupts]") {
  PostingBench bench;
  Irte quiet = posted_entry(virtual_vector, InterruptBench::descriptor);
  quiet.set<Irte::FPD>(1);
  bench.set_entry(6, quiet);
  bench.store_descriptor(with_bit(bench.load_descriptor(), 258));
  expect_unrecorded_interrupt_fault(bench, bench.send(remappable(6)), 0x28);
  bench.bus.fail_page(InterruptBench::descriptor);
  expect_unrecorded_interrupt_fault(bench, bench.send(remappable(6)), 0x27);
}

TEST_CASE("VTD-062 Every reserved bit of a posted entry is fault 0x24", "[vtd][posted-interrupts]") {
  PostingBench bench;
  const Irte good = posted_entry(virtual_vector, InterruptBench::descriptor);
  for (unsigned bit = 0; bit < 96; ++bit) {
    const bool reserved = (bit >= 2 && bit <= 7) || bit == 12 || bit == 13 || (bit >= 24 && bit <= 37) || bit >= 84;
    if (!reserved) continue;
    INFO("bit " << bit);
    bench.set_entry(5, with_bit(good, bit));
    bench.invalidate_entries();
    expect_interrupt_fault(bench, bench.post(), 0x24, 5);
  }
  expect_requests(bench, {});
}

TEST_CASE("VTD-071 An entry whose descriptor cannot be used is not kept", "[vtd][posted-interrupts]") {
  PostingBench bench;
  SECTION("unreadable") {
    bench.bus.fail_page(InterruptBench::descriptor);
  }
  SECTION("read-only") {
    bench.bus.refuse_writes(InterruptBench::descriptor);
  }
  expect_interrupt_fault(bench, bench.post(), 0x27, 5);
  bench.bus.repair();
  bench.set_entry(5, remapped_entry(0x33, 1));
  CHECK(bench.post().outcome == iommu::Outcome::interrupt);
}

TEST_CASE("VTD-063 A posted entry validates its source", "[vtd][posted-interrupts]") {
  PostingBench bench;
  expect_interrupt_fault(bench, bench.send(remappable(5), 0, other_device), 0x26, 5, other_device);
  expect_requests(bench, {});
}
