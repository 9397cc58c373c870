// SPDX-License-Identifier: Apache-2.0
// The command queue of an ITS: its pointers, its end, and errors that stall it (GICv3 architecture, 5.2 and 12.19).
// Oracle: the architecture's rules.
#include "support/gic_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
using gic::CommandError;

TEST_CASE("GIC-009 GITS_CREADR follows GITS_CWRITER when all commands are consumed", "[gic][its]") {
  GicBench bench;
  bench.start_its();
  CHECK(bench.read(gits_at::creadr) == 0);
  bench.submit({sync(0)});
  CHECK(bench.read(gits_at::creadr) == 32);
  bench.submit({sync(0), sync(0), sync(0)});
  CHECK(bench.read(gits_at::creadr) == 128);
  CHECK(bench.its.commands() == 4);
}

TEST_CASE("GIC-009 Writing GITS_CBASER sets GITS_CREADR to 0", "[gic][its]") {
  GicBench bench;
  bench.start_its();
  bench.submit({sync(0), sync(0)});
  bench.write(gits_at::ctlr, 0, 4);
  bench.write(gits_at::cbaser, valid_bit | GicBench::queue.value());
  CHECK(bench.read(gits_at::creadr) == 0);
  CHECK(bench.read(gits_at::cwriter) == 64);
}

TEST_CASE("GIC-009 The queue wraps at its size", "[gic][its]") {
  const unsigned pages = GENERATE(1u, 2u, 16u, 256u);
  GicBench bench;
  bench.start_its(pages);
  const std::uint64_t places = std::uint64_t{pages} * 4096 / 32;
  for (std::uint64_t i = 0; i < places + 3; ++i)
    bench.submit({sync(0)});
  CHECK(bench.its.commands() == places + 3);
  CHECK(bench.read(gits_at::creadr) == 96);
}

TEST_CASE("GIC-009 One write of GITS_CWRITER behind GITS_CREADR runs to the end and on from the start", "[gic][its]") {
  GicBench bench;
  bench.start_its();
  for (unsigned i = 0; i < 120; ++i)
    bench.submit({sync(0)});
  // 8 places to the end, and 10 more; what is at 0 is executed again.
  bench.put(0, sync(1));
  bench.write(gits_at::cwriter, 320);
  CHECK(bench.read(gits_at::creadr) == 320);
  CHECK(bench.its.commands() == 120 + 8 + 10);
}

TEST_CASE("Nothing is executed while the ITS or its queue is off; enabling executes what waits", "[gic][its]") {
  GicBench bench;
  bench.start_its();
  bench.write(gits_at::ctlr, 0, 4);
  bench.submit({sync(0), sync(0)});
  CHECK(bench.read(gits_at::creadr) == 0);
  bench.write(gits_at::ctlr, 1, 4);
  CHECK(bench.read(gits_at::creadr) == 64);
  bench.write(gits_at::ctlr, 0, 4);
  bench.write(gits_at::cbaser, GicBench::queue.value());
  bench.write(gits_at::ctlr, 1, 4);
  CHECK(bench.read(gits_at::creadr) == 0);
  CHECK(bench.its.commands() == 2);
}

TEST_CASE("A GITS_CWRITER beyond the queue executes nothing", "[gic][its]") {
  GicBench bench;
  bench.start_its();
  bench.write(gits_at::cwriter, 4096);
  bench.write(gits_at::cwriter, 0xF'FFE0);
  CHECK(bench.its.commands() == 0);
  bench.write(gits_at::cwriter, 32);
  CHECK(bench.its.commands() == 1);
}

TEST_CASE("A queue outside memory stalls at its first command until Retry", "[gic][its]") {
  GicBench bench;
  bench.start_its();
  bench.bus.fail_page(GicBench::queue);
  bench.submit({sync(0)});
  CHECK(bench.read(gits_at::creadr) == 1);
  bench.bus.repair();
  bench.write(gits_at::cwriter, 32);
  CHECK(bench.read(gits_at::creadr) == 1);
  bench.write(gits_at::cwriter, 32 | 1);
  CHECK(bench.read(gits_at::creadr) == 32);
  CHECK(bench.read(gits_at::cwriter) == 32);
}

TEST_CASE("A table outside memory stalls the command that needs it", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.bus.fail_page(GicBench::device_table);
  const std::uint64_t head = bench.read(gits_at::creadr);
  bench.submit({mapd(0x10, 1, 0x700'0000), sync(0)});
  CHECK(bench.read(gits_at::creadr) == (head | 1));
  CHECK(bench.its.last_command_error() == CommandError::memory);
  bench.bus.repair();
  bench.write(gits_at::cwriter, bench.tail | 1);
  CHECK(bench.read(gits_at::creadr) == bench.tail);
}

TEST_CASE("A wrong command stalls an ITS that is built to, and may be replaced before Retry", "[gic][its]") {
  gic::ItsConfig config;
  config.stalls_on_command_errors = true;
  GicBench bench{config};
  bench.start();
  const std::uint64_t wrong = bench.tail;
  bench.submit({mapti(0x10, 0, 8192, 0), sync(0)});
  CHECK(bench.read(gits_at::creadr) == (wrong | 1));
  // Still wrong.
  bench.write(gits_at::cwriter, bench.tail | 1);
  CHECK(bench.read(gits_at::creadr) == (wrong | 1));
  bench.put(wrong, mapd(0x10, 1, 0x700'0000));
  bench.write(gits_at::cwriter, bench.tail | 1);
  CHECK(bench.read(gits_at::creadr) == bench.tail);
}

TEST_CASE("A queue full of garbage ends at GITS_CWRITER", "[gic][its]") {
  GicBench bench;
  bench.start();
  std::uint64_t word = 0x9E37'79B9'7F4A'7C15;
  for (std::uint64_t offset = 0; offset < 4096; offset += 8) {
    word = word * 6364136223846793005 + 1442695040888963407;
    bench.store64(GicBench::queue + offset, word);
  }
  const std::uint64_t before = bench.its.commands();
  const std::uint64_t last = (bench.tail + 4096 - 32) % 4096;
  bench.write(gits_at::cwriter, last);
  CHECK((bench.read(gits_at::creadr) & ~std::uint64_t{1}) <= 4096 - 32);
  CHECK(bench.its.commands() - before <= 128);
}
