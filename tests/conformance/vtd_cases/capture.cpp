// SPDX-License-Identifier: Apache-2.0
// Oracle: the translations that QEMU 7.2 performed for a Linux guest, and the leaves of that guest's tables,
// in tests/data/captures (see tests/data/README.md).
#include "platforms/capture.h"

#include "support/source_dir.h"
#include "traces/translation_check.h"

#include <catch2/catch.hpp>

#include <string>

using namespace iommusim;

namespace {

const std::string folder = tests::source_dir() + "/tests/data/captures/vtd-legacy-strict/";

void check(const std::string& file, std::uint64_t answers) {
  const auto capture = platforms::load_capture(folder);
  const auto result = traces::check_translations(*capture.unit, folder + file);
  for (const std::string& difference : result.differences)
    UNSCOPED_INFO(difference);
  CHECK(result.differences.empty());
  CHECK(result.checked == answers);
  CHECK(result.equal == answers);
}

}  // namespace

TEST_CASE("A captured unit translates as QEMU did for the captured guest", "[conformance][vtd]") {
  check("translations.jsonl", 91);
}

TEST_CASE("A captured unit finds every mapping of the captured tables", "[conformance][vtd]") {
  // 4928 mappings, for each requester that uses their table.
  check("mappings.jsonl.zst", 14030);
}
