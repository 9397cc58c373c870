// SPDX-License-Identifier: Apache-2.0
// Oracle: descriptor layouts of the VT-d specification, 6.5.2, assembled by hand, and its rules.
#include "unit/vtd/machine.h"

#include <catch2/catch.hpp>

#include <vector>

using namespace iommusim;
using namespace iommusim::vtd;
using namespace iommusim::vtd::testing;

namespace {

constexpr PhysAddr queue_base{0x100'0000};
constexpr PhysAddr status_address{0x200'0004};

/// inv_wait_dsc with SW.
constexpr std::uint64_t wait_with_status(std::uint32_t data) {
  return std::uint64_t{data} << 32 | 1u << 5 | 5;
}

struct QueueMachine : Machine {
  QueueMachine() {
    unit.write_register(offset::iqa, 8, queue_base.value());
    unit.write_register(offset::gcmd, 4, qie);
  }
  /// Writes descriptor `slot`.
  void put(std::uint64_t slot, std::uint64_t low, std::uint64_t high) {
    store(queue_base + 16 * slot, low);
    store(queue_base + 16 * slot + 8, high);
  }
  void set_tail(std::uint64_t slot) { unit.write_register(offset::iqt, 4, 16 * slot); }
  std::uint64_t head() const { return unit.read_register(offset::iqh, 8) / 16; }
  std::uint64_t error() const { return unit.read_register(offset::iqercd, 8) & 0xF; }
};

/// Memory in which one doubleword is a register of the unit: what a wait's status write may reach.
class LoopedBus final : public memory::PhysicalBus {
 public:
  static constexpr PhysAddr register_address{0xFED9'0088};
  bool read(PhysAddr address, void* to, std::size_t size) const override { return memory.read(address, to, size); }
  bool write(PhysAddr address, const void* from, std::size_t size) override {
    if (address != register_address) return memory.write(address, from, size);
    ++loops;
    unit->write_register(offset::iqt, 4, load_le<std::uint32_t>(from));
    return true;
  }
  memory::SparseMemory memory{{{ComponentId{0}, {PhysAddr{0}, PhysAddr{page_1g - 1}}}}};
  Unit* unit = nullptr;
  unsigned loops = 0;
};

}  // namespace

TEST_CASE("A wait descriptor writes exactly four bytes and the head follows", "[vtd]") {
  QueueMachine machine;
  machine.store(PhysAddr{0x200'0000}, ~std::uint64_t{0});
  machine.store(PhysAddr{0x200'0008}, ~std::uint64_t{0});
  machine.put(0, wait_with_status(0x1234'5678), status_address.value());
  machine.set_tail(1);
  CHECK(machine.load(PhysAddr{0x200'0000}) == 0x1234'5678'FFFF'FFFF);
  CHECK(machine.load(PhysAddr{0x200'0008}) == ~std::uint64_t{0});
  CHECK(machine.head() == 1);
  CHECK(machine.unit.statistics().invalidation_descriptors == 1);
}

TEST_CASE("Each illegal descriptor stops the queue with its own error", "[vtd]") {
  struct Case {
    const char* what;
    std::uint64_t low, high, error;
  };
  const auto wrong = GENERATE(values<Case>({{"type 0", 0x0, 0, 3},
                                            {"type 3 without ECAP.DT", 0x3, 0, 3},
                                            {"type 4 without ECAP.IR", 0x4, 0, 3},
                                            {"type 1 with bits 11:9", 0x211, 0, 3},
                                            {"context granularity 0", 0x01, 0, 4},
                                            {"context with qword 1", 0x11, 1, 4},
                                            {"IOTLB granularity 0", 0x02, 0, 4},
                                            {"IOTLB reserved bit 8", 0x112, 0, 4},
                                            {"IOTLB reserved bit 75", 0x12, 1 << 11, 4},
                                            {"IOTLB address mask 19", 0x32, 19, 4},
                                            {"wait with PD", 0x85, 0, 4},
                                            {"wait with status bit 0", 0x25, 1, 4}}));
  CAPTURE(wrong.what);
  QueueMachine machine;
  machine.put(0, wait_with_status(1), status_address.value());
  machine.put(1, wrong.low, wrong.high);
  machine.put(2, wait_with_status(2), status_address.value());
  machine.set_tail(3);
  CHECK(machine.head() == 1);
  CHECK(machine.error() == wrong.error);
  CHECK((machine.unit.read_register(offset::fsts, 4) & 0x10) == 0x10);
  CHECK(machine.load(PhysAddr{0x200'0000}) >> 32 == 1);

  machine.put(1, wait_with_status(7), status_address.value());
  machine.unit.write_register(offset::fsts, 4, 0x10);
  CHECK(machine.head() == 3);
  CHECK(machine.load(PhysAddr{0x200'0000}) >> 32 == 2);
}

TEST_CASE("A tail beyond the queue stops it until it is put right", "[vtd]") {
  QueueMachine machine;
  machine.put(0, wait_with_status(1), status_address.value());
  machine.set_tail(256);
  CHECK(machine.error() == 1);
  CHECK(machine.head() == 0);
  machine.set_tail(1);
  CHECK(machine.head() == 0);
  machine.unit.write_register(offset::fsts, 4, 0x10);
  CHECK(machine.head() == 1);
}

TEST_CASE("A descriptor that cannot be fetched stops the queue", "[vtd]") {
  Machine machine;
  machine.unit.write_register(offset::iqa, 8, page_1g);
  machine.unit.write_register(offset::gcmd, 4, qie);
  machine.unit.write_register(offset::iqt, 4, 16);
  CHECK((machine.unit.read_register(offset::iqercd, 8) & 0xF) == 2);
  CHECK(machine.unit.read_register(offset::iqh, 8) == 0);
}

TEST_CASE("The queue wraps after its last descriptor", "[vtd]") {
  QueueMachine machine;
  for (std::uint64_t slot = 0; slot < 256; ++slot)
    machine.put(slot, 0x45, 0);
  machine.set_tail(255);
  machine.put(255, wait_with_status(1), status_address.value());
  machine.put(0, wait_with_status(2), status_address.value());
  machine.set_tail(1);
  CHECK(machine.head() == 1);
  CHECK(machine.load(PhysAddr{0x200'0000}) >> 32 == 2);
}

TEST_CASE("A status write that moves the tail cannot keep a register write from returning", "[vtd]") {
  LoopedBus bus;
  Unit unit{{}, bus};
  bus.unit = &unit;
  // Every slot waits; slot n moves the tail to n, so that the queue is never empty.
  for (std::uint32_t slot = 0; slot < 256; ++slot) {
    const std::uint64_t words[] = {wait_with_status(16 * slot), LoopedBus::register_address.value()};
    bus.memory.write(queue_base + 16 * slot, words, sizeof words);
  }
  unit.write_register(offset::iqa, 8, queue_base.value());
  unit.write_register(offset::gcmd, 4, qie);
  unit.write_register(offset::iqt, 4, 16);
  CHECK(bus.loops == 256);
}

TEST_CASE("Invalidation by queue drops what it names", "[vtd]") {
  QueueMachine machine;
  const RequesterId device{0, 1, 0};
  const PhysAddr table = machine.new_table();
  machine.set_context(device, Machine::second_stage(table, 3, 6));
  const PhysAddr first = machine.map(table, 3, Iova{0x5000}, PhysAddr{0x10'0000});
  const PhysAddr second = machine.map(table, 3, Iova{0x6000}, PhysAddr{0x10'1000});
  machine.unit.write_register(offset::rtaddr, 8, machine.root().value());
  machine.unit.write_register(offset::gcmd, 4, qie | srtp);
  machine.unit.write_register(offset::gcmd, 4, qie | te);
  machine.request(device, Operation::read, 0x5000);
  machine.request(device, Operation::read, 0x6000);
  machine.store(first, 0);
  machine.store(second, 0);

  machine.put(0, 0x2 | 3 << 4 | 6 << 16, 0x5000);
  machine.set_tail(1);
  CHECK(machine.request(device, Operation::read, 0x5000).fault_reason == 0x6);
  CHECK(machine.request(device, Operation::read, 0x6000).translation_cached);
  machine.put(1, 0x2 | 2 << 4 | 6 << 16, 0);
  machine.set_tail(2);
  CHECK(machine.request(device, Operation::read, 0x6000).fault_reason == 0x6);
}
