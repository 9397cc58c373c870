// SPDX-License-Identifier: Apache-2.0
// The sequence in which Linux brings a unit up, register by register, without interrupt remapping (VT-d sheet, 10.1
// steps 1 to 4 and 7, and 10.2). Oracle: the order and widths of the driver's accesses, and what it polls for.
#include "support/scalable_tables.h"
#include "support/vtd_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr PhysAddr status{0x900'0000}, page_requests{0xA00'0000};
constexpr std::uint32_t in_use = 1, done = 2;
constexpr std::uint32_t rtps = 1U << 30;

/// What the driver does; every wait is a poll that must be true at once or the test fails.
struct Driver : VtdBench {
  explicit Driver(const vtd::UnitConfig& config)
      : VtdBench{config}, pasids{tables}, scalable{(registers.read64(offset::ecap) >> 43 & 1) != 0} {}

  void discover() {
    CHECK(registers.read64(offset::cap) != ~std::uint64_t{0});
    CHECK(registers.read64(offset::ecap) != ~std::uint64_t{0});
    CHECK(registers.read32(offset::ver) != 0);
    shadow = registers.read32(offset::gsts);
    CHECK(shadow == 0);
  }
  void drain_faults() {
    registers.fault_status();
    // Bit 7 was the page request overflow of an older revision.
    registers.write32(offset::fsts, fault_status::pfo | fault_status::ppf | 1U << 7);
    CHECK(registers.fault_status() == 0);
  }
  void enable_queue() {
    registers.write32(offset::iqt, 0);
    registers.write64(offset::iqa, queue_base.value() | (scalable ? 1U << 11 | 1 : 0));
    command(global::qie);
    CHECK(registers.read64(offset::iqh) == 0);
  }
  /// A level bit stays in the shadow; SRTP does not.
  void command(std::uint32_t bit) {
    if (bit != global::srtp) shadow |= bit;
    registers.write32(offset::gcmd, shadow | bit);
    REQUIRE((registers.read32(offset::gsts) & bit) != 0);
  }
  /// The request, and a wait whose status write is polled for.
  void submit(std::uint64_t low, std::uint64_t high = 0) {
    put(low, high);
    put(5 | 1U << 5 | std::uint64_t{done} << 32, status.value());
    store32(status, in_use);
    registers.write32(offset::iqt, tail * width());
    CHECK(load32(status) == done);
    CHECK(registers.fault_status() == 0);
    CHECK(registers.read64(offset::iqh) == registers.read64(offset::iqt));
  }
  void put(std::uint64_t low, std::uint64_t high) {
    for (unsigned word = 0; word < width() / 8; ++word)
      tables.store(queue_base + std::uint64_t{width()} * tail + 8 * word, Word<64>{word == 0   ? low
                                                                                   : word == 1 ? high
                                                                                               : 0});
    tail = (tail + 1) % 256;
  }
  unsigned width() const { return scalable ? 32 : 16; }
  void set_root() {
    const PhysAddr root = scalable ? pasids.root() : tables.root();
    registers.write64(offset::rtaddr, root.value() | (scalable ? 1U << 10 : 0));
    command(global::srtp);
    constexpr std::uint64_t globally = 1U << 4, drains = 1U << 6 | 1U << 7;
    submit(1 | globally);
    if (scalable) submit(7 | 3U << 4);
    submit(2 | globally | drains);
  }
  void set_up_events() {
    if ((registers.read64(offset::ecap) >> 29 & 1) != 0) {
      registers.write64(offset::pqh, 0);
      registers.write64(offset::pqt, 0);
      registers.write64(offset::pqa, page_requests.value() | 4);
      registers.program_event(offset::pectl, 0xFEE0'0000, 0x51);
    }
    registers.program_event(offset::fectl, 0xFEE0'0000, 0x50);
    CHECK(registers.read32(offset::fectl) == 0);
    registers.write32(offset::fsts, registers.fault_status());
  }
  void attach() {
    const Domain domain = tables.new_domain(4);
    tables.map(domain, Iova{0x7000}, PhysAddr{0x8000'0000});
    if (!scalable) return tables.attach(device, domain);
    pasids.attach(device);
    pasids.set_pasid(device, 0, ScalableTables::second_stage(domain));
  }
  void start() {
    discover();
    drain_faults();
    enable_queue();
    set_root();
    set_up_events();
    attach();
    command(global::te);
  }

  ScalableTables pasids;
  bool scalable;
  std::uint32_t shadow = 0;
  std::uint32_t tail = 0;
};

vtd::UnitConfig unit(bool scalable) {
  if (!scalable) return {};
  vtd::UnitConfig config = vtd::scalable_mode_config();
  config.device_tlb = config.page_requests = config.page_request_drain = true;
  return config;
}

}  // namespace

TEST_CASE("VTD-072 Linux's initialisation ends with queue and translation enabled and no fault", "[vtd][linux]") {
  Driver driver{unit(GENERATE(false, true))};
  driver.start();
  CHECK(driver.registers.read32(offset::gsts) == (global::te | rtps | global::qie));
  CHECK(driver.no_fault_recorded());
  CHECK(driver.messages.empty());
  expect_translated(driver, read_of(0x7010), PhysAddr{0x8000'0010});
  expect_translated(driver, write_of(0x7010), PhysAddr{0x8000'0010});
}

TEST_CASE("VTD-072 Linux finds a unit that was left running and starts it anew", "[vtd][linux]") {
  Driver driver{unit(GENERATE(false, true))};
  driver.start();
  // The next kernel: the queue is empty, so it is stopped; then translation.
  driver.shadow = driver.registers.read32(offset::gsts) & ~rtps;
  CHECK(driver.registers.read64(offset::iqh) == driver.registers.read64(offset::iqt));
  driver.shadow &= ~global::qie;
  driver.registers.write32(offset::gcmd, driver.shadow);
  CHECK((driver.registers.read32(offset::gsts) & global::qie) == 0);
  driver.shadow &= ~global::te;
  driver.registers.write32(offset::gcmd, driver.shadow);
  CHECK(driver.registers.read32(offset::gsts) == rtps);
  driver.tail = 0;
  driver.enable_queue();
  driver.set_root();
  driver.command(global::te);
  CHECK(driver.registers.read32(offset::gsts) == (global::te | rtps | global::qie));
  CHECK(driver.no_fault_recorded());
}

TEST_CASE("VTD-078 Linux replaces a refused descriptor by its wait and goes on", "[vtd][linux]") {
  Driver driver{unit(GENERATE(false, true))};
  driver.start();
  const std::uint32_t bad = driver.tail;
  driver.put(2, 0);
  driver.put(5 | 1U << 5 | std::uint64_t{done} << 32, status.value());
  driver.store32(status, in_use);
  driver.registers.write32(offset::iqt, driver.tail * driver.width());
  REQUIRE(driver.registers.fault_status() == fault_status::iqe);
  CHECK(driver.registers.read64(offset::iqh) == std::uint64_t{bad} * driver.width());
  for (unsigned word = 0; word < 2; ++word)
    driver.tables.store(VtdBench::queue_base + std::uint64_t{driver.width()} * bad + 8 * word,
                        Word<64>{word == 0 ? 5 | 1U << 5 | std::uint64_t{done} << 32 : status.value()});
  driver.registers.write32(offset::fsts, fault_status::iqe);
  CHECK(driver.load32(status) == done);
  CHECK(driver.registers.fault_status() == 0);
  CHECK(driver.registers.read64(offset::iqh) == driver.registers.read64(offset::iqt));
}
