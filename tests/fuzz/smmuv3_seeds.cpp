// SPDX-License-Identifier: Apache-2.0
#include "fuzz/smmuv3_seeds.h"

#include "base/address.h"
#include "fuzz/program_bytes.h"
#include "fuzz/smmuv3_program.h"
#include "support/random.h"
#include "support/smmuv3_commands.h"

namespace iommusim::fuzz {
namespace {

namespace smmu = tests::smmu;

// Pages of the image.
constexpr std::uint64_t stream_table = 0;
constexpr std::uint64_t contexts = 1;
constexpr std::uint64_t stage_1_tables = 4;
constexpr std::uint64_t stage_2_tables = 8;
constexpr std::uint64_t queues = 16;
constexpr std::uint64_t data = 32;
/// The image begins at 1 GiB.
constexpr std::uint64_t image = 0x4000'0000;
constexpr std::uint64_t streams_log2 = 6;

ProgramWriter& begin(ProgramWriter& program, SmmuCommand command) {
  return program.put(static_cast<std::uint64_t>(command), 1);
}

void word(ProgramWriter& program, std::uint64_t page, std::uint64_t index, std::uint64_t value) {
  begin(program, SmmuCommand::write_word).put(page * 512 + index, 3).put(value, 8);
}

void pointer(ProgramWriter& program, std::uint64_t page, std::uint64_t index, std::uint64_t to, std::uint64_t bits) {
  begin(program, SmmuCommand::write_entry).put(page * 512 + index, 3).put(to, 2).put(bits, 8);
}

void submit(ProgramWriter& program, const smmu::CommandWords& words) {
  begin(program, SmmuCommand::submit).put(words[0], 8).put(words[1], 8);
}

/// Three levels of 4 KiB tables for 39 bits, from `first` on: gigabyte 1, where the image is, in 4 KiB pages.
void write_tables(ProgramWriter& program, std::uint64_t first, std::uint64_t leaf, bool identity) {
  pointer(program, first, 1, first + 1, 3);
  pointer(program, first, 0, first + 1, 3);
  pointer(program, first + 1, 0, first + 2, 3);
  for (std::uint64_t page = 0; page < 48; ++page)
    pointer(program, first + 2, page, identity ? page : data + page % 8, leaf);
}

/// Stage 2 leaves map each page to itself, so that tables of stage 1 can be found through them.
void write_stream(ProgramWriter& program, std::uint64_t stream, std::uint64_t config, tests::Random& random) {
  constexpr std::uint64_t stall = std::uint64_t{1} << 57;
  const std::uint64_t at = 8 * stream;
  pointer(program, stream_table, at, contexts, 1 | config << 1);
  word(program, stream_table, at + 1, std::uint64_t{1} << 44 | random.below(4) << 28 | std::uint64_t{1} << 19);
  const std::uint64_t stage_2 = std::uint64_t{25} << 32 | std::uint64_t{1} << 38 | std::uint64_t{5} << 40 |
                                std::uint64_t{3} << 44 | std::uint64_t{4} << 48 | std::uint64_t{1} << 51 |
                                std::uint64_t{1} << 58;
  word(program, stream_table, at + 2, stage_2 | random.below(4) | (random.percent(30) ? stall : 0));
  pointer(program, stream_table, at + 3, stage_2_tables, 0);
}

void write_context(ProgramWriter& program, tests::Random& random) {
  // T0SZ 25, write-back walks, EPD1, V, IPS 44 bits, AA64, R, A, ASET.
  const std::uint64_t context = 25 | 1U << 8 | 1U << 10 | 3U << 12 | 1U << 30 | std::uint64_t{1} << 31 |
                                std::uint64_t{4} << 32 | std::uint64_t{1} << 41 | std::uint64_t{7} << 45;
  word(program, contexts, 0, context | random.below(16) << 48);
  pointer(program, contexts, 1, stage_1_tables, 0);
  word(program, contexts, 3, 0xFF);
}

void write_requests(ProgramWriter& program, std::uint64_t stream, tests::Random& random) {
  for (unsigned n = 0; n < 6; ++n) {
    const std::uint64_t address = image + random.below(50) * page_4k + random.below(16) * 4;
    const std::uint64_t flags = random.below(4) | (random.percent(30) ? random.below(3) << 2 : 0);
    begin(program, SmmuCommand::request).put(stream, 2).put(flags, 1).put(address, 8);
  }
}

void write_commands(ProgramWriter& program, std::uint64_t stream, tests::Random& random) {
  submit(program, smmu::cfgi_ste(stream));
  submit(program, smmu::tlbi_nsnh_all());
  submit(program, smmu::command(random.pick({0x10, 0x11, 0x12, 0x13, 0x28, 0x2A}), random.below(4) << 32, image));
  submit(program, smmu::atc_inv(stream, image, random.below(53)));
  submit(program, smmu::sync_with_irq(image + data * page_4k, 7));
  begin(program, SmmuCommand::complete).put(~std::uint64_t{0}, 4).put(random.pick({stream, 0xFFFFUL}), 2);
  submit(program, smmu::resume_retry(stream, random.below(3)));
  submit(program, smmu::stall_term(stream));
  begin(program, SmmuCommand::take_verdict).put(random.below(3), 1);
}

}  // namespace

std::vector<std::uint8_t> smmuv3_seed(std::uint64_t number) {
  tests::Random random{number};
  ProgramWriter program;
  program.put(number, 1);
  const std::uint64_t config = 4 + number / 2 % 4;
  const std::uint64_t stream = random.below(1U << streams_log2);
  write_stream(program, stream, config, random);
  write_context(program, random);
  // AF, shareable, for users and writable; at stage 2 readable and writable, write-back.
  write_tables(program, stage_1_tables, 3 | 1U << 6 | 3U << 8 | 1U << 10, false);
  write_tables(program, stage_2_tables, 3 | 0xFU << 2 | 3U << 6 | 3U << 8 | 1U << 10, true);
  begin(program, SmmuCommand::start_queues).put(queues, 2).put(random.below(8), 1);
  begin(program, SmmuCommand::start).put(stream_table, 2).put(streams_log2 | std::uint64_t{2} << 28, 4);
  write_requests(program, stream, random);
  write_commands(program, stream, random);
  begin(program, SmmuCommand::request_page).put(stream, 2).put(random.below(16), 1).put(image, 8);
  write_requests(program, stream, random);
  begin(program, SmmuCommand::lose_page).put(random.below(24), 2).put(random.below(2), 1);
  write_requests(program, stream, random);
  begin(program, SmmuCommand::acknowledge);
  write_requests(program, stream, random);
  return program.bytes();
}

}  // namespace iommusim::fuzz
