// SPDX-License-Identifier: Apache-2.0
// The order in which Linux's driver brings a unit up and attaches a device, through registers and memory alone.
// Oracle: what that driver expects; every poll must end, and no error be active.
#include "support/smmuv3_bench.h"

#include <catch2/catch.hpp>

#include <set>

using namespace iommusim;
using namespace iommusim::tests::smmu;

namespace {

/// Writes registers as the driver does and notes which it touched.
class Driver {
 public:
  explicit Driver(Bench& bench) : bench_{bench} {}

  void reset_device();
  std::set<std::uint64_t> touched;

 private:
  std::uint32_t read(std::uint64_t at) {
    touched.insert(at);
    return bench_.read32(at);
  }
  void write(std::uint64_t at, std::uint32_t value) {
    touched.insert(at);
    bench_.write32(at, value);
  }
  void write64(std::uint64_t at, std::uint64_t value) {
    touched.insert(at);
    bench_.write64(at, value);
  }
  /// Writes and polls until the acknowledgement is exactly what was written.
  void write_and_wait(std::uint64_t at, std::uint64_t ack, std::uint32_t value) {
    write(at, value);
    REQUIRE(read(ack) == value);
  }
  void set_cr0(std::uint32_t value) { write_and_wait(offset::cr0, offset::cr0ack, value); }
  void abort_all();
  void set_tables();
  void set_queues();
  void invalidate_all();
  void set_interrupts();
  void sync();

  Bench& bench_;
  std::uint32_t enables_ = 0;
};

constexpr std::uint64_t allocate_hint = std::uint64_t{1} << 62;

/// Only where firmware has left the unit on.
void Driver::abort_all() {
  REQUIRE((read(offset::gbpa) & gbpa::update) == 0);
  write(offset::gbpa, read(offset::gbpa) | gbpa::abort | gbpa::update);
  REQUIRE((read(offset::gbpa) & gbpa::update) == 0);
}

void Driver::set_tables() {
  write(offset::cr1, 0xD75);
  write(offset::cr2, cr2::ptm | cr2::recinvsid);
  write64(offset::strtab_base, Bench::stream_table.value() | allocate_hint);
  // Two levels, SPLIT 8, 16 bits.
  write(offset::strtab_base_cfg, 1U << 16 | 8U << 6 | 16);
}

/// The message goes into the command's own slot where the unit has messages and sees caches; otherwise CONS is polled.
void Driver::sync() {
  const bool polls_memory = (read(offset::idr0) >> 13 & 1) != 0 && (read(offset::idr0) >> 4 & 1) != 0;
  const std::uint32_t index = read(offset::cmdq_prod);
  const PhysAddr slot = Bench::command_queue + 16 * (index & ((1U << bench_.queue_bits) - 1));
  bench_.submit(polls_memory ? command(0x46, 1U << 12 | 3U << 22 | 0xFU << 24, slot.value()) : command(0x46, 2U << 12));
  if (polls_memory)
    REQUIRE(bench_.load32(slot) == 0);
  else
    REQUIRE(read(offset::cmdq_cons) == read(offset::cmdq_prod));
}

void Driver::invalidate_all() {
  bench_.submit(cfgi_all());
  sync();
  if ((read(offset::idr0) >> 9 & 1) != 0) {
    bench_.submit(command(0x20));
    sync();
  }
  bench_.submit(tlbi_nsnh_all());
  sync();
}

void Driver::set_queues() {
  write64(offset::cmdq_base, Bench::command_queue.value() | allocate_hint | bench_.queue_bits);
  write(offset::cmdq_prod, 0);
  write(offset::cmdq_cons, 0);
  set_cr0(enables_ |= cr0::cmdqen);
  invalidate_all();
  write64(offset::eventq_base, Bench::event_queue.value() | allocate_hint | bench_.queue_bits);
  write(offset::eventq_prod, 0);
  write(offset::eventq_cons, 0);
  set_cr0(enables_ |= cr0::eventqen);
  if ((read(offset::idr0) >> 16 & 1) != 0) {
    write64(offset::priq_base, Bench::page_request_queue.value() | allocate_hint | bench_.queue_bits);
    write(offset::priq_prod, 0);
    write(offset::priq_cons, 0);
    set_cr0(enables_ |= cr0::priqen);
  }
  if ((read(offset::idr0) >> 10 & 1) != 0) set_cr0(enables_ |= cr0::atschk);
}

void Driver::set_interrupts() {
  std::uint32_t sources = irq_ctrl::eventq | irq_ctrl::gerror;
  if ((read(offset::idr0) >> 16 & 1) != 0) sources |= irq_ctrl::priq;
  write_and_wait(offset::irq_ctrl, offset::irq_ctrlack, 0);
  if ((read(offset::idr0) >> 13 & 1) != 0)
    for (const std::uint64_t cfg0 : {offset::gerror_irq_cfg0, offset::eventq_irq_cfg0}) {
      write64(cfg0, 0);
      write64(cfg0, 0x0809'0040);
      write(cfg0 + offset::cfg1, 1);
      write(cfg0 + offset::cfg2, 1);
    }
  write_and_wait(offset::irq_ctrl, offset::irq_ctrlack, sources);
}

void Driver::reset_device() {
  for (const std::uint64_t id : {offset::idr0, offset::idr1, offset::idr3, offset::idr5, offset::iidr})
    read(id);
  if ((read(offset::cr0) & cr0::smmuen) != 0) abort_all();
  set_cr0(0);
  set_tables();
  set_queues();
  set_interrupts();
  set_cr0(enables_ |= cr0::smmuen);
}

smmuv3::UnitConfig with_coherency(smmuv3::UnitConfig config, bool coherent) {
  config.coherent = coherent;
  return config;
}

void check_enabled(Bench& bench, const Driver& driver) {
  CHECK((bench.read32(offset::cr0ack) & cr0::smmuen) != 0);
  CHECK(bench.active_errors() == 0);
  CHECK(bench.events_waiting() == 0);
  for (const std::uint64_t at : driver.touched)
    CHECK((at < 0xE00 || (at >= 0x1'00A8 && at <= 0x1'00CC)));
}

/// One stage 2 stream behind a level 1 descriptor, as the driver writes them.
void check_attach(Bench& bench) {
  constexpr std::uint32_t stream = 0x0108;
  constexpr PhysAddr level_2{0x60'0000};
  bench.attach(stream & 0xFF, false);
  for (unsigned word = 0; word < 8; ++word)
    bench.store64(level_2 + 64 * (stream & 0xFF) + 8 * word,
                  bench.load64(Bench::stream_table + 64 * (stream & 0xFF) + 8 * word));
  bench.store64(Bench::stream_table + 8 * (stream >> 8), level_2.value() | 9);
  bench.map_gigabyte(0, PhysAddr{0x4000'0000});
  bench.put(cfgi_ste(stream));
  bench.submit(sync());
  CHECK(bench.read(stream, 0x2000).address.value() == 0x4000'2000);
}

}  // namespace

TEST_CASE("SMMU-085 Linux's bring-up ends enabled, with no error", "[smmuv3][linux]") {
  Bench bench{full_config(), 7};
  Driver driver{bench};
  driver.reset_device();
  check_enabled(bench, driver);
  check_attach(bench);
}

TEST_CASE("SMMU-085 Linux's bring-up works on a unit that firmware has left on", "[smmuv3][linux]") {
  Bench bench{full_config(), 7};
  bench.start();
  Driver driver{bench};
  driver.reset_device();
  check_enabled(bench, driver);
}

TEST_CASE("SMMU-086 A unit comes up with and without coherent accesses, with and without all it can have",
          "[smmuv3][linux]") {
  const bool coherent = GENERATE(true, false);
  const bool full = GENERATE(true, false);
  Bench bench{with_coherency(full ? full_config() : smmuv3::UnitConfig{}, coherent), 7};
  Driver driver{bench};
  driver.reset_device();
  check_enabled(bench, driver);
  CHECK((bench.read32(offset::idr0) >> 4 & 1) == (coherent ? 1U : 0U));
}
