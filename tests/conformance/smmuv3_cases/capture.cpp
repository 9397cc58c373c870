// SPDX-License-Identifier: Apache-2.0
// Oracle: the translations that QEMU 7.2 performed for a Linux guest, and the leaves of that guest's tables,
// in tests/data/captures (see tests/data/README.md).
#include "platforms/capture.h"

#include "support/captured_answers.h"
#include "support/source_dir.h"

#include <catch2/catch.hpp>

#include <string>

using namespace iommusim;

namespace {

const std::string folder = tests::source_dir() + "/tests/data/captures/smmuv3-strict/";

}  // namespace

TEST_CASE("A captured SMMUv3 has no feature that ours lacks", "[conformance][smmuv3]") {
  CHECK(platforms::load_capture(folder).unsupported.empty());
}

TEST_CASE("A captured SMMUv3 translates as QEMU did for the captured guest", "[conformance][smmuv3]") {
  support::check_captured_answers(folder, "translations.jsonl.zst", 7373);
}

TEST_CASE("A captured SMMUv3 finds every mapping of the captured tables", "[conformance][smmuv3]") {
  // 699 mappings, for each stream that uses their table.
  support::check_captured_answers(folder, "mappings.jsonl.zst", 3921);
}
