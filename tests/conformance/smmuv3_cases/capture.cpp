// SPDX-License-Identifier: Apache-2.0
// Oracle: the translations that QEMU 7.2 performed for a Linux guest, and the leaves of that guest's tables,
// in tests/data/captures (see tests/data/README.md).
#include "platforms/capture.h"

#include "support/captured_answers.h"
#include "support/source_dir.h"

#include <catch2/catch.hpp>

#include <array>
#include <string>

using namespace iommusim;

namespace {

const std::string folder = tests::source_dir() + "/tests/data/captures/smmuv3-strict/";

struct IdRegister {
  std::uint64_t offset;
  std::uint64_t value;
};

/// QEMU 7.2's IDR0 to IDR5, IIDR and AIDR: stage 1 alone, two-level stream table, 16-bit StreamIDs and ASIDs, no
/// substreams; HAD and RIL; all granules, 44-bit addresses; SMMUv3.1.
constexpr std::array<IdRegister, 8> qemu_id_registers{{{0x00, 0x0D40'101A},
                                                       {0x04, 0x0273'0010},
                                                       {0x08, 0},
                                                       {0x0C, 0x1404},
                                                       {0x10, 0},
                                                       {0x14, 0x74},
                                                       {0x18, 0},
                                                       {0x1C, 1}}};

}  // namespace

TEST_CASE("A captured SMMUv3 has no feature that ours lacks", "[conformance][smmuv3]") {
  CHECK(platforms::load_capture(folder).unsupported.empty());
}

TEST_CASE("SMMU-087 With QEMU's ID registers a Linux guest's accesses are translated as QEMU did",
          "[conformance][smmuv3]") {
  const auto capture = platforms::load_capture(folder);
  for (const IdRegister& id : qemu_id_registers) {
    INFO("register at " << id.offset);
    CHECK(capture.unit->read_register(id.offset, 4) == id.value);
  }
  support::check_captured_answers(folder, "translations.jsonl.zst", 7373);
}

TEST_CASE("A captured SMMUv3 finds every mapping of the captured tables", "[conformance][smmuv3]") {
  // 699 mappings, for each stream that uses their table.
  support::check_captured_answers(folder, "mappings.jsonl.zst", 3921);
}
