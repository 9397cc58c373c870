// SPDX-License-Identifier: Apache-2.0
// Enhanced command queues: where they lie, enabling, errors, and what queues owe one another (SMMUv3 architecture,
// 3.5.6, 6.2.5, 6.3.45, 6.3.49 to 6.3.51 and 6.3.107 to 6.3.109).
// Oracle: the architecture's rules, its offsets and fields retyped.
#include "support/smmuv3_bench.h"

#include <catch2/catch.hpp>

#include <array>

using namespace iommusim;
using namespace iommusim::tests::smmu;

namespace {

constexpr std::uint64_t idr6 = 0x190;
constexpr std::uint64_t first_page = 0x2'0000;
constexpr std::uint64_t prod = 8, cons = 12;
constexpr std::uint32_t en = 1U << 31, errack = 1U << 23;
constexpr std::uint32_t enack = 1U << 31, err = 1U << 23;
constexpr std::uint32_t cmdqp_err = 1U << 9;
constexpr unsigned ill = 1, abt = 2, atc_inv_sync = 3;
constexpr PhysAddr status{0x9000};

smmuv3::UnitConfig config_with(unsigned queues, unsigned pages = 1) {
  smmuv3::UnitConfig config = full_config();
  config.ecmdq = queues;
  config.ecmdq_pages = pages;
  return config;
}

/// Software's side of queue `number`, of 8 entries.
class Queue {
 public:
  Queue(Bench& bench, std::uint64_t registers, PhysAddr memory)
      : bench_{bench}, registers_{registers}, memory_{memory} {}

  void enable() {
    bench_.write64(registers_, memory_.value() | bits);
    bench_.write32(registers_ + prod, 0);
    bench_.write32(registers_ + cons, 0);
    bench_.write32(registers_ + prod, en);
  }
  void disable() { bench_.write32(registers_ + prod, producer() & ~en); }
  void put(const CommandWords& words) {
    const PhysAddr slot = memory_ + 16 * (next_ & ((1U << bits) - 1));
    bench_.store64(slot, words[0]);
    bench_.store64(slot + 8, words[1]);
    next_ = (next_ + 1) & ((2U << bits) - 1);
  }
  void ring() { bench_.write32(registers_ + prod, (producer() & (en | errack)) | next_); }
  void submit(const CommandWords& words) {
    put(words);
    ring();
  }
  void acknowledge() { bench_.write32(registers_ + prod, producer() ^ errack); }

  std::uint32_t producer() const { return bench_.read32(registers_ + prod); }
  std::uint32_t consumer() const { return bench_.read32(registers_ + cons); }
  std::uint32_t consumed() const { return consumer() & 0xF'FFFF; }
  bool has_error() const { return ((consumer() & err) != 0) != ((producer() & errack) != 0); }
  unsigned reason() const { return consumer() >> 24 & 7; }
  PhysAddr memory() const { return memory_; }
  std::uint64_t registers() const { return registers_; }

 private:
  static constexpr unsigned bits = 3;

  Bench& bench_;
  std::uint64_t registers_;
  PhysAddr memory_;
  std::uint32_t next_ = 0;
};

/// Two queues of a page that has two, enabled; the main queue stays as it was after start().
struct QueuesBench : Bench {
  explicit QueuesBench(const smmuv3::UnitConfig& config = config_with(2)) : Bench{config} {
    start();
    first.enable();
    second.enable();
  }
  void complete(std::size_t which) {
    unit.complete_invalidation(invalidations[which].request.target, std::uint32_t{1} << invalidations[which].tag);
  }

  Queue first{*this, first_page, PhysAddr{0x60'0000}};
  Queue second{*this, first_page + 0x8000, PhysAddr{0x70'0000}};
};

}  // namespace

TEST_CASE("Without IDR1.ECMDQ there is nothing behind page 1", "[smmuv3][ecmdq]") {
  Bench bench;
  CHECK((bench.read32(offset::idr1) & 1U << 31) == 0);
  for (const std::uint64_t at : {idr6, std::uint64_t{0x4000}, std::uint64_t{0x400C}, first_page, first_page + prod}) {
    bench.write32(at, 0xFFFF'FFFF);
    CHECK(bench.read32(at) == 0);
  }
  CHECK(bench.unit.register_block_size() == 0x2'0000);
  bench.write32(offset::gerrorn, cmdqp_err);
  CHECK(bench.read32(offset::gerrorn) == 0);
}

TEST_CASE("IDR6 and the registers of page 0 tell where the control pages are", "[smmuv3][ecmdq]") {
  struct Layout {
    unsigned queues, pages;
    std::uint32_t idr6_value;
  };
  const auto [queues, pages, idr6_value] = GENERATE(Layout{1, 1, 0}, Layout{8, 1, 3U << 16}, Layout{8, 4, 0x201'0000},
                                                    Layout{256, 1, 8U << 16}, Layout{1024, 4, 0x208'0000});
  Bench bench{config_with(queues, pages)};
  CHECK((bench.read32(offset::idr1) & 1U << 31) != 0);
  CHECK(bench.read32(idr6) == idr6_value);
  CHECK(bench.unit.register_block_size() == 0x2'0000 + pages * std::uint64_t{0x1'0000});
  for (unsigned page = 0; page <= pages; ++page) {
    const std::uint64_t at = 0x4000 + 32 * page;
    for (unsigned byte = 0; byte < 32; byte += 4)
      bench.write32(at + byte, 0);
    const bool exists = page < pages;
    CHECK(bench.read64(at) == (exists ? first_page + 0x1'0000 * page + 3 : 0));
    CHECK(bench.read32(at + 8) == exists);
    CHECK(bench.read32(at + 12) == exists);
    CHECK(bench.read64(at + 16) == 0);
  }
}

TEST_CASE("Queues are spaced evenly in each page, with nothing between them", "[smmuv3][ecmdq]") {
  struct Layout {
    unsigned queues, pages;
    std::uint64_t spacing;
  };
  const auto [queues, pages, spacing] =
      GENERATE(Layout{1, 1, 0x1'0000}, Layout{2, 2, 0x1'0000}, Layout{128, 1, 0x200}, Layout{512, 2, 0x100});
  Bench bench{config_with(queues, pages)};
  for (unsigned i = 0; i < queues; ++i) {
    const std::uint64_t at = first_page + i * spacing;
    bench.write64(at, 0x4000'0000'0000'0000 | std::uint64_t{i} << 5);
    bench.write32(at + prod, i);
    bench.write32(at + cons, i + 1);
    for (const std::uint64_t gap : {std::uint64_t{16}, spacing - 4}) {
      bench.write32(at + gap, 0xFFFF'FFFF);
      CHECK(bench.read32(at + gap) == 0);
    }
  }
  for (unsigned i = 0; i < queues; ++i) {
    const std::uint64_t at = first_page + i * spacing;
    CHECK(bench.read64(at) == (0x4000'0000'0000'0000 | std::uint64_t{i} << 5));
    CHECK(bench.read64(at + prod) == (i | std::uint64_t{i + 1} << 32));
  }
  CHECK(bench.read32(first_page + queues * spacing) == 0);
}

TEST_CASE("Bits that an enhanced queue does not have read 0", "[smmuv3][ecmdq]") {
  Bench bench{config_with(1)};
  bench.write64(first_page, ~std::uint64_t{0});
  CHECK(bench.read64(first_page) == 0x400F'FFFF'FFFF'FFFF);
  bench.write32(first_page + 4, 0);
  CHECK(bench.read64(first_page) == 0xFFFF'FFFF);
  bench.write32(first_page + cons, 0xFFFF'FFFF);
  CHECK(bench.read32(first_page + cons) == 0x078F'FFFF);
  bench.write32(first_page + prod, 0x7FFF'FFFF);
  CHECK(bench.read32(first_page + prod) == 0x008F'FFFF);
}

TEST_CASE("ENACK follows EN, and an enabled queue keeps its base and its consumer's index", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  CHECK(bench.first.producer() == en);
  CHECK(bench.first.consumer() == enack);
  bench.write64(bench.first.registers(), 0x1234'5003);
  bench.write32(bench.first.registers() + 4, 1);
  bench.write32(bench.first.registers() + cons, 5);
  CHECK(bench.read64(bench.first.registers()) == (bench.first.memory().value() | 3));
  CHECK(bench.first.consumer() == enack);
  bench.first.disable();
  CHECK(bench.first.consumer() == 0);
  bench.write64(bench.first.registers(), 0x1234'5003);
  bench.write32(bench.first.registers() + cons, 5);
  CHECK(bench.read64(bench.first.registers()) == 0x1234'5003);
  CHECK(bench.first.consumer() == 5);
}

TEST_CASE("An enhanced queue executes commands, with the main queue on or off", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  if (GENERATE(false, true)) bench.clear_bits(offset::cr0, cr0::cmdqen);
  bench.first.put(cfgi_all());
  bench.first.put(tlbi_nsnh_all());
  bench.first.submit(sync_with_irq(status.value(), 7));
  CHECK(bench.first.consumed() == 3);
  CHECK(bench.load64(status) == 7);
  CHECK(bench.second.consumed() == 0);
  CHECK(bench.consumed() == 0);
  CHECK(bench.wires == std::vector{smmuv3::InterruptSource::command_sync});
  CHECK(bench.unit.statistics().commands == 3);
  CHECK(bench.active_errors() == 0);
}

TEST_CASE("What stands in a queue is consumed when the queue is enabled, not before", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  bench.first.disable();
  bench.first.submit(sync());
  CHECK(bench.first.consumed() == 0);
  bench.write32(bench.first.registers() + prod, en | 1);
  CHECK(bench.first.consumed() == 1);
}

TEST_CASE("Invalidations of an enhanced queue reach the caches", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  bench.attach(5, false);
  bench.map_gigabyte(0, PhysAddr{0x4000'0000});
  REQUIRE(bench.read(5, 0x1000).address == PhysAddr{0x4000'1000});
  bench.map_gigabyte(0, PhysAddr{0x8000'0000});
  REQUIRE(bench.read(5, 0x1000).address == PhysAddr{0x4000'1000});
  bench.second.submit(tlbi_nsnh_all());
  CHECK(bench.read(5, 0x1000).address == PhysAddr{0x8000'1000});
}

TEST_CASE("The queue wraps", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  for (unsigned n = 1; n <= 40; ++n) {
    bench.first.submit(sync_with_irq(status.value(), n));
    REQUIRE(bench.load64(status) == n);
    REQUIRE(bench.first.consumed() == (n & 0xF));
  }
}

TEST_CASE("An error toggles ERR, with its reason and place, and is told as CMDQP_ERR", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  bench.first.put(sync());
  bench.first.put(command(0xFF));
  bench.first.submit(sync_with_irq(status.value(), 7));
  CHECK(bench.first.consumer() == (enack | err | ill << 24 | 1));
  CHECK(bench.active_errors() == cmdqp_err);
  CHECK(bench.command_error() == 0);
  CHECK(bench.wires == std::vector{smmuv3::InterruptSource::global_error});
  CHECK(bench.load64(status) == 0);
}

TEST_CASE("A command of an enhanced queue that cannot be fetched is CERROR_ABT", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  bench.bus.fail_page(bench.first.memory());
  bench.first.submit(sync());
  CHECK(bench.first.has_error());
  CHECK(bench.first.reason() == abt);
  CHECK(bench.first.consumed() == 0);
}

TEST_CASE("The queue goes on when ERRACK equals ERR, whatever GERRORN says", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  bench.first.put(command(0xFF));
  bench.first.submit(sync_with_irq(status.value(), 7));
  bench.first.ring();
  CHECK(bench.first.consumed() == 0);
  bench.acknowledge_errors();
  CHECK(bench.active_errors() == 0);
  CHECK(bench.first.consumed() == 0);
  CHECK(bench.first.has_error());
  bench.store64(bench.first.memory(), sync()[0]);
  bench.first.acknowledge();
  CHECK(bench.first.consumed() == 2);
  CHECK(bench.load64(status) == 7);
  CHECK_FALSE(bench.first.has_error());
}

TEST_CASE("A second error toggles ERR back, and CMDQP_ERR that is active is not raised again", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  bench.first.submit(command(0xFF));
  bench.first.acknowledge();
  CHECK(bench.first.consumer() == (enack | ill << 24));
  CHECK(bench.first.has_error());
  bench.second.submit(command(0xFE));
  CHECK(bench.second.has_error());
  CHECK(bench.active_errors() == cmdqp_err);
  CHECK(bench.wires == std::vector{smmuv3::InterruptSource::global_error});
}

TEST_CASE("A queue with an error can be disabled, made consistent and enabled", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  bench.first.submit(command(0xFF));
  bench.first.disable();
  CHECK((bench.first.consumer() & enack) == 0);
  CHECK(bench.first.has_error());
  bench.store64(bench.first.memory(), sync()[0]);
  bench.write32(bench.first.registers() + cons, 0);
  bench.write32(bench.first.registers() + prod, en | 1);
  CHECK(bench.first.consumer() == (enack | 1));
}

TEST_CASE("A queue that is enabled with ERR and ERRACK unequal consumes nothing", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  bench.first.disable();
  bench.write32(bench.first.registers() + prod, en | errack | 1);
  CHECK(bench.first.consumed() == 0);
  CHECK(bench.active_errors() == 0);
}

TEST_CASE("Errors of the main queue and of enhanced ones do not stop each other", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  bench.submit(command(0xFF));
  bench.first.submit(command(0xFF));
  CHECK(bench.active_errors() == (gerror::cmdq_err | cmdqp_err));
  bench.second.submit(sync());
  CHECK(bench.second.consumed() == 1);
  bench.store64(Bench::command_queue, sync()[0]);
  bench.acknowledge_errors();
  CHECK(bench.consumed() == 1);
  CHECK(bench.first.consumed() == 0);
}

TEST_CASE("A CMD_SYNC message that aborts is MSI_CMDQ_ABT_ERR of whatever queue", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  bench.unit.on_message([&](const interrupts::MsiMessage&) { bench.unit.refuse_message(); });
  bench.first.submit(sync_with_irq(Bench::nowhere.value(), 5));
  CHECK(bench.active_errors() == gerror::msi_cmdq_abt);
  CHECK(bench.first.consumed() == 1);
  CHECK_FALSE(bench.first.has_error());
}

TEST_CASE("CR1.QUEUE_* are read-only while any queue is enabled", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  bench.write32(offset::cr0, 0);
  const std::uint32_t before = bench.read32(offset::cr1);
  for (Queue* queue : {&bench.first, &bench.second}) {
    bench.write32(offset::cr1, 0xFFF);
    CHECK(bench.read32(offset::cr1) == (0xFC0 | before));
    queue->disable();
  }
  bench.write32(offset::cr1, 0xFFF);
  CHECK(bench.read32(offset::cr1) == 0xFFF);
}

TEST_CASE("A CMD_SYNC waits for the devices that its own queue asked", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  bench.first.put(atc_inv(0x108, 0x1000));
  bench.first.submit(sync());
  bench.second.put(atc_inv(0x108, 0x2000));
  bench.second.submit(sync());
  bench.submit(sync());
  REQUIRE(bench.invalidations.size() == 2);
  CHECK(bench.invalidations[0].tag != bench.invalidations[1].tag);
  CHECK(bench.first.consumed() == 1);
  CHECK(bench.second.consumed() == 1);
  CHECK(bench.consumed() == 1);
  bench.complete(1);
  CHECK(bench.first.consumed() == 1);
  CHECK(bench.second.consumed() == 2);
  bench.complete(0);
  CHECK(bench.first.consumed() == 2);
  CHECK_FALSE(bench.unit.waits_for_devices());
}

TEST_CASE("Queues share the tags of requests to devices", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  for (unsigned n = 0; n < 32; ++n)
    bench.first.submit(atc_inv(0x108, 0x1000));
  bench.second.submit(atc_inv(0x110, 0x2000));
  CHECK(bench.invalidations.size() == 32);
  CHECK(bench.second.consumed() == 0);
  bench.complete(5);
  CHECK(bench.second.consumed() == 1);
  CHECK(bench.invalidations.size() == 33);
}

TEST_CASE("A time-out is told by the next CMD_SYNC of each queue that asked", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  bench.first.put(atc_inv(0x108, 0x1000));
  bench.first.submit(sync());
  bench.unit.time_out_invalidations();
  CHECK(bench.first.reason() == atc_inv_sync);
  CHECK(bench.first.has_error());
  bench.second.submit(sync());
  bench.submit(sync());
  CHECK(bench.second.consumed() == 1);
  CHECK(bench.consumed() == 1);
  bench.first.acknowledge();
  CHECK(bench.first.consumed() == 2);
}

TEST_CASE("Commands that are added within an interrupt are executed, in whatever queue", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  bool added = false;
  bench.unit.on_wire([&](smmuv3::InterruptSource) {
    if (added) return;
    added = true;
    bench.second.submit(sync_with_irq(status.value(), 3));
    CHECK(bench.second.consumed() == 0);
    bench.submit(sync());
    bench.first.submit(sync());
  });
  bench.first.submit(sync_with_irq());
  CHECK(bench.first.consumed() == 2);
  CHECK(bench.second.consumed() == 1);
  CHECK(bench.consumed() == 1);
  CHECK(bench.load64(status) == 3);
  CHECK(bench.unit.statistics().commands == 4);
}

TEST_CASE("An error that is acknowledged within its interrupt does not stop the queue", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  bench.unit.on_wire([&](smmuv3::InterruptSource source) {
    if (source != smmuv3::InterruptSource::global_error) return;
    bench.store64(bench.first.memory(), sync()[0]);
    bench.first.acknowledge();
  });
  bench.first.submit(command(0xFF));
  CHECK(bench.first.consumed() == 1);
}

TEST_CASE("Queues that wake one another for ever end all the same", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  for (Queue* queue : {&bench.first, &bench.second})
    for (unsigned slot = 0; slot < 8; ++slot)
      queue->put(sync_with_irq(Bench::nowhere.value()));
  unsigned calls = 0;
  bench.unit.on_message([&](const interrupts::MsiMessage&) {
    ++calls;
    for (const Queue* queue : {&bench.first, &bench.second})
      bench.write32(queue->registers() + prod, en | (queue->consumed() + 4));
  });
  bench.first.ring();
  CHECK(calls == 32);
}

TEST_CASE("Whatever ECMDQ_PROD says, a write of it returns and the unit reads its queue only", "[smmuv3][ecmdq]") {
  QueuesBench bench;
  bench.bus.fail_at({bench.first.memory() + 16 * 8, bench.first.memory() + 0xF'FFFF});
  for (unsigned slot = 0; slot < 8; ++slot)
    bench.first.put(sync());
  bench.write32(bench.first.registers() + prod, 0xFF7F'FFFF);
  CHECK(bench.first.consumed() == 15);
  CHECK(bench.active_errors() == 0);
}

TEST_CASE("Enhanced queues come in powers of two, since SMMUv3.3", "[smmuv3][ecmdq]") {
  const auto fields = [](unsigned queues, unsigned pages, unsigned version = 3) {
    smmuv3::UnitConfig config = config_with(queues, pages);
    config.minor_version = version;
    std::vector<std::string> found;
    for (const ConfigFinding& finding : find_impossible(config))
      found.push_back(finding.field);
    return found;
  };
  using Fields = std::vector<std::string>;
  CHECK(fields(8, 2).empty());
  CHECK(fields(0x1'0000, 256).empty());
  CHECK(fields(8, 2, 2) == Fields{"ecmdq"});
  CHECK(fields(3, 1) == Fields{"ecmdq"});
  CHECK(fields(0x2'0000, 256) == Fields{"ecmdq"});
  CHECK(fields(0, 2) == Fields{"ecmdq_pages"});
  CHECK(fields(512, 1) == Fields{"ecmdq_pages"});
  CHECK(fields(2, 4) == Fields{"ecmdq_pages"});
  CHECK(fields(8, 3) == Fields{"ecmdq_pages"});
  CHECK(fields(8, 0) == Fields{"ecmdq_pages"});
}
