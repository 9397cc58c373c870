// SPDX-License-Identifier: Apache-2.0
#include "fuzz/its_seeds.h"

#include "fuzz/its_program.h"
#include "fuzz/program_bytes.h"
#include "support/random.h"

namespace iommusim::fuzz {
namespace {

using tests::Random;

constexpr unsigned indirect = 4;

class SeedWriter {
 public:
  explicit SeedWriter(std::uint64_t number) : random_{number} { out_.put(number, 1); }

  std::vector<std::uint8_t> write() {
    const bool two_levels = random_.percent(50);
    if (two_levels) word(0x1'0000 / 8, std::uint64_t{1} << 63 | 0x8'0000);
    for (std::uint64_t i = 0; i < 4; ++i)
      word(0x4'0000 / 8 + i, random_.word());
    step(ItsStep::start).put(random_.below(4) | (two_levels ? indirect : 0) | random_.below(4) << 3, 1);
    // Collection 0 on processor 0, 1 on 1; the bits above 2 choose the processor.
    likely(0x09, 0, 0, 0, 0);
    likely(0x09, 0, 0, 0, 8 | 1);
    const std::uint64_t devices = random_.between(1, 4);
    for (std::uint64_t device = 0; device < devices; ++device) {
      likely(0x08, device, random_.between(1, 3), 0, 0);
      for (std::uint64_t event = 0; event < 3; ++event)
        likely(0x0A, device, event, random_.below(32), random_.below(2));
    }
    for (std::uint64_t i = random_.between(4, 40); i > 0; --i)
      random_step(devices);
    return out_.bytes();
  }

 private:
  ProgramWriter& step(ItsStep step) { return out_.put(static_cast<std::uint64_t>(step), 1); }
  void word(std::uint64_t index, std::uint64_t value) { step(ItsStep::write_word).put(index, 3).put(value, 8); }
  /// A command, and no Retry.
  void likely(std::uint64_t opcode, std::uint64_t device, std::uint64_t event, std::uint64_t lpi,
              std::uint64_t collection) {
    step(ItsStep::likely_command).put(opcode, 1).put(device, 1).put(event, 1).put(lpi, 2).put(collection, 1).put(0, 1);
  }
  void random_step(std::uint64_t devices) {
    const std::uint64_t device = random_.below(devices);
    const std::uint64_t event = random_.below(4);
    if (random_.percent(60)) {
      step(ItsStep::likely_message).put(device, 1).put(event, 1);
    } else if (random_.percent(50)) {
      likely(0x0A, device, event, random_.below(32), random_.below(2));
    } else if (random_.percent(20)) {
      word(0x4'0000 / 8 + random_.below(4), random_.word());
    } else {
      const auto opcode = random_.pick<std::uint64_t>({0x01, 0x03, 0x04, 0x05, 0x08, 0x0C, 0x0D, 0x0E, 0x0F});
      likely(opcode, device, event, 0, random_.below(2) | random_.below(2) << 3);
    }
  }

  Random random_;
  ProgramWriter out_;
};

}  // namespace

std::vector<std::uint8_t> its_seed(std::uint64_t number) {
  return SeedWriter{number}.write();
}

}  // namespace iommusim::fuzz
