// SPDX-License-Identifier: Apache-2.0
// The command queue: consumption, errors, CMD_SYNC (SMMUv3 architecture, 4.1, 4.7 and 7.1).
// Oracle: the architecture's rules.
#include "support/smmuv3_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests::smmu;

namespace {

constexpr PhysAddr status{0x9000};
constexpr unsigned ill = 1;
constexpr unsigned abt = 2;

struct QueueBench : Bench {
  explicit QueueBench(const smmuv3::UnitConfig& config = full_config(), unsigned bits = 3) : Bench{config, bits} {
    start();
  }
  bool runs() {
    const std::uint64_t mark = load64(status) + 1;
    submit(sync_with_irq(status.value(), mark));
    return load64(status) == mark;
  }
};

/// Stops with CERROR_ILL at the second of three commands.
void check_illegal(const smmuv3::UnitConfig& config, const CommandWords& words) {
  INFO("command " << std::hex << words[0] << " " << words[1]);
  QueueBench bench{config};
  bench.put(sync());
  bench.put(words);
  bench.put(sync_with_irq(status.value(), 1));
  bench.ring();
  CHECK(bench.consumed() == 1);
  CHECK(bench.command_error() == ill);
  CHECK(bench.active_errors() == gerror::cmdq_err);
  CHECK(bench.wires == std::vector{smmuv3::InterruptSource::global_error});
  CHECK(bench.load64(status) == 0);
}

void check_legal(const smmuv3::UnitConfig& config, const CommandWords& words) {
  INFO("command " << std::hex << words[0] << " " << words[1]);
  QueueBench bench{config};
  bench.submit(words);
  CHECK(bench.consumed() == 1);
  CHECK(bench.active_errors() == 0);
}

template <class Change>
smmuv3::UnitConfig without(Change change) {
  smmuv3::UnitConfig config = full_config();
  change(config);
  return config;
}

constexpr std::uint64_t ssec = 1U << 10;

}  // namespace

TEST_CASE("SMMU-066 Opcodes that do not exist for this queue are illegal", "[smmuv3][commands]") {
  for (std::uint64_t opcode = 0; opcode < 0x100; ++opcode) {
    constexpr std::array<std::uint64_t, 22> known{0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x10, 0x11, 0x12, 0x13, 0x20,
                                                  0x21, 0x22, 0x23, 0x28, 0x2A, 0x30, 0x40, 0x41, 0x44, 0x45, 0x46};
    if (std::find(known.begin(), known.end(), opcode) == known.end())
      check_illegal(full_config(), command(opcode));
    else
      check_legal(full_config(), command(opcode));
  }
}

TEST_CASE("SMMU-066 The non-secure queue has no secure streams", "[smmuv3][commands]") {
  for (const std::uint64_t opcode : {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x44, 0x45})
    check_illegal(full_config(), command(opcode, ssec));
}

TEST_CASE("SMMU-066 Commands for what the unit does not have are illegal", "[smmuv3][commands]") {
  const auto no_stage_1 = without([](auto& config) {
    config.stage_1 = config.hypervisor = false;
    config.substream_id_bits = 0;
  });
  for (const std::uint64_t opcode : {0x05, 0x06, 0x10, 0x11, 0x12, 0x13})
    check_illegal(no_stage_1, command(opcode));
  check_legal(no_stage_1, tlbi_nsnh_all());
  for (const std::uint64_t opcode : {0x20, 0x21, 0x22, 0x23})
    check_illegal(without([](auto& config) { config.hypervisor = false; }), command(opcode));
  const auto no_stage_2 = without([](auto& config) { config.stage_2 = config.vmid_16 = config.vmid_wildcard = false; });
  for (const std::uint64_t opcode : {0x28, 0x2A})
    check_illegal(no_stage_2, command(opcode));
  check_legal(no_stage_2, tlbi_nsnh_all());
}

TEST_CASE("SMMU-067 The queue goes on at CONS once the error is acknowledged", "[smmuv3][commands]") {
  QueueBench bench;
  bench.put(command(0xFF));
  bench.put(sync_with_irq(status.value(), 7));
  bench.ring();
  REQUIRE(bench.consumed() == 0);
  bench.ring();
  CHECK(bench.consumed() == 0);
  // What a driver does: it overwrites the command by a CMD_SYNC.
  bench.store64(Bench::command_queue, sync()[0]);
  bench.acknowledge_errors();
  CHECK(bench.consumed() == 2);
  CHECK(bench.load64(status) == 7);
  CHECK(bench.active_errors() == 0);
}

TEST_CASE("SMMU-067 A command that is still wrong stops the queue again", "[smmuv3][commands]") {
  QueueBench bench;
  bench.submit(command(0xFF));
  bench.acknowledge_errors();
  CHECK(bench.active_errors() == gerror::cmdq_err);
  CHECK(bench.read32(offset::gerror) == 0);
  CHECK(bench.wires.size() == 2);
}

TEST_CASE("SMMU-068 A command that cannot be fetched is CERROR_ABT", "[smmuv3][commands]") {
  QueueBench bench;
  bench.bus.fail_page(Bench::command_queue);
  bench.submit(sync());
  CHECK(bench.consumed() == 0);
  CHECK(bench.command_error() == abt);
  CHECK(bench.active_errors() == gerror::cmdq_err);
  bench.bus.repair();
  bench.acknowledge_errors();
  CHECK(bench.consumed() == 1);
  CHECK(bench.command_error() == 0);
}

TEST_CASE("SMMU-069 CMD_SYNC with the reserved signal is illegal", "[smmuv3][commands]") {
  check_illegal(full_config(), command(0x46, 3U << 12));
}

TEST_CASE("SMMU-069 CMD_SYNC writes its message when all before it is done", "[smmuv3][commands]") {
  QueueBench bench;
  bench.store64(status, 0xAAAA'AAAA'AAAA'AAAA);
  bench.put(cfgi_all());
  bench.put(tlbi_nsnh_all());
  bench.submit(sync_with_irq(status.value() + 4, 0x1234'5678));
  CHECK(bench.load64(status) == 0x1234'5678'AAAA'AAAA);
  CHECK(bench.wires == std::vector{smmuv3::InterruptSource::command_sync});
  CHECK(bench.messages.empty());
  bench.submit(sync_with_irq(Bench::nowhere.value(), 5));
  REQUIRE(bench.messages.size() == 1);
  CHECK(bench.messages[0] == interrupts::MsiMessage{BusAddr{Bench::nowhere.value()}, 5});
}

TEST_CASE("SMMU-069 CMD_SYNC without CS=IRQ sends nothing", "[smmuv3][commands]") {
  QueueBench bench;
  const std::uint64_t signal = GENERATE(0U, 2U);
  bench.submit(command(0x46, signal << 12 | std::uint64_t{9} << 32, status.value()));
  CHECK(bench.consumed() == 1);
  CHECK(bench.load64(status) == 0);
  CHECK(bench.wires.empty());
}

TEST_CASE("SMMU-070 CMD_SYNC may write into its own slot, which is consumed by then", "[smmuv3][commands]") {
  for (const unsigned bits : {0U, 3U}) {
    QueueBench bench{full_config(), bits};
    for (unsigned n = 0; n < 20; ++n) {
      const std::uint64_t slot = Bench::command_queue.value() + 16 * (n % (1U << bits));
      bench.submit(sync_with_irq(slot));
      CHECK(bench.load32(PhysAddr{slot}) == 0);
      CHECK(bench.active_errors() == 0);
      CHECK(bench.consumed() == ((n + 1) & ((2U << bits) - 1)));
    }
  }
}

TEST_CASE("SMMU-070 The index has moved when the message of a CMD_SYNC comes", "[smmuv3][commands]") {
  QueueBench bench;
  std::uint32_t seen = ~0U;
  bench.unit.on_message([&](const interrupts::MsiMessage&) { seen = bench.consumed(); });
  bench.submit(sync_with_irq(Bench::nowhere.value()));
  CHECK(seen == 1);
}

TEST_CASE("A queue that is off, or turned off, consumes nothing", "[smmuv3][commands]") {
  QueueBench bench;
  bench.clear_bits(offset::cr0, cr0::cmdqen);
  bench.submit(sync());
  CHECK(bench.consumed() == 0);
  bench.set_bits(offset::cr0, cr0::cmdqen);
  CHECK(bench.consumed() == 1);
}

TEST_CASE("A driver that turns the queue off within an interrupt stops it there", "[smmuv3][commands]") {
  QueueBench bench;
  bench.unit.on_wire([&](smmuv3::InterruptSource) { bench.clear_bits(offset::cr0, cr0::cmdqen); });
  bench.put(sync_with_irq());
  bench.put(sync());
  bench.ring();
  CHECK(bench.consumed() == 1);
  bench.set_bits(offset::cr0, cr0::cmdqen);
  CHECK(bench.consumed() == 2);
}

TEST_CASE("Commands that a driver adds within an interrupt are executed", "[smmuv3][commands]") {
  QueueBench bench;
  bool added = false;
  bench.unit.on_wire([&](smmuv3::InterruptSource) {
    if (!added) {
      added = true;
      bench.submit(sync_with_irq(status.value(), 3));
    }
  });
  bench.submit(sync_with_irq());
  CHECK(bench.consumed() == 2);
  CHECK(bench.load64(status) == 3);
}

TEST_CASE("The queue wraps, whatever its size", "[smmuv3][commands]") {
  const unsigned bits = GENERATE(0U, 1U, 8U);
  QueueBench bench{full_config(), bits};
  for (unsigned n = 0; n < (5U << bits); ++n)
    REQUIRE(bench.runs());
}

TEST_CASE("Whatever CMDQ_PROD says, a write of it returns and the unit reads its queue only", "[smmuv3][commands]") {
  QueueBench bench;
  bench.bus.fail_at({Bench::command_queue + 16 * 8, Bench::command_queue + 0xFFFFF});
  for (unsigned slot = 0; slot < 8; ++slot)
    bench.put(sync());
  bench.write32(offset::cmdq_prod, 0xFFFF'FFFF);
  CHECK(bench.consumed() == 15);
  CHECK(bench.active_errors() == 0);
  bench.write32(offset::cmdq_prod, 0x000A'AAA0);
  CHECK(bench.consumed() == 0);
  CHECK(bench.active_errors() == 0);
}

TEST_CASE("A CMD_SYNC that writes CMDQ_PROD for ever ends all the same", "[smmuv3][commands]") {
  QueueBench bench;
  for (unsigned slot = 0; slot < 8; ++slot)
    bench.put(sync_with_irq(Bench::nowhere.value()));
  unsigned calls = 0;
  bench.unit.on_message([&](const interrupts::MsiMessage&) {
    ++calls;
    bench.write32(offset::cmdq_prod, bench.consumed() + 4);
  });
  bench.ring();
  CHECK(calls == 16);
}

TEST_CASE("The unit counts the commands that it consumed", "[smmuv3][commands]") {
  QueueBench bench;
  bench.put(prefetch_config(1));
  bench.put(cfgi_ste(1));
  bench.submit(sync());
  CHECK(bench.unit.statistics().commands == 3);
}
