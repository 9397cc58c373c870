// SPDX-License-Identifier: Apache-2.0
// The event queue: writing, overflow, aborts, merging (SMMUv3 architecture, 7.2 to 7.4).
// Oracle: the architecture's rules.
#include "support/smmuv3_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests::smmu;

namespace {

constexpr unsigned c_bad_streamid = 0x02;

struct EventBench : Bench {
  explicit EventBench(unsigned bits = 2) : Bench{full_config(), bits} { start(); }

  unsigned entries() const { return 1U << queue_bits; }
  void fill() {
    for (unsigned i = 0; i < entries(); ++i)
      make_event(0x100 + i);
  }
  bool overflowed() const { return ((read32(offset::eventq_prod) ^ read32(offset::eventq_cons)) & overflow_flag) != 0; }
  void acknowledge_overflow() {
    const std::uint32_t index = read32(offset::eventq_cons) & ~overflow_flag;
    write32(offset::eventq_cons, index | (read32(offset::eventq_prod) & overflow_flag));
  }
};

std::uint32_t stream_of(const std::optional<EventWords>& event) {
  REQUIRE(event.has_value());
  CHECK(((*event)[0] & 0xFF) == c_bad_streamid);
  return static_cast<std::uint32_t>((*event)[0] >> 32);
}

}  // namespace

TEST_CASE("Records come in order, and the queue wraps", "[smmuv3][events]") {
  const unsigned bits = GENERATE(0U, 1U, 2U, 5U);
  EventBench bench{bits};
  for (unsigned n = 0; n < 5 * bench.entries(); ++n) {
    bench.make_event(0x100 + n);
    CHECK(bench.events_waiting() == 1);
    CHECK(stream_of(bench.take_event()) == 0x100 + n);
  }
  CHECK_FALSE(bench.overflowed());
}

TEST_CASE("SMMU-059 A full queue drops a record and says so once", "[smmuv3][events]") {
  const unsigned bits = GENERATE(0U, 2U);
  EventBench bench{bits};
  bench.fill();
  CHECK_FALSE(bench.overflowed());
  const std::uint32_t full = bench.read32(offset::eventq_prod);
  bench.make_event(0x200);
  CHECK(bench.read32(offset::eventq_prod) == (full ^ overflow_flag));
  bench.make_event(0x201);
  CHECK(bench.read32(offset::eventq_prod) == (full ^ overflow_flag));
  bench.acknowledge_overflow();
  CHECK_FALSE(bench.overflowed());
  bench.make_event(0x202);
  CHECK(bench.overflowed());
  CHECK(bench.read32(offset::eventq_prod) == full);
  for (unsigned i = 0; i < bench.entries(); ++i)
    CHECK(stream_of(bench.take_event()) == 0x100 + i);
  CHECK(bench.active_errors() == 0);
}

TEST_CASE("SMMU-060 An overflow that was not acknowledged does not keep records out", "[smmuv3][events]") {
  EventBench bench;
  bench.fill();
  bench.make_event(0x200);
  REQUIRE(bench.overflowed());
  bench.take_event();
  bench.make_event(0x201);
  CHECK(bench.overflowed());
  for (unsigned i = 1; i < bench.entries(); ++i)
    CHECK(stream_of(bench.take_event()) == 0x100 + i);
  CHECK(stream_of(bench.take_event()) == 0x201);
}

TEST_CASE("SMMU-062 With EVENTQEN 0 records are dropped without an overflow", "[smmuv3][events]") {
  EventBench bench;
  bench.fill();
  bench.clear_bits(offset::cr0, cr0::eventqen);
  const std::uint32_t before = bench.read32(offset::eventq_prod);
  bench.make_event(0x200);
  CHECK(bench.read32(offset::eventq_prod) == before);
  CHECK_FALSE(bench.overflowed());
  bench.set_bits(offset::cr0, cr0::eventqen);
  bench.take_event();
  bench.make_event(0x201);
  CHECK(bench.events_waiting() == bench.entries());
}

TEST_CASE("SMMU-063 A record that memory refuses is lost, and with it all until software has seen that",
          "[smmuv3][events]") {
  EventBench bench;
  bench.make_event(0x100);
  bench.bus.fail_page(Bench::event_queue);
  bench.make_event(0x101);
  CHECK(bench.active_errors() == gerror::eventq_abt);
  CHECK(bench.read32(offset::eventq_prod) == 1);
  bench.bus.repair();
  bench.make_event(0x102);
  CHECK(bench.read32(offset::eventq_prod) == 1);
  CHECK_FALSE(bench.overflowed());
  bench.acknowledge_errors();
  bench.make_event(0x103);
  CHECK(stream_of(bench.take_event()) == 0x100);
  CHECK(stream_of(bench.take_event()) == 0x103);
  CHECK_FALSE(bench.take_event().has_value());
}

TEST_CASE("A queue beyond all memory is an abort, not a crash", "[smmuv3][events]") {
  EventBench bench;
  bench.clear_bits(offset::cr0, cr0::eventqen);
  bench.write64(offset::eventq_base, Bench::nowhere.value() | 2);
  bench.set_bits(offset::cr0, cr0::eventqen);
  bench.make_event();
  CHECK(bench.active_errors() == gerror::eventq_abt);
}

TEST_CASE("Garbage in the indices keeps records inside the queue", "[smmuv3][events]") {
  EventBench bench;
  bench.clear_bits(offset::cr0, cr0::eventqen);
  bench.write32(offset::eventq_prod, 0x000F'FFFE);
  bench.write32(offset::eventq_cons, 0x000A'AAAA);
  bench.set_bits(offset::cr0, cr0::eventqen);
  bench.bus.fail_at({Bench::event_queue + 32 * bench.entries(), Bench::event_queue + 0xFFFFF});
  for (unsigned n = 0; n < 40; ++n)
    bench.make_event();
  CHECK(bench.active_errors() == 0);
}

TEST_CASE("A queue larger than the unit's is as large as the unit's", "[smmuv3][events]") {
  Bench bench{full_config(), 8};
  bench.start();
  bench.clear_bits(offset::cr0, cr0::eventqen);
  bench.write64(offset::eventq_base, Bench::event_queue.value() | 19);
  CHECK(bench.read64(offset::eventq_base) == (Bench::event_queue.value() | 19));
  bench.set_bits(offset::cr0, cr0::eventqen);
  for (unsigned n = 0; n < 300; ++n)
    bench.make_event();
  CHECK((bench.read32(offset::eventq_prod) & 0xFFFFF) == 256);
}

TEST_CASE("Like records of a stream that allows it are merged until software has read them", "[smmuv3][events]") {
  EventBench bench{3};
  bench.attach(1, false);
  // STE.MEV.
  bench.store64(Bench::stream_table + 64 + 8, std::uint64_t{1} << 44 | std::uint64_t{1} << 19);
  bench.read(1, 0x1000);
  bench.read(1, 0x1000);
  CHECK(bench.events_waiting() == 1);
  bench.read(1, 0x2000);
  bench.read(1, 0x1000);
  CHECK(bench.events_waiting() == 3);
  while (bench.take_event()) {
  }
  bench.read(1, 0x1000);
  CHECK(bench.events_waiting() == 1);
}

TEST_CASE("Like records of other streams all get in", "[smmuv3][events]") {
  EventBench bench{3};
  bench.attach(1, false);
  bench.read(1, 0x1000);
  bench.read(1, 0x1000);
  CHECK(bench.events_waiting() == 2);
}
